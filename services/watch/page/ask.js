// Asking watch: with the token that a person gave, if it wants one.
import { by_id, revealed } from "./dom.js";

let token = "";
try { token = sessionStorage.getItem("paceline-token") || ""; } catch { /* Storage is closed to us. */ }

const headers = () => (token ? { Authorization: "Bearer " + token } : {});

let asking_person = null;
function need_token() {
  asking_person ??= (async () => {
    const dialog = by_id("token-dialog");
    if (!dialog.open) dialog.showModal();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    token = by_id("token").value;
    try { sessionStorage.setItem("paceline-token", token); } catch { /* Kept for this page only. */ }
    asking_person = null;
  })();
  return asking_person;
}

// All that the page shows comes through here.
const parsed = (text) => JSON.parse(revealed(text));

/** The JSON at `path`; throws what the problem says. */
export async function ask(path) {
  const answer = await fetch(path, { headers: headers() });
  if (answer.status === 401) { await need_token(); return ask(path); }
  const body = parsed(await answer.text());
  if (!answer.ok) throw Object.assign(new Error(body.detail || body.title || `HTTP ${answer.status}`), { status: answer.status });
  return body;
}

/** A file for a person to keep; a link cannot carry the token. */
export async function download(path, name) {
  const answer = await fetch(path, { headers: headers() });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
export const has_token = () => token !== "";

/** Server-sent events by fetch, so that a token can go along. Ends when the stream does. */
export async function listen(path, hear) {
  const answer = await fetch(path, { headers: headers() });
  if (answer.status === 401) { await need_token(); return; }
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (let end; (end = rest.indexOf("\n\n")) >= 0; rest = rest.slice(end + 2)) {
      const lines = rest.slice(0, end).split("\n");
      const field = (name) => lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length)).join("\n");
      const text = field("data: ");
      if (text) hear(field("event: "), parsed(text));
    }
  }
}
