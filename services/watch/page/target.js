// One target: its figures, its last hours, and every step of its last decision.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
const percent = (share) => (share * 100).toFixed(1) + " %";
const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false });

const groups = [["result", "Result"], ["input", "What is known now"], ["option", "Options"], ["estimate", "What was learned"], ["step", "Step by step"]];
const charts = [
  { key: "proactive", title: "Granted invitations", show: (value) => String(value) },
  { key: "pending", title: "Pending invitations", show: (value) => String(value) },
  { key: "abandonment", title: "Abandonment (proactive)", show: percent, goal: true },
  { key: "busy_share", title: "Occupancy", show: percent, top: 1 },
  { key: "in_queue", title: "Queue", show: (value) => String(value) },
  { key: "ready", title: "Ready agents", show: (value) => String(value) },
];

const number = (value) => {
  if (value === null) return "none";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(Math.abs(value) >= 0.01 ? value.toFixed(3) : value.toPrecision(3)));
};

function chart(view, points, goal) {
  const card = make("div", { class: "card chart" });
  const last = points.at(-1);
  const readout = make("span", { class: "num" }, last ? view.show(last[view.key]) : "no data yet");
  card.append(make("div", { class: "row" }, make("h2", {}, view.title), readout));
  const line_at = view.goal && goal > 0 ? goal / 100 : null;
  const top = view.top || Math.max(1e-9, ...points.map((point) => point[view.key]), line_at === null ? 0 : line_at * 1.5) * 1.08;
  const picture = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img",
    "aria-label": `${view.title}: ${last ? view.show(last[view.key]) : "no data"} now` });
  card.append(picture);
  if (points.length > 1) {
    const from = points[0].time_ms;
    const span = Math.max(1, last.time_ms - from);
    const x = (point) => ((point.time_ms - from) / span) * 100;
    const y = (value) => 100 - (Math.min(value, top) / top) * 96;
    const path = points.map((point, i) => `${i ? "L" : "M"}${x(point).toFixed(2)} ${y(point[view.key]).toFixed(2)}`).join("");
    picture.append(svg("path", { class: "area", d: `${path}L100 100L0 100Z` }), svg("path", { class: "line", d: path }));
    if (line_at !== null) picture.append(svg("line", { class: "goal", x1: 0, x2: 100, y1: y(line_at), y2: y(line_at) }));
    const at = picture.appendChild(svg("line", { class: "at", y1: 0, y2: 100, visibility: "hidden" }));
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      const wanted = from + ((event.clientX - box.left) / box.width) * span;
      const near = points.reduce((best, point) => Math.abs(point.time_ms - wanted) < Math.abs(best.time_ms - wanted) ? point : best);
      at.setAttribute("x1", x(near));
      at.setAttribute("x2", x(near));
      at.setAttribute("visibility", "visible");
      readout.textContent = `${clock(near.time_ms)}  ${view.show(near[view.key])}`;
    });
    picture.addEventListener("pointerleave", () => {
      at.setAttribute("visibility", "hidden");
      readout.textContent = view.show(last[view.key]);
    });
    card.append(make("div", { class: "row quiet" }, make("span", {}, clock(from)), make("span", {}, clock(last.time_ms))));
  }
  return card;
}

function explanation_table(explanation) {
  const parts = [make("p", { class: "sentence" }, explanation.sentence || explanation.reason.replaceAll("_", " "))];
  const known = groups.map(([name]) => name);
  for (const [name, title] of [...groups, ["", "More"]]) {
    const steps = explanation.steps.filter((step) => (name ? step.group === name : !known.includes(step.group)));
    if (!steps.length) continue;
    parts.push(make("table", { class: "steps" }, make("caption", {}, title),
      make("tbody", {}, ...steps.map((step) => make("tr", {},
        make("th", { scope: "row" }, step.name),
        make("td", { class: "value" }, number(step.value) + (step.unit ? " " + (step.unit === "percent" ? "%" : step.unit) : "")),
        make("td", { class: "note" }, step.note))))));
  }
  return parts;
}

export class TargetView {
  constructor(element, ask) {
    this.element = element;
    this.ask = ask;
  }

  async show(id) {
    this.id = id;
    this.points = [];
    this.history_at = 0;
    this.summary = make("div", { class: "grid" });
    this.title = make("div", { class: "title" }, make("h2", { tabindex: "-1" }, id));
    this.charts = make("div", { class: "charts" });
    this.why = make("div", { class: "card", "aria-live": "off" }, make("h2", {}, "Why: the last decision"), make("p", { class: "quiet" }, "asking the pacer"));
    this.element.replaceChildren(make("a", { class: "back", href: "#/" }, "\u2190 all targets"), this.title, this.summary, this.why, this.charts);
    this.title.firstChild.focus({ preventScroll: true });
    await this.refresh();
  }

  // The row came anew; the explanation and the history are asked for with it, never more than one at a time.
  async refresh(row) {
    if (row) this.show_row(row);
    if (this.asking) return;
    this.asking = true;
    const id = this.id;
    try {
      const path = `api/v1/targets/${encodeURIComponent(id)}`;
      if (!row) this.show_row(await this.ask(path));
      const explanation = await this.ask(`${path}/explain`);
      if (id !== this.id) return;
      this.why.replaceChildren(make("h2", {}, "Why: the last decision"), ...explanation_table(explanation));
      if (Date.now() - this.history_at > 5000) {
        this.history_at = Date.now();
        const history = await this.ask(`${path}/history`);
        if (id !== this.id) return;
        const points = history.rows.map((values) => Object.fromEntries(history.columns.map((name, i) => [name, values[i]])));
        this.charts.replaceChildren(...charts.map((view) => chart(view, points, history.goal)));
      }
    } catch (error) {
      if (id === this.id)
        this.why.replaceChildren(make("h2", {}, "Why: the last decision"), make("p", { class: "notice" }, error.message));
    } finally {
      this.asking = false;
    }
  }

  show_row(row) {
    const tones = { ok: "good", degraded: "warn", stale: "bad", disabled: "" };
    this.title.replaceChildren(this.title.firstChild,
      make("span", { class: "pill " + (tones[row.state] ?? "") }, `${row.state}: ${row.reason.replaceAll("_", " ")}`),
      make("span", { class: "quiet" }, `${row.channel}, ${row.group}, ${row.queue}, ${row.algorithm}, ` +
        (row.optimization_target === "BUSY_FACTOR" ? `busy at least ${row.goal} %` : `abandonment at most ${row.goal} %`) +
        `, statistics ${row.quality.replaceAll("_", " ")}, ${row.statistics_age_s.toFixed(1)} s old`));
    const figures = [
      ["Granted now", row.proactive], ["Pending / most", `${row.pending} / ${row.max_pending}`],
      ["Logged in", row.logged_in], ["Ready", row.ready], ["Busy", row.busy], ["Wrap-up", row.after_call_work],
      ["Queue", row.in_queue], ["Acceptance", percent(row.acceptance)], ["Abandonment", percent(row.abandonment)],
      ["Busy factor", percent(row.busy_factor)], ["Predicted wait", row.predicted_wait_s.toFixed(1) + " s"],
      ["Reactive state", row.reactive_state.toFixed(2)], ["Sent", row.sent], ["Accepted", row.accepted],
      ["Answered", row.answered], ["Abandoned", row.abandoned],
    ];
    this.summary.replaceChildren(...figures.map(([name, value]) =>
      make("div", { class: "card" }, make("h2", {}, name), make("div", { class: "big num" }, String(value)))));
  }
}
