// One target: its figures now, why it was granted what it was, and its history.
import { abandonment_interval, bdi, count, held_of, make, number, over_goal, percent, put_class, put_note, put_parts, put_text, revealed, seconds, state_tones, title_of, words } from "./dom.js";
import { HistoryView } from "./history.js";
import { field_notes, figure, section_title, word_note } from "./schema.js";

// As pacelinectl explain says it: a share as per cent, a word that came as its number by its note.
function value_parts(step) {
  if (figure(step.name)?.share) return percent(step.value);
  if (!step.unit && step.note) return words(step.note);
  if (step.unit === "s" && step.value < 0) return "never";
  return [number(step.value), make("span", { class: "unit" }, step.unit === "percent" ? " %" : step.unit && " " + step.unit)];
}

function step_row(step) {
  const noted = step.note && (step.unit || figure(step.name)?.share);
  const name = make("th", { scope: "row" }, words(step.unit === "s" ? step.name.replace(/_s$/, "") : step.name), ...(noted ? [make("span", { class: "note" }, step.note)] : []));
  put_note(name, figure(step.name)?.meaning ?? "");
  const row = make("tr", {}, name, make("td", { class: "value" }, ...[value_parts(step)].flat()));
  Object.assign(row.dataset, { group: step.group, name: step.name, value: JSON.stringify(step.value), unit: step.unit, note: step.note });
  return row;
}

// Every step of the decision, by sections as they come; data-* hold exactly what the pacer said.
function explanation_parts(explanation) {
  const tables = [...new Set(explanation.steps.map((step) => step.group))].map((group) => make("table", { class: "steps " + group },
    make("caption", {}, section_title(group) ?? words(group)), make("tbody", {}, ...explanation.steps.filter((step) => step.group === group).map(step_row))));
  return [make("p", { class: "sentence" }, explanation.sentence || words(explanation.reason)), make("div", { class: "stepgrid" }, ...tables)];
}

// The figures under the title: the fields that each shows, and how.
const views = [
  { fields: ["proactive"], mark: (row) => (row.proactive ? "some" : "") }, { fields: ["pending", "max_pending"] }, { fields: ["logged_in"] }, { fields: ["ready"] },
  { fields: ["busy"] }, { fields: ["after_call_work"] }, { fields: ["in_handling", "slots"], show: held_of }, { fields: ["in_queue"] }, { fields: ["predicted_wait_s"], show: (row) => seconds(row.predicted_wait_s) },
  { fields: ["abandonment"], show: (row) => `${percent(row.abandonment)}${row.answered + row.abandoned > 0 ? ` (${abandonment_interval(row).map(percent).join(" to ")})` : ""}`, mark: (row) => (over_goal(row) ? "over" : "") }, { fields: ["acceptance"], show: (row) => percent(row.acceptance) },
  { fields: ["busy_factor"], show: (row) => percent(row.busy_factor) }, { fields: ["reactive_state"], show: (row) => row.reactive_state.toFixed(2) },
  { fields: ["sent"] }, { fields: ["accepted"] }, { fields: ["answered"] }, { fields: ["abandoned"] },
];

export class TargetView {
  constructor(element, ask) {
    this.element = element;
    this.ask = ask;
  }

  leave() {
    this.history?.destroy();
    this.history = null;
    this.unknown = false;
    this.id = undefined;
  }

  async show(id) {
    this.leave();
    this.id = id;
    this.path = `api/v1/targets/${encodeURIComponent(id)}`;
    this.figures = new Map();
    this.name = make("h2", { tabindex: "-1" }, bdi(revealed(id)));
    this.state = make("span", { class: "pill" });
    this.about = make("span", { class: "quiet" });
    this.summary = make("dl", { class: "card figures" });
    this.hold = make("button", { type: "button", "aria-pressed": "false", title: "Keep this decision on the screen" }, "Hold");
    this.hold.addEventListener("click", () => this.hold.setAttribute("aria-pressed", String(this.hold.getAttribute("aria-pressed") !== "true")));
    this.explained = make("div", {}, make("p", { class: "quiet" }, "asking the pacer"));
    this.why = make("section", { class: "card why", "aria-label": "Why: the last decision" }, make("div", { class: "row" }, make("h2", {}, "Why: the last decision"), this.hold), this.explained);
    this.element.replaceChildren(make("a", { class: "back", href: "#/" }, "\u2190 all targets"), make("div", { class: "title" }, this.name, this.state, this.about), this.summary, this.why);
    this.name.focus({ preventScroll: true });
    await this.refresh();
  }

  // The row came anew; the explanation and the history are asked for with it, never more than one at a time.
  async refresh(row) {
    if (this.unknown) return row && this.show(this.id);  // It came with other targets.
    if (row) this.show_row(row);
    if (this.asking === this.id) return;
    const id = this.id;
    this.asking = id;
    try {
      if (!row) this.show_row(row = await this.ask(this.path));
      if (id !== this.id) return;
      if (!this.history) {
        this.history = new HistoryView(this.ask, `${this.path}/history`, row.optimization_target === "BUSY_FACTOR");
        this.element.append(this.history.element);
      }
      this.history.refresh();
      const explanation = await this.ask(`${this.path}/explain`);
      if (id === this.id && this.hold.getAttribute("aria-pressed") !== "true") {
        this.why.dataset.reason = explanation.reason;
        this.why.dataset.target = explanation.target;
        put_parts(this.explained, explanation_parts(explanation));
      }
    } catch (error) {
      if (id === this.id && error.status === 404) this.show_unknown(id);
      else if (id === this.id) this.explained.replaceChildren(make("p", { class: "notice" }, error.message));
    } finally {
      if (this.asking === id) this.asking = undefined;
    }
  }

  // Figures of nothing would say nothing.
  show_unknown(id) {
    this.unknown = true;
    this.element.replaceChildren(make("a", { class: "back", href: "#/" }, "\u2190 all targets"),
      make("p", { class: "card unknown" }, "There is no target ", make("b", {}, bdi(revealed(id))), ". It was removed from the targets file, or its name is written otherwise; the list of ", make("a", { href: "#/" }, "all targets"), " can be searched."));
  }

  show_row(row) {
    put_class(this.state, "pill " + (state_tones[row.state] ?? ""));
    put_text(this.state, `${row.state}: ${words(row.reason)}`);
    put_note(this.state, word_note("target", "reason", row.reason));
    const goals = { BUSY_FACTOR: "busy at least", SERVICE_LEVEL: "service level at least", ABANDONMENT_RATE: "abandonment at most" };
    const goal = `${goals[row.optimization_target] ?? words(row.optimization_target)} ${row.goal} %`;
    const shares = row.pool_targets > 1 ? [` \u00b7 shares agents with ${row.pool_targets - 1} other target${row.pool_targets > 2 ? "s" : ""}, of `, bdi(row.pool), "'s pool"] : [];
    put_parts(this.about, [row.channel, " \u00b7 ", bdi(row.group), " \u00b7 ", bdi(row.queue),
      ` \u00b7 ${row.algorithm} \u00b7 ${goal} \u00b7 statistics ${words(row.quality)}, ${seconds(row.statistics_age_s)} old`, ...shares]
      .map((part) => (typeof part === "string" ? document.createTextNode(part) : part)));
    for (const view of views) {
      if (!this.figures.has(view)) {
        const made = { name: make("dt", {}, title_of(view.fields)), value: make("dd", { class: "num" }) };
        this.figures.set(view, made);
        this.summary.append(make("div", {}, made.name, made.value));
      }
      const { name, value } = this.figures.get(view);
      put_note(name.parentElement, field_notes("target", view.fields));
      put_text(value, view.show ? view.show(row) : view.fields.map((field) => count(row[field])).join(" / "));
      put_class(value, "num " + (view.mark?.(row) ?? ""));
    }
  }
}
