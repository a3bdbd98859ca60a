// The page: listens to the live stream and shows cluster, targets and events.
import { TargetTable } from "./table.js";
import { TargetView } from "./target.js";

const by_id = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const words = (text) => text.replaceAll("_", " ");
const most_events = 1000;

// ---- asking ---------------------------------------------------------------------------------------

let token = "";
try { token = sessionStorage.getItem("paceline-token") || ""; } catch { /* Storage is closed to us. */ }

function headers() {
  return token ? { Authorization: "Bearer " + token } : {};
}

async function need_token() {
  const dialog = by_id("token-dialog");
  if (!dialog.open) dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  token = by_id("token").value;
  try { sessionStorage.setItem("paceline-token", token); } catch { /* Kept for this page only. */ }
}

async function ask(path) {
  const answer = await fetch(path, { headers: headers() });
  if (answer.status === 401) { await need_token(); return ask(path); }
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || body.title || `HTTP ${answer.status}`);
  return body;
}

// Server-sent events by fetch, so that a token can go along. Ends when the stream does.
async function listen(path, hear) {
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
      if (text) hear(field("event: "), JSON.parse(text));
    }
  }
}

const clock = (time) => new Date(time).toLocaleTimeString([], { hour12: false });
const moment = (time) => (new Date(time).toDateString() === new Date().toDateString() ? "" : new Date(time).toLocaleDateString() + " ") + clock(time);

// ---- the cluster strip ------------------------------------------------------------------------------

const seconds = (value) => {
  if (value === null || value === undefined) return "never";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 100) return `${value.toFixed(1)} s`;
  return value < 7200 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
};
const bytes = (count) => count < 2000 ? `${count} B` : count < 2e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;
const count = (value) => value.toLocaleString("en-US");
const facts = (...pairs) => make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { class: "num" }, String(value))]));
const pill = (tone, text) => make("span", { class: "pill " + tone }, text);

function node_card(node, status) {
  const tones = { master: "accent", standby: "good", witness: "", down: "bad" };
  const publisher_tones = { open: "good", shut: "", down: "bad" };
  const card = make("article", { class: `card node ${node.role}`, "aria-label": `Node ${node.name}` });
  const pills = [pill(tones[node.role], node.role)];
  if (node.publisher !== "none") pills.push(pill(publisher_tones[node.publisher], "publisher " + node.publisher));
  card.append(make("div", { class: "row" }, make("span", { class: "name" }, node.name), make("span", { class: "server" }, ...pills)));
  const hears = node.hears.map((peer) => `${peer.node} ${peer.age_s === null ? "never" : seconds(peer.age_s)}`).join(", ");
  card.append(make("p", { class: "why" }, node.role === "master"
    ? `master since ${status.master_since ? moment(status.master_since) : "?"}${status.master_why ? ": " + status.master_why : ""}`
    : node.role === "down" ? `not heard${node.heard_s === null ? " yet" : " for " + seconds(node.heard_s)}`
    : `${words(node.elector)}${node.why ? ": " + node.why : ""}`));
  card.append(facts(["term", node.term], ["priority, health tier", `${node.priority}, ${node.tier}`], ["heard", seconds(node.heard_s)], ["hears", hears || "nobody"]));
  return card;
}

function publication_card(status) {
  const master = status.nodes.find((node) => node.name === status.master);
  const report = master?.publication;
  const card = make("article", { class: "card figure" }, make("h2", {}, "Round trip against the period"));
  if (!report) return card.append(make("p", { class: "big" }, "no publisher")), card;
  const share = report.round_trip_share;
  const tone = share > 0.5 ? "bad" : share > 0.25 ? "warn" : "";
  card.append(make("div", { class: "row" }, make("span", { class: "big num" }, `${report.round_trip_ms.toFixed(1)} ms`),
    make("span", { class: "quiet num" }, `of ${Math.round(report.period_ms)} ms`)));
  const meter = make("div", { class: "meter", role: "meter", "aria-label": "round trip of the period", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(Math.round(Math.min(1, share) * 100)) }, make("i", { class: tone }));
  meter.firstChild.style.width = `${Math.max(1, Math.min(100, share * 100))}%`;
  card.append(meter, facts(["last answer", `${words(report.outcome)}${report.http_status ? ", " + report.http_status : ""}`],
    ["accepted", report.since_accepted_s === null ? "never" : seconds(report.since_accepted_s) + " ago"],
    ["sequence", count(report.sequence)], ["targets", `${count(report.targets)}, ${report.rejected_targets} rejected`],
    ["body", `${bytes(report.body_bytes)}, ${bytes(report.sent_bytes)} sent`], ["cycles skipped", `${count(report.skipped_cycles)} of ${count(report.cycles)}`]));
  return card;
}

function statistics_card(status) {
  const s = status.statistics;
  const server = (name, up) => pill(s.in_use === name ? "accent" : up ? "good" : "bad", `${name} ${up ? (s.in_use === name ? "in use" : "up") : "down"}`);
  return make("article", { class: "card figure" }, make("h2", {}, "Stat Server pair"),
    make("div", { class: "server" }, ...(s.in_use === "replay" ? [pill("warn", "replay")] : [server("primary", s.primary_up), server("backup", s.backup_up)])),
    facts(["heard", seconds(s.heard_s)], ["targets visible", count(s.targets_visible)], ["not visible", count(s.targets_unseen)],
      ["updates", `${s.updates_per_second.toFixed(1)} /s`], ["switches", s.switches]));
}

function pacing_card(status) {
  const t = status.totals;
  const slowest = Math.max(0, ...status.pacers.map((shard) => shard.decide_us));
  const silent = status.pacers.filter((shard) => !shard.fresh).length;
  return make("article", { class: "card figure" }, make("h2", {}, "Pacing now"),
    make("div", { class: "row" }, make("span", { class: "big num" }, count(t.proactive)), make("span", { class: "quiet" }, "invitations granted")),
    facts(["pending", `${count(t.pending)} of ${count(t.max_pending)}`], ["targets ok", `${count(t.by_state.ok)} of ${count(t.targets)}`],
      ["degraded, stale", `${count(t.by_state.degraded)}, ${count(t.by_state.stale)}`],
      ["pacers heard", `${status.pacers.length - silent} of ${status.pacers.length}`], ["slowest decision", slowest < 1000 ? `${slowest.toFixed(0)} us` : `${(slowest / 1000).toFixed(1)} ms`],
      ["feedback heard", seconds(status.feedback.heard_s)]));
}

function agents_card(status) {
  const t = status.totals;
  const share = t.logged_in ? (t.busy + t.after_call_work) / t.logged_in : 0;
  const meter = make("div", { class: "meter", role: "meter", "aria-label": "agents occupied", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(Math.round(share * 100)) }, make("i"));
  meter.firstChild.style.width = `${share * 100}%`;
  return make("article", { class: "card figure" }, make("h2", {}, "Agents"),
    make("div", { class: "row" }, make("span", { class: "big num" }, `${(share * 100).toFixed(1)} %`), make("span", { class: "quiet" }, "occupied")), meter,
    facts(["logged in", count(t.logged_in)], ["ready", count(t.ready)], ["busy, wrap-up", `${count(t.busy)}, ${count(t.after_call_work)}`],
      ["in queue", count(t.in_queue)], ["sent, accepted", `${count(t.sent)}, ${count(t.accepted)}`],
      ["answered, abandoned", `${count(t.answered)}, ${count(t.abandoned)}`]));
}

function show_status(status) {
  by_id("cluster-name").textContent = `${status.cluster} \u00b7 ${count(status.targets)} targets \u00b7 seen from ${status.node}`;
  document.title = `${status.master ? status.master + " is master" : "no master"} \u00b7 Paceline ${status.cluster}`;
  verdict(status.master ? (status.ready ? "good" : "warn") : "bad", !status.master ? "no master" : status.ready ? "pacing" : "needs a look");
  const cards = [];
  if (status.claims > 1) cards.push(make("p", { class: "notice" }, `${status.claims} nodes say they are master; the publisher's gate lets only one speak.`));
  if (status.not_ready_because.length)
    cards.push(make("ul", { class: "notice", "aria-label": `Why node ${status.node} is not ready` }, ...status.not_ready_because.map((why) => make("li", {}, why))));
  const strip = by_id("strip");
  strip.replaceChildren(...cards, make("div", { class: "nodes" }, ...status.nodes.map((node) => node_card(node, status))),
    publication_card(status), statistics_card(status), pacing_card(status), agents_card(status));
}

function verdict(tone, text) {
  const element = by_id("verdict");
  if (element.textContent !== text) element.textContent = text;
  element.className = "pill " + tone;
}

// ---- events -----------------------------------------------------------------------------------------

let events = [];
let seen_events = 0;
const kinds = new Set();

function add_events(more, last) {
  const newest = events.length ? events[0].number : 0;
  if (last < newest) events = [];  // Another watch: its numbers begin anew.
  const floor = events.length ? events[0].number : 0;
  for (const event of more) if (event.number > floor) events.unshift(event);
  events.length = Math.min(events.length, most_events);
  for (const event of events)
    if (!kinds.has(event.kind)) {
      kinds.add(event.kind);
      by_id("filter-kind").append(new Option(words(event.kind), event.kind));
    }
  show_events();
}

function show_events() {
  const kind = by_id("filter-kind").value;
  const showing = view.name === "events";
  if (showing) seen_events = events.length ? events[0].number : 0;
  const unseen = events.filter((event) => event.number > seen_events && event.severity === "bad").length;
  by_id("event-count").hidden = !unseen;
  by_id("event-count").textContent = unseen;
  by_id("event-count").setAttribute("aria-label", `${unseen} new`);
  if (!showing) return;
  const chosen = events.filter((event) => !kind || event.kind === kind);
  by_id("events-matching").textContent = `${chosen.length} events since watch started`;
  const tones = { good: "good", notice: "accent", bad: "bad" };
  by_id("events").replaceChildren(...chosen.map((event) => make("li", {},
    make("time", { datetime: event.time }, moment(event.time)),
    make("span", {}, pill(tones[event.severity] ?? "", words(event.kind))),
    make("span", { class: "what" }, event.detail))));
  if (!chosen.length) by_id("events").append(make("li", { class: "empty" }, "Nothing happened yet: no switch, no change of roles, no rejection."));
}

// ---- views ------------------------------------------------------------------------------------------

const table = new TargetTable(by_id("table"), (id) => { location.hash = `#/target/${encodeURIComponent(id)}`; });
table.on_count = (shown, all) => { by_id("matching").textContent = shown === all ? `${count(all)} targets` : `${count(shown)} of ${count(all)} targets`; };
const target_view = new TargetView(by_id("view-target"), ask);
let view = { name: "overview" };

function route() {
  const hash = location.hash;
  const id = hash.startsWith("#/target/") ? decodeURIComponent(hash.slice(9)) : "";
  view = id ? { name: "target", id } : { name: hash === "#/events" ? "events" : "overview" };
  for (const name of ["overview", "target", "events"]) by_id("view-" + name).hidden = name !== view.name;
  by_id("strip").hidden = view.name === "target";
  for (const link of document.querySelectorAll("nav a"))
    if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  if (id) target_view.show(id);
  else target_view.id = undefined;
  show_events();
  if (view.name === "overview") table.draw_soon();
}

function fill_filters() {
  const options = (element, values) => {
    const known = new Set([...element.options].map((option) => option.value));
    for (const value of [...values].sort()) if (!known.has(value)) element.append(new Option(words(value), value));
  };
  const rows = [...table.rows.values()];
  options(by_id("filter-channel"), new Set(rows.map((row) => row.channel)));
}

const states = ["ok", "degraded", "stale", "disabled"];
const reasons = ["granted", "no_agents", "no_idle_expected", "pending_enough", "goal_guard", "ratio_cap", "warm_up", "ceiling", "growth_cap", "fast_cut", "stale_statistics", "not_visible", "disabled"];
for (const state of states) by_id("filter-state").append(new Option(state, state));
for (const reason of reasons) by_id("filter-reason").append(new Option(words(reason), reason));

function apply_filter() {
  table.filter({ text: by_id("search").value, channel: by_id("filter-channel").value, state: by_id("filter-state").value, reason: by_id("filter-reason").value });
}
for (const id of ["search", "filter-channel", "filter-state", "filter-reason"]) by_id(id).addEventListener("input", apply_filter);
by_id("filter-kind").addEventListener("input", show_events);

by_id("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("paceline-theme", root.dataset.theme); } catch { /* Kept for this page only. */ }
});

addEventListener("hashchange", route);
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    if (view.name !== "overview") location.hash = "#/";
    by_id("search").focus();
  } else if (event.key === "Escape" && view.name === "target") {
    location.hash = "#/";
  }
});

function hear(kind, body) {
  if (kind === "status") show_status(body);
  else if (kind === "events") add_events(body.events, body.last);
  else if (kind === "renewed") load_targets().catch(() => { /* With the next stream. */ });
  else if (kind === "targets") {
    table.change(body.columns, body.rows);
    if (view.name === "target" && table.rows.has(view.id)) target_view.refresh(table.rows.get(view.id));
  }
}

async function load_targets() {
  const targets = await ask("api/v1/targets?form=table&limit=1000000");
  table.load(targets.columns, targets.rows);
  fill_filters();
}

async function run() {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const stream = listen("api/v1/stream", (kind, body) => { pause = 500; hear(kind, body); });
      const [past] = await Promise.all([ask("api/v1/events"), load_targets()]);
      add_events(past.events, past.last);
      await stream;
    } catch { /* Told below, and tried again. */ }
    verdict("bad", "watch does not answer");
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

route();
run();
