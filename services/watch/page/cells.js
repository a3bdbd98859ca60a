// Other clusters of the same endpoint: a link each, with how they do as their watches told this one.
import { bdi, count, make, pill, put_note, put_parts, seconds } from "./dom.js";

const every = 5_000;  // [ms] As often as watch asks them.

const word_of = (cell) => (cell.silent_because ? "does not answer" : !cell.master ? "no master" : cell.ready && !cell.worst ? "ready" : cell.ready ? "needs a look" : "not ready");
const tones = { "does not answer": "bad", "no master": "bad", "not ready": "bad", "needs a look": "warn", ready: "good" };
const why_of = (cell) => cell.silent_because || [cell.worst, cell.remedy].filter(Boolean).join(" \u2192 ");
const age_of = (cell) => (cell.heard_s === null ? "never heard" : `heard ${seconds(cell.heard_s)} ago`);

function cell_of(cell) {
  const state = pill(tones[word_of(cell)], word_of(cell));
  const link = make("a", { href: cell.url, rel: "noreferrer" }, bdi(cell.name));
  const heard = `${count(cell.targets)} targets \u00b7 ${age_of(cell)}`;
  const facts = cell.heard_s === null ? [age_of(cell)] : cell.master ? [bdi(cell.master), ` is master \u00b7 ${heard}`] : [`nobody is master \u00b7 ${heard}`];
  const made = make("span", { class: "cell", "data-name": cell.name }, link, " ", state, " ", make("span", { class: "quiet num" }, ...facts));
  const why = why_of(cell);
  if (why) made.append(" ", make("span", { class: "why" }, bdi(why)));
  put_note(made, why);
  return made;
}

/** Asks for them again and again, if there are any. */
export async function follow_cells(element, ask) {
  for (;;) {
    try {
      const { cells } = await ask("api/v1/cells");
      element.hidden = cells.length === 0;
      put_parts(element, cells.map(cell_of));
      if (cells.length === 0) return;
    } catch { /* Asked again. */ }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
