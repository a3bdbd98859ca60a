// The cluster at a glance: who is master and why, every node and what it hears, and eight figures with their last hour.
import { bytes, compact, count, make, name_of, percent, pill, put_class, put_note, put_parts, put_text, seconds, sparkline, words, zoned } from "./dom.js";
import { field_notes, word_note } from "./schema.js";

const role_tones = { master: "accent", standby: "good", witness: "", down: "bad" };
const weight_tones = { stops: "bad", endangers: "warn", tells: "" };
const publisher_tones = { open: "good", shut: "", down: "bad" };
const most_round_trips = 120;
const network_window_ms = 10_000;

const fact = (name, value, tone = "", note = "") => {
  const made = make("span", { class: "fact " + tone }, make("i", {}, name), " ", make("b", { class: "num" }, value));
  put_note(made, note);
  return made;
};
const sum = (totals, name) => fact(name_of(name), compact(totals[name]), "", field_notes("totals", [name]));

class Tile {
  /** `structure`, `fields`: of the answers, what the tile is about. */
  constructor(title, structure, ...fields) {
    this.note = () => field_notes(structure, fields);
    this.title = make("h2", {}, title);
    this.big = make("span", { class: "big num" });
    this.unit = make("span", { class: "quiet num" });
    this.facts = make("p", { class: "facts" });
    this.chart = make("div", { class: "sparkbox" });
    this.element = make("article", { class: "card tile" }, this.title, make("div", { class: "row" }, this.big, this.unit), this.chart, this.facts);
  }
  show(big, unit, facts, tone = "") {
    put_text(this.big, big);
    put_text(this.unit, unit);
    put_note(this.title, this.note());
    put_class(this.element, "card tile " + tone);
    put_parts(this.facts, facts);
  }
  draw(values, options) { this.chart.replaceChildren(sparkline(values, options)); }
}

export class ClusterStrip {
  /** `choose(reason)`: a person wants the targets with that reason. */
  constructor(element, choose) {
    this.choose = choose;
    this.notices = make("div", { class: "notices" });
    this.headline = make("p", { class: "headline" });
    this.nodes = make("div", { class: "nodes", role: "list", "aria-label": "Nodes" });
    this.tiles = {
      granted: new Tile("Invitations granted", "totals", "proactive", "max_pending"), acceptance: new Tile("Acceptance", "target", "acceptance"),
      abandonment: new Tile("Abandonment", "target", "abandonment"), agents: new Tile("Agents occupied", "totals", "in_handling", "slots"),
      queue: new Tile("Queue", "totals", "in_queue"), endpoint: new Tile("Endpoint round trip", "publication_heard", "round_trip_ms", "period_ms"),
      statistics: new Tile("Stat Server pair", "statistics", "in_use", "fresh"), pacers: new Tile("Pacers", "pacer", "fresh"),
    };
    this.mix = make("div", { class: "mix", role: "group", "aria-label": "Targets by reason" });
    this.bar = make("div", { class: "mixbar", "aria-hidden": "true" });
    this.chips = new Map();
    this.round_trips = [];
    this.sent = [];  // Requests and bytes so far, at instants of the last ten seconds.
    element.replaceChildren(this.notices, make("div", { class: "card cluster" }, this.headline, this.nodes),
      make("div", { class: "tiles" }, ...Object.values(this.tiles).map((tile) => tile.element)),
      make("div", { class: "card reasons" }, this.bar, this.mix));
  }

  show(status) {
    this.show_notices(status);
    this.show_headline(status);
    put_parts(this.nodes, status.nodes.map((node) => this.node(node, status)));
    this.show_tiles(status);
    this.show_reasons(status.totals);
  }

  show_notices(status) {
    const notices = status.causes.length === 0 ? [] : [make("ul", { class: `notice causes ${status.causes[0].weight}`, "aria-label": "What is wrong, and what to do", tabindex: "0" },
      ...status.causes.map((cause) => make("li", { "data-id": cause.id }, this.weight(cause.weight), " ", make("b", {}, cause.cause), make("span", { class: "remedy" }, " \u2192 ", cause.remedy))))];
    put_parts(this.notices, notices);
  }

  weight(word) {
    const made = pill(weight_tones[word], word);
    put_note(made, word_note("cause", "weight", word));
    return made;
  }

  show_headline(status) {
    if (!status.master) {
      this.headline.replaceChildren(pill("bad", "no master"), make("span", {}, ` nobody may publish; the highest term heard is ${status.term}`));
      return;
    }
    const since = status.master_since ? `${zoned(status.master_since)} (${seconds(Math.max(0, (Date.parse(status.time) - Date.parse(status.master_since)) / 1000))})` : "an unknown time";
    this.headline.replaceChildren(make("b", {}, status.master), " is master, term ", make("b", { class: "num" }, String(status.term)), " since ", make("b", { class: "num" }, since),
      ...(status.master_why ? [": ", make("b", {}, status.master_why)] : []));
  }

  node(node, status) {
    const late = status.channels.find((channel) => channel.channel === "heartbeat")?.stale_s ?? 1;
    const link = (peer) => {
      const tone = peer.age_s === null || peer.age_s > late ? "bad" : peer.age_s > late / 2 ? "warn" : "good";
      return make("span", { class: "link " + tone, title: `${node.name} heard ${peer.node} ${peer.age_s === null ? "never" : seconds(peer.age_s) + " ago"}` },
        make("i", {}, peer.node), " ", make("b", { class: "num" }, peer.age_s === null ? "never" : seconds(peer.age_s)));
    };
    const pills = [pill(role_tones[node.role], node.role)];
    put_note(pills[0], word_note("node", "role", node.role));
    const idle = node.publisher === "shut" && node.role === "standby";  // As it should be.
    if (node.publisher !== "none" && node.role !== "down" && !idle) pills.push(pill(publisher_tones[node.publisher], "publisher " + node.publisher));
    const cause = status.causes.find((each) => each.node === node.name && (each.weight === "stops" || (each.weight === "endangers" && node.role !== "master")));
    const why = cause ? cause.cause : node.maintenance ? `in maintenance: ${node.maintenance}`
      : node.role === "down" ? `silent${node.heard_s === null ? ", never heard" : " for " + seconds(node.heard_s)}`
      : node.role === "master" ? this.publication(node.publication)
      : node.role === "witness" ? "votes, and is never master" : "ready to take over";
    if (node.maintenance) pills.push(pill("warn", "drained"));
    return make("div", { class: `node ${node.role}`, role: "listitem", "aria-label": `Node ${node.name}, ${node.role}` },
      make("div", { class: "row" }, make("span", { class: "name" }, node.name), make("span", { class: "pills" }, ...pills)),
      make("p", { class: "why" }, why),
      make("p", { class: node.role === "down" ? "facts past" : "facts" }, ...(node.role === "down" ? [make("span", {}, node.heard_s === null ? "nothing is known" : `as of ${seconds(node.heard_s)} ago:`)] : []), fact("term", String(node.term), "", field_notes("node", ["term"])), fact("priority", String(node.priority), "", field_notes("node", ["priority"])),
        ...(node.role === "witness" ? [] : [fact("health", node.tier === 0 ? "fit" : "not fit", node.tier === 0 ? "" : "bad", [node.why, field_notes("node", ["tier"])].filter(Boolean).join("\n"))]),
        ...(idle ? [fact("publisher", "shut", "", field_notes("node", ["publisher"]))] : []), fact("heard", node.heard_s === null ? "never" : seconds(node.heard_s) + " ago", "", field_notes("node", ["heard_s"]))),
      ...(node.role === "down" ? [] : [make("p", { class: "links" }, make("span", { class: "quiet" }, "hears"), ...(node.hears.length ? node.hears.map(link) : [make("span", { class: "link bad" }, "nobody")]))]));
  }

  publication(heard) {
    if (!heard || heard.outcome === "none") return "nothing was published yet";
    const ago = heard.since_accepted_s === null ? "never yet" : seconds(heard.since_accepted_s) + " ago";
    return heard.outcome === "accepted" ? `the endpoint accepted the last publication ${ago}`
      : `the endpoint's last word was ${words(heard.outcome)}${heard.detail ? ` (${heard.detail})` : ""}; it accepted one ${ago}`;
  }

  show_tiles(status) {
    const t = status.totals;
    this.tiles.granted.show(compact(t.proactive), `of ${compact(t.max_pending)} at once`, [sum(t, "pending"), fact("targets granted", compact(t.by_reason.granted))]);
    this.tiles.agents.show(percent(t.slots ? t.in_handling / t.slots : 0), `of ${compact(t.slots)}`,
      [sum(t, "ready"), sum(t, "busy"), sum(t, "after_call_work")]);
    this.tiles.queue.show(compact(t.in_queue), "waiting", [sum(t, "answered"), sum(t, "abandoned")]);
    this.tiles.acceptance.show(this.last ? percent(this.last.acceptance) : t.sent ? percent(t.accepted / t.sent) : "-", "learned", [sum(t, "accepted"), sum(t, "sent")]);
    this.tiles.abandonment.show(this.last ? percent(this.last.abandonment) : "-", "of accepted", [fact("over goal", `${this.over_goal === undefined ? "-" : compact(this.over_goal)} of ${compact(t.targets)}`, this.over_goal ? "warn" : "")]);
    this.show_endpoint(status);
    const s = status.statistics;
    const said = (name) => field_notes("statistics", [name]);
    const server = (name, up) => pill(s.in_use === name ? "accent" : up ? "good" : "bad", `${name} ${up ? (s.in_use === name ? "in use" : "up") : "down"}`);
    this.tiles.statistics.show("", "", [make("span", { class: "pills" }, ...(s.in_use === "replay" ? [pill("warn", "replay")] : [server("primary", s.primary_up), server("backup", s.backup_up)])),
      fact("heard", seconds(s.heard_s), s.fresh ? "" : "bad", said("heard_s")), fact("updates", `${number_of(s.updates_per_second)} /s`, "", said("updates_per_second")),
      fact("visible", compact(s.targets_visible), "", said("targets_visible")), fact("not visible", compact(s.targets_unseen), s.targets_unseen ? "warn" : "", said("targets_unseen")),
      fact("switches", String(s.switches), "", said("switches")), ...(s.push_doubt ? [fact("push in doubt", s.push_doubt, "bad", said("push_doubt"))] : [])]);
    const heard = status.pacers.filter((shard) => shard.fresh).length;
    const slowest = Math.max(0, ...status.pacers.map((shard) => shard.decide_us));
    const oldest = Math.max(0, ...status.pacers.map((shard) => shard.stat_age_s ?? 0));
    this.tiles.pacers.show(`${heard} of ${status.pacers.length}`, "heard", [fact("slowest cycle", slowest < 1000 ? `${slowest.toFixed(0)} us` : `${(slowest / 1000).toFixed(1)} ms`, "", field_notes("pacer", ["decide_us"])),
      fact("statistics", seconds(oldest) + " old", "", field_notes("pacer", ["stat_age_s"])), fact("feedback", seconds(status.feedback.heard_s) + " ago", "", field_notes("feedback_heard", ["heard_s"])), fact("not ok", compact(t.targets - t.by_state.ok), t.targets - t.by_state.ok ? "warn" : "")],
      heard < status.pacers.length ? "alarm" : "");
  }

  /** What publishing costs, over the last ten seconds or so. */
  network(report, status) {
    const now = { at: Date.parse(status.time), master: status.master, requests: report.requests, bytes: report.wire_bytes };
    const last = this.sent.at(-1);
    if (last && (last.master !== now.master || last.requests > now.requests || last.at > now.at)) this.sent = [];
    if (this.sent.at(-1)?.at === now.at) this.sent.pop();
    this.sent.push(now);
    while (this.sent.length > 2 && this.sent[1].at <= now.at - network_window_ms) this.sent.shift();
    const first = this.sent[0];
    const passed_s = (now.at - first.at) / 1000;
    if (passed_s < 1) return [fact("requests", "-"), fact("network", "-")];
    return [fact("requests", `${Math.round((now.requests - first.requests) / passed_s * 60)} /min`), fact("network", `${bytes(Math.round((now.bytes - first.bytes) / passed_s))}/s`)];
  }

  show_endpoint(status) {
    const report = status.nodes.find((node) => node.name === status.master)?.publication;
    const tile = this.tiles.endpoint;
    if (!report) return tile.show("-", "no publisher", []);
    const share = report.round_trip_share;
    const said = (name) => field_notes("publication_heard", [name]);
    this.round_trips.push(report.round_trip_ms);
    if (this.round_trips.length > most_round_trips) this.round_trips.shift();
    tile.show(`${report.round_trip_ms.toFixed(1)} ms`, `of ${Math.round(report.period_ms)} ms`, [
      fact("answer", `${words(report.outcome)}${report.http_status ? " " + report.http_status : ""}`, report.outcome === "accepted" ? "" : "bad", said("outcome")),
      fact("skipped", compact(report.skipped_cycles), report.skipped_cycles ? "warn" : "", said("skipped_cycles")), ...this.network(report, status),
      fact("rejected", count(report.rejected_targets), report.rejected_targets ? "warn" : "", said("rejected_targets"))],
      share > 0.5 ? "alarm" : "");
    tile.draw(this.round_trips, { top: report.period_ms / 2 });
  }

  /** The last hour of all targets together, as /api/v1/history gives it. */
  show_history(history) {
    const column = (name) => history.columns.indexOf(name);
    const time = column("time_ms");
    const step = history.step_s * 1000;
    const filled = [];  // A step without a row is a hole in the line.
    for (const row of history.rows) {
      const before = filled.at(-1);
      if (before && before[time] + step < row[time]) filled.push(null);
      filled.push(row);
    }
    const values = (name) => filled.map((row) => (row ? row[column(name)] : null));
    const last = history.rows.at(-1);
    this.last = last && Object.fromEntries(history.columns.map((name, i) => [name, last[i]]));
    this.tiles.granted.draw(values("granted"));
    this.tiles.acceptance.draw(values("acceptance"));
    this.tiles.abandonment.draw(values("abandonment"));
    this.tiles.agents.draw(values("occupancy"), { top: 1 });
    this.tiles.queue.draw(values("in_queue"));
  }

  show_reasons(totals) {
    const all = Math.max(1, totals.paced);
    const reasons = Object.keys(totals.by_reason);
    for (const reason of reasons.filter((each) => totals.by_reason[each] > 0))
      if (!this.chips.has(reason)) {
        const chip = make("button", { type: "button", class: "chip", "aria-pressed": "false" }, make("span", { class: "swatch r-" + reason }), words(reason) + " ", make("b", { class: "num" }));
        chip.addEventListener("click", () => this.choose(chip.getAttribute("aria-pressed") === "true" ? "" : reason));
        const segment = make("i", { class: "r-" + reason });
        this.chips.set(reason, { chip, segment });
        this.mix.replaceChildren(...reasons.filter((each) => this.chips.has(each)).map((each) => this.chips.get(each).chip));
        this.bar.replaceChildren(...reasons.filter((each) => this.chips.has(each)).map((each) => this.chips.get(each).segment));
      }
    for (const [reason, { chip, segment }] of this.chips) {
      put_note(chip, word_note("target", "reason", reason));
      put_text(chip.lastChild, count(totals.by_reason[reason]));
      segment.style.flexGrow = String(totals.by_reason[reason] / all);
    }
  }

  mark_reason(chosen) {
    for (const [reason, { chip }] of this.chips) chip.setAttribute("aria-pressed", String(reason === chosen));
  }
}

const number_of = (value) => (value < 100 ? value.toFixed(1) : compact(value));
