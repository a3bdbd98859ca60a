// The page: listens to the live stream and shows cluster, targets, events and the past.
import { ask, download, has_token, listen } from "./ask.js";
import { ClusterStrip } from "./cluster.js";
import { by_id, count, put_class, put_text, reasons, states, words } from "./dom.js";
import { EventView } from "./events.js";
import { Past } from "./past.js";
import { TargetTable } from "./table.js";
import { TargetView } from "./target.js";

const views = ["overview", "past", "target", "events"];
const past_every = 10_000;  // [ms] The tiles' last hour is asked for anew.

const strip = new ClusterStrip(by_id("strip"), (reason) => { by_id("filter-reason").value = reason; apply_filter(); });
const table = new TargetTable(by_id("table"), (id) => { location.hash = `#/target/${encodeURIComponent(id)}`; });
const target_view = new TargetView(by_id("view-target"), ask);
const events = new EventView(by_id("view-events"), ask, by_id("event-count"));
let past = null;
let view = { name: "overview" };
let past_asked = 0;

table.on_count = (shown, all) => put_text(by_id("matching"), shown === all ? `${count(all)} targets` : `${count(shown)} of ${count(all)} targets`);

// ---- views ------------------------------------------------------------------------------------------

function route() {
  const hash = location.hash;
  const id = hash.startsWith("#/target/") ? decodeURIComponent(hash.slice(9)) : "";
  view = id ? { name: "target", id } : { name: hash === "#/events" ? "events" : hash === "#/past" ? "past" : "overview" };
  for (const name of views) by_id("view-" + name).hidden = name !== view.name;
  by_id("strip").hidden = view.name !== "overview";
  for (const link of document.querySelectorAll("nav a"))
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  if (id) target_view.show(id);
  else target_view.leave();
  if (view.name === "past" && !past) {
    past = new Past(ask, "api/v1/history");
    by_id("past").replaceChildren(past.element);
    past.refresh();
  } else if (view.name !== "past" && past) {
    past.destroy();
    past = null;
  }
  events.show(view.name === "events");
  if (view.name === "overview") table.draw_soon();
  else scrollTo(0, 0);
}

for (const state of states) by_id("filter-state").append(new Option(state, state));
for (const reason of reasons) by_id("filter-reason").append(new Option(words(reason), reason));
const filters = ["search", "filter-channel", "filter-state", "filter-reason"];

function apply_filter() {
  table.filter({ text: by_id("search").value, channel: by_id("filter-channel").value, state: by_id("filter-state").value, reason: by_id("filter-reason").value });
  strip.mark_reason(by_id("filter-reason").value);
  by_id("clear").hidden = filters.every((id) => !by_id(id).value);
}
for (const id of filters) by_id(id).addEventListener("input", apply_filter);
by_id("clear").addEventListener("click", () => { for (const id of filters) by_id(id).value = ""; apply_filter(); by_id("search").focus(); });

function fill_channels() {
  const select = by_id("filter-channel");
  const known = new Set([...select.options].map((option) => option.value));
  for (const channel of [...new Set([...table.rows.values()].map((row) => row.channel))].sort())
    if (!known.has(channel)) select.append(new Option(words(channel), channel));
}

by_id("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("paceline-theme", root.dataset.theme); } catch { /* Kept for this page only. */ }
  for (const each of [past, target_view.past]) if (each) { each.asked_at = 0; each.refresh(); }  // The charts' ink.
});

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[download]");
  if (!link || !has_token()) return;
  event.preventDefault();
  const path = link.getAttribute("href");
  download(path, `${path.split("?")[0].replace("api/v1/", "").replaceAll("/", "-")}.csv`).catch((error) => verdict("bad", error.message));
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
  } else if ({ t: "#/", h: "#/past", e: "#/events" }[event.key]) {
    location.hash = { t: "#/", h: "#/past", e: "#/events" }[event.key];
  }
});

// ---- the live stream --------------------------------------------------------------------------------

function verdict(tone, text) {
  put_text(by_id("verdict"), text);
  put_class(by_id("verdict"), "pill " + tone);
}

async function ask_past() {
  if (view.name !== "overview" || Date.now() - past_asked < past_every) return;
  past_asked = Date.now();
  try { strip.show_past(await ask("api/v1/history?from=-1h&step=10s")); } catch { /* The tiles keep their lines; asked again. */ }
}

function show_status(status) {
  put_text(by_id("cluster-name"), `${status.cluster} \u00b7 ${count(status.targets)} targets \u00b7 seen from ${status.node}`);
  document.title = `${status.master ? status.master + " is master" : "no master"} \u00b7 Paceline ${status.cluster}`;
  verdict(status.master ? (status.ready ? "good" : "warn") : "bad", !status.master ? "no master" : status.ready ? "pacing" : "needs a look");
  strip.over_goal = table.over_goal;
  if (view.name === "overview") strip.show(status);
  ask_past();
  past?.refresh();
  if (view.name === "target") target_view.refresh(table.rows.get(view.id));  // The clock changes decisions too.
}

function hear(kind, body) {
  if (kind === "status") show_status(body);
  else if (kind === "events") events.add(body.events, body.last);
  else if (kind === "renewed") load_targets().catch(() => { /* With the next stream. */ });
  else if (kind === "targets") {
    table.change(body.columns, body.rows, view.name === "overview");
    if (view.name === "target" && table.rows.has(view.id)) target_view.show_row(table.rows.get(view.id));
  }
}

async function load_targets() {
  const targets = await ask("api/v1/targets?form=table&limit=1000000");
  table.load(targets.columns, targets.rows);
  fill_channels();
}

async function run() {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const stream = listen("api/v1/stream", (kind, body) => { pause = 500; hear(kind, body); });
      stream.catch(() => {});  // Told below.
      const [past_events] = await Promise.all([ask("api/v1/events"), load_targets()]);
      events.add(past_events.events, past_events.last);
      await stream;
    } catch { /* Told below, and tried again. */ }
    verdict("bad", "watch does not answer");
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

route();
run();
