// One target: its figures now, why it was granted what it was, and its past.
import { count, make, number, over_goal, percent, put_class, put_text, reason_notes, seconds, state_tones, words } from "./dom.js";
import { Past } from "./past.js";

const groups = [["result", "Result"], ["step", "Step by step"], ["input", "What is known now"], ["estimate", "What was learned"], ["option", "Options"]];
// Steps whose value is the number of a word: the note is the word.
const coded = ["state", "quality", "algorithm", "optimization_target", "information"];
const title_of = (step) => words(step.unit === "s" ? step.name.replace(/_s$/, "") : step.name);
const unit_of = (step) => (step.unit === "percent" ? "%" : step.unit);

// Every step of the decision; data-* hold exactly what the pacer said.
function explanation_parts(explanation) {
  const known = groups.map(([name]) => name);
  const tables = [];
  for (const [name, title] of [...groups, ["", "More"]]) {
    const steps = explanation.steps.filter((step) => (name ? step.group === name : !known.includes(step.group)));
    if (!steps.length) continue;
    tables.push(make("table", { class: "steps " + name }, make("caption", {}, title),
      make("tbody", {}, ...steps.map((step) => {
        const word = step.note && coded.includes(step.name);
        const line = make("tr", {}, make("th", { scope: "row" }, title_of(step), ...(step.note && !word ? [make("span", { class: "note" }, step.note)] : [])),
          make("td", { class: "value" }, word ? words(step.note) : number(step.value), make("span", { class: "unit" }, unit_of(step) ? " " + unit_of(step) : "")));
        Object.assign(line.dataset, { group: step.group, name: step.name, value: JSON.stringify(step.value), unit: step.unit, note: step.note });
        return line;
      }))));
  }
  return [make("p", { class: "sentence" }, explanation.sentence || words(explanation.reason)), make("div", { class: "stepgrid" }, ...tables)];
}

export class TargetView {
  constructor(element, ask) {
    this.element = element;
    this.ask = ask;
  }

  leave() {
    this.past?.destroy();
    this.past = null;
    this.id = undefined;
  }

  async show(id) {
    this.leave();
    this.id = id;
    this.path = `api/v1/targets/${encodeURIComponent(id)}`;
    this.figures = new Map();
    this.name = make("h2", { tabindex: "-1" }, id);
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

  // The row came anew; the explanation and the past are asked for with it, never more than one at a time.
  async refresh(row) {
    if (row) this.show_row(row);
    if (this.asking === this.id) return;
    const id = this.id;
    this.asking = id;
    try {
      if (!row) this.show_row(row = await this.ask(this.path));
      if (id !== this.id) return;
      if (!this.past) {
        this.past = new Past(this.ask, `${this.path}/history`, row.optimization_target === "BUSY_FACTOR");
        this.element.append(this.past.element);
      }
      this.past.refresh();
      const explanation = await this.ask(`${this.path}/explain`);
      if (id === this.id && this.hold.getAttribute("aria-pressed") !== "true") {
        this.why.dataset.reason = explanation.reason;
        this.why.dataset.target = explanation.target;
        this.explained.replaceChildren(...explanation_parts(explanation));
      }
    } catch (error) {
      if (id === this.id) this.explained.replaceChildren(make("p", { class: "notice" }, error.message));
    } finally {
      if (this.asking === id) this.asking = undefined;
    }
  }

  show_row(row) {
    put_class(this.state, "pill " + (state_tones[row.state] ?? ""));
    put_text(this.state, `${row.state}: ${words(row.reason)}`);
    this.state.title = reason_notes[row.reason] ?? "";
    put_text(this.about, `${row.channel} \u00b7 ${row.group} \u00b7 ${row.queue} \u00b7 ${row.algorithm} \u00b7 ` +
      (row.optimization_target === "BUSY_FACTOR" ? `busy at least ${row.goal} %` : `abandonment at most ${row.goal} %`) +
      ` \u00b7 statistics ${words(row.quality)}, ${seconds(row.statistics_age_s)} old`);
    const over = over_goal(row);
    const all = [
      ["Granted now", count(row.proactive), row.proactive ? "some" : ""], ["Pending", `${count(row.pending)} of ${count(row.max_pending)}`], ["Agents", count(row.logged_in)], ["Ready", count(row.ready)],
      ["Busy", count(row.busy)], ["Wrap-up", count(row.after_call_work)], ["Queue", count(row.in_queue)], ["Predicted wait", seconds(row.predicted_wait_s)],
      ["Abandonment", percent(row.abandonment), over ? "over" : ""], ["Acceptance", percent(row.acceptance)], ["Busy factor", percent(row.busy_factor)], ["Reactive state", row.reactive_state.toFixed(2)],
      ["Sent", count(row.sent)], ["Accepted", count(row.accepted)], ["Answered", count(row.answered)], ["Abandoned", count(row.abandoned)],
    ];
    for (const [name, value, tone = ""] of all) {
      if (!this.figures.has(name)) {
        const dd = make("dd", { class: "num" });
        this.figures.set(name, dd);
        this.summary.append(make("div", {}, make("dt", {}, name), dd));
      }
      const dd = this.figures.get(name);
      put_text(dd, value);
      put_class(dd, "num " + tone);
    }
  }
}
