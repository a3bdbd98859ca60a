// The page: listens to the live stream and shows cluster, targets, events and history.
import { ask, download, has_token, listen } from "./ask.js";
import { follow_cells } from "./cells.js";
import { ClusterStrip } from "./cluster.js";
import { by_id, count, put_class, put_text, words } from "./dom.js";
import { EventView } from "./events.js";
import { HistoryView } from "./history.js";
import { TargetRows } from "./rows.js";
import { load_schema } from "./schema.js";
import { TargetTable } from "./table.js";
import { TargetView } from "./target.js";

const views = ["overview", "history", "target", "events"];
const history_every = 10_000;  // [ms] The tiles' last hour is asked for anew.

const strip = new ClusterStrip(by_id("strip"), (reason) => { by_id("filter-reason").value = reason; apply_filter(); });
const rows = new TargetRows(ask, show_rows);
const table = new TargetTable(by_id("table"), rows, (id) => { location.hash = `#/target/${encodeURIComponent(id)}`; });
const target_view = new TargetView(by_id("view-target"), ask);
const events = new EventView(by_id("view-events"), ask, by_id("event-count"));
let history_view = null;
let view = { name: "overview" };
let history_asked = 0;

table.on_summary = (text) => {
  put_text(by_id("matching"), text);
  put_class(by_id("matching"), rows.failure ? "bad" : "");
};

// ---- views ------------------------------------------------------------------------------------------

function route() {
  const hash = location.hash;
  const id = hash.startsWith("#/target/") ? decodeURIComponent(hash.slice(9)) : "";
  view = id ? { name: "target", id } : { name: hash === "#/events" ? "events" : hash === "#/history" ? "history" : "overview" };
  for (const name of views) by_id("view-" + name).hidden = name !== view.name;
  by_id("strip").hidden = view.name !== "overview";
  for (const link of document.querySelectorAll("nav a"))
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  if (id) target_view.show(id);
  else target_view.leave();
  if (view.name === "history" && !history_view) {
    history_view = new HistoryView(ask, "api/v1/history");
    by_id("history").replaceChildren(history_view.element);
    history_view.refresh();
  } else if (view.name !== "history" && history_view) {
    history_view.destroy();
    history_view = null;
  }
  events.show(view.name === "events");
  if (view.name === "overview") table.choose();
  else scrollTo(0, 0);
}

const filters = ["search", "filter-channel", "filter-state", "filter-reason"];

function apply_filter() {
  table.filter({ text: by_id("search").value, channel: by_id("filter-channel").value, state: by_id("filter-state").value, reason: by_id("filter-reason").value });
  strip.mark_reason(by_id("filter-reason").value);
  by_id("clear").hidden = filters.every((id) => !by_id(id).value);
}
for (const id of filters) by_id(id).addEventListener("input", apply_filter);
by_id("clear").addEventListener("click", () => { for (const id of filters) by_id(id).value = ""; apply_filter(); by_id("search").focus(); });

function offer(id, choices) {
  const known = new Set([...by_id(id).options].map((option) => option.value));
  for (const choice of choices) if (!known.has(choice)) by_id(id).append(new Option(words(choice), choice));
}

by_id("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("paceline-theme", root.dataset.theme); } catch { /* Kept for this page only. */ }
  for (const each of [history_view, target_view.history]) if (each) { each.asked_at = 0; each.refresh(); }  // The colours of the charts.
});

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[download]");
  if (!link || !has_token()) return;
  event.preventDefault();
  const path = link.getAttribute("href");
  download(path, `${path.split("?")[0].replace("api/v1/", "").replaceAll("/", "-")}.csv`).catch((error) => show_health("bad", error.message));
});

addEventListener("hashchange", route);
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.ctrlKey || event.metaKey || event.altKey || by_id("token-dialog").open) return;
  if (event.key === "Escape") {
    if (typing) document.activeElement.blur();
    else if (view.name !== "overview") location.hash = "#/";
  } else if (typing) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    if (view.name !== "overview") { location.hash = "#/"; route(); }  // At once: what is hidden takes no focus.
    by_id("search").focus();
  } else if ({ t: "#/", h: "#/history", e: "#/events" }[event.key]) {
    location.hash = { t: "#/", h: "#/history", e: "#/events" }[event.key];
  }
});

// ---- the live stream --------------------------------------------------------------------------------

function show_health(tone, text) {
  put_text(by_id("health"), text);
  put_class(by_id("health"), "pill " + tone);
}

/** Why no invitation goes out at all; "" = they do. */
function standstill(status) {
  const master = status.nodes.find((node) => node.name === status.master);
  if (!master) return "no master";
  const said = master.publication;
  const bound = said ? Math.max(2, 5 * said.period_ms / 1000) : 0;
  if (master.publisher !== "open" || said.since_accepted_s === null || said.since_accepted_s > bound) return "nothing is accepted";
  const active = status.totals.paced - status.totals.by_state.disabled;
  return status.targets > 0 && (status.totals.paced === 0 || (active > 0 && status.totals.by_state.stale === active)) ? "nothing is paced" : "";
}

async function ask_history() {
  if (view.name !== "overview" || Date.now() - history_asked < history_every) return;
  history_asked = Date.now();
  try { strip.show_history(await ask("api/v1/history?from=-1h&step=10s")); } catch { /* The tiles keep their lines; asked again. */ }
}

function show_status(status) {
  put_text(by_id("cluster-name"), `${status.cluster} \u00b7 ${count(status.targets)} targets \u00b7 seen from ${status.node}`);
  document.title = `${status.master ? status.master + " is master" : "no master"} \u00b7 Paceline ${status.cluster}`;
  const stop = standstill(status);
  show_health(stop ? "bad" : status.ready ? "good" : "warn", stop || (status.ready ? "pacing" : "needs a look"));
  offer("filter-state", Object.keys(status.totals.by_state));
  offer("filter-reason", Object.keys(status.totals.by_reason));
  strip.over_goal = rows.is_whole ? rows.over_goal : undefined;
  table.reasons = Object.keys(status.totals.by_reason);
  if (view.name === "overview") strip.show(status);
  ask_history();
  history_view?.refresh();
  if (view.name === "target") target_view.refresh(rows.by_id.get(view.id));  // The clock changes decisions too.
}

function hear(kind, body) {
  if (kind === "status") show_status(body);
  else if (kind === "events") events.add(body.events, body.last);
  else if (kind === "renewed") rows.load();
  else if (kind === "targets") {
    rows.change(body.columns, body.rows);
    if (view.name === "overview") table.choose();
    if (view.name === "target" && rows.by_id.has(view.id)) target_view.show_row(rows.by_id.get(view.id));
  }
}

function show_rows() {
  offer("filter-channel", [...new Set(rows.order.map((row) => row.channel))].sort());
  table.choose();
}

async function run() {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const stream = listen("api/v1/stream", (kind, body) => { pause = 500; hear(kind, body); });
      stream.catch(() => {});  // Told below.
      rows.load().then(() => load_schema(ask)).catch(() => { /* The page does without its words. */ });
      const known_events = await ask("api/v1/events");
      events.add(known_events.events, known_events.last);
      await stream;
    } catch { /* Told below, and tried again. */ }
    show_health("bad", "watch does not answer");
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

run();
route();
follow_cells(by_id("cells"), ask);
