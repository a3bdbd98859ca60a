// The past of one target, or of all together: which stretch, its charts with what happened marked in them, and a CSV.
/* global uPlot */
import { clock, make, moment, percent, pill, reason_notes, reasons, severity_tones, words } from "./dom.js";

const stretches = [["1h", "1 h"], ["6h", "6 h"], ["24h", "24 h"], ["7d", "7 days"], ["30d", "30 days"]];
const refresh_every = 10_000;  // [ms] While the stretch ends now.
const most_marks = 200;

const charts = [
  { title: "Granted and pending invitations", lines: [["granted", "granted", "accent"], ["pending", "pending", "idle"], ["max_pending", "at most", "cap"]] },
  { title: "Invitations accepted a minute", lines: [["accepted", "accepted", "good"]], rate: true },
  { title: "Abandonment", lines: [["abandonment", "abandonment", "bad"]], share: true, goal: true },
  { title: "Occupancy", lines: [["occupancy", "occupied", "accent"]], share: true, top: 1 },
  { title: "Queue", lines: [["in_queue", "waiting", "warn"]] },
  { title: "Agents", lines: [["logged_in", "logged in", "idle"], ["ready", "ready", "good"]] },
];

const local = (ms) => { const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000); return date.toISOString().slice(0, 16); };
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const value_text = (view, value) => (value === null || value === undefined ? "-" : view.share ? percent(value) : Number.isInteger(value) ? String(value) : value.toFixed(1));

export class Past {
  /** `path`: of the history, without a query. */
  constructor(ask, path, busy_factor = false) {
    this.ask = ask;
    this.path = path;
    this.busy_factor = busy_factor;
    this.stretch = "1h";
    this.plots = [];
    this.from = make("input", { type: "datetime-local", "aria-label": "From" });
    this.to = make("input", { type: "datetime-local", "aria-label": "To" });
    this.buttons = stretches.map(([word, text]) => {
      const button = make("button", { type: "button", "aria-pressed": String(word === this.stretch) }, text);
      button.addEventListener("click", () => this.choose(word));
      return button;
    });
    for (const input of [this.from, this.to]) input.addEventListener("change", () => { if (this.from.value) this.choose(""); });
    this.csv = make("a", { class: "button", download: "" }, "CSV");
    this.note = make("span", { class: "quiet num", role: "status" });
    this.grid = make("div", { class: "charts" });
    this.ribbon = make("div", { class: "card ribboncard" });
    this.happened = make("ol", { class: "events small", tabindex: "0", "aria-label": "Events of that time" });
    this.element = make("section", { class: "past", "aria-label": "The past" },
      make("div", { class: "tools" }, make("span", { class: "segmented", role: "group", "aria-label": "Stretch" }, ...this.buttons),
        make("span", { class: "span" }, this.from, make("span", { class: "quiet" }, "to"), this.to), this.csv, this.note),
      this.grid, this.ribbon, make("div", { class: "card happened" }, make("h2", {}, "What happened then"), this.happened));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.grid);
  }

  destroy() {
    this.gone = true;
    this.observer.disconnect();
    for (const plot of this.plots) plot.destroy();
    this.plots = [];
  }

  choose(stretch) {
    this.stretch = stretch;
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(stretches[i][0] === stretch)));
    this.asked_at = 0;
    return this.refresh();
  }

  query() {
    if (this.stretch) return `from=-${this.stretch}`;
    const at = (input) => (input.value ? String(new Date(input.value).getTime()) : "now");
    return `from=${at(this.from)}&to=${at(this.to)}`;
  }

  /** Asks again when there could be something new. */
  async refresh() {
    if (this.asking || Date.now() - (this.asked_at ?? 0) < refresh_every) return;
    if (!this.stretch && this.asked_at) return;  // A stretch of the past does not change.
    this.asking = true;
    this.asked_at = Date.now();
    const query = this.query();
    try {
      const [history, events] = await Promise.all([this.ask(`${this.path}?${query}`), this.ask(`api/v1/events?${query}&limit=${most_marks}`)]);
      if (!this.gone && query === this.query()) this.show(history, events.events, query);
    } catch (error) {
      if (!this.gone) this.note.textContent = error.message;
    } finally {
      this.asking = false;
      if (query !== this.query() && !this.gone) { this.asked_at = 0; this.refresh(); }
    }
  }

  show(history, events, query) {
    if (this.stretch) { this.from.value = local(Date.parse(history.from)); this.to.value = local(Date.parse(history.to)); }
    this.csv.href = `${this.path}?${query}&format=csv`;
    this.note.textContent = history.rows.length ? `${history.step_s < 60 ? history.step_s + " s" : history.step_s / 60 + " min"} a point` : "nothing was recorded then";
    const column = Object.fromEntries(history.columns.map((name, i) => [name, i]));
    const rows = [];
    for (const row of history.rows) {  // A step without a row is a hole in the line.
      const before = rows.at(-1);
      if (before && row[0] - before[0] > history.step_s * 1500) rows.push(history.columns.map((_, i) => (i ? null : before[0] + history.step_s * 1000)));
      rows.push(row);
    }
    const times = rows.map((row) => row[0] / 1000);
    const span = [Date.parse(history.from) / 1000, Date.parse(history.to) / 1000];
    // Where recording began within the stretch, the charts begin there.
    if (this.stretch && times.length && times[0] - span[0] > 0.05 * (span[1] - span[0])) {
      span[0] = Math.min(times[0], span[1] - 300);
      this.note.textContent += `, recorded since ${moment(times[0] * 1000)}`;
    }
    const marks = events.filter((event) => event.severity !== "good").map((event) => ({ time: Date.parse(event.time) / 1000, severity: event.severity }));
    for (const plot of this.plots) plot.destroy();
    this.plots = [];
    this.cards = charts.map((view) => {
      const card = make("figure", { class: "card chart" });
      const readout = make("span", { class: "legend num" });
      const box = make("div", { class: "plot" });
      card.append(make("figcaption", {}, make("h2", {}, view.title), readout), box);
      const values = view.lines.map(([name]) => rows.map((row) => (row[column[name]] === null ? null : view.rate ? (row[column[name]] * 60) / history.step_s : row[column[name]])));
      const lines = [...view.lines];
      if (view.goal && !this.busy_factor && rows.some((row) => row[column.goal] > 0)) {
        lines.push(["goal", "goal", "goal"]);
        values.push(rows.map((row) => (row[column.goal] === null ? null : row[column.goal] / 100)));
      }
      return { view, card, readout, box, data: [times, ...values], lines, span, marks };
    });
    this.grid.replaceChildren(...this.cards.map((each) => each.card));
    for (const each of this.cards) this.plots.push(this.plot(each));
    this.show_ribbon(rows, column.reason, span, history.step_s);
    this.show_happened(events);
  }

  plot({ view, readout, box, data, lines, span, marks }) {
    const ink = color("quiet"), rule = color("line");
    const legend = (i) => readout.replaceChildren(...lines.flatMap(([, title, tone], n) => [make("span", { class: "key k-" + tone }, title + " "), make("b", {}, value_text(view, data[n + 1][i])), " "]),
      make("span", { class: "quiet" }, data[0].length ? clock(data[0][i] * 1000) : ""));
    const most = Math.max(view.top ?? 0, ...data.slice(1).flat().filter((value) => value !== null), view.share ? 0.01 : 1);
    const stroke = (tone) => color(tone === "cap" ? "r-cap" : tone === "goal" ? "bad" : tone);
    const plot = new uPlot({
      width: Math.max(200, box.clientWidth), height: 150, legend: { show: false }, padding: [8, 8, 0, 0],
      cursor: { sync: { key: "paceline-past" }, y: false, points: { size: 5 }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true, range: span }, y: { range: [0, most * 1.06] } },
      axes: [
        { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, size: 24, font: "11px system-ui", space: 70,
          values: (self, splits) => splits.map((at) => { const text = new Date(at * 1000); return span[1] - span[0] > 172800 ? `${text.getDate()}.${text.getMonth() + 1}. ${String(text.getHours()).padStart(2, "0")}h` : clock(at * 1000).slice(0, 5); }) },
        { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { show: false }, size: 46, font: "11px system-ui", space: 34,
          values: (self, splits) => splits.map((value) => (view.share ? `${Number((value * 100).toFixed(1))} %` : String(Number(value.toFixed(2))))) },
      ],
      series: [{}, ...lines.map(([, title, tone], n) => ({ label: title, stroke: stroke(tone), width: tone === "cap" ? 1 : 1.75, spanGaps: false, points: { show: false }, dash: tone === "goal" ? [6, 4] : undefined,
        fill: n === 0 ? stroke(tone) + "22" : undefined, paths: view.share || tone === "goal" ? undefined : uPlot.paths.stepped({ align: 1 }) }))],
      hooks: {
        setCursor: [(self) => legend(self.cursor.idx ?? data[0].length - 1)],
        setSelect: [(self) => {
          if (self.select.width < 8) return;
          this.from.value = local(self.posToVal(self.select.left, "x") * 1000);
          this.to.value = local(self.posToVal(self.select.left + self.select.width, "x") * 1000 + 59_999);
          self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          this.choose("");
        }],
        drawClear: [(self) => {
          const { ctx } = self;
          for (const mark of marks) {
            const x = Math.round(self.valToPos(mark.time, "x", true)) + 0.5;
            if (x < self.bbox.left || x > self.bbox.left + self.bbox.width) continue;
            ctx.strokeStyle = color(mark.severity === "bad" ? "bad" : "accent");
            ctx.globalAlpha = 0.45;
            ctx.beginPath();
            ctx.moveTo(x, self.bbox.top);
            ctx.lineTo(x, self.bbox.top + self.bbox.height);
            ctx.stroke();
            ctx.globalAlpha = 1;
          }
        }],
      },
    }, data, box);
    plot.root.setAttribute("role", "img");
    const last = data[0].length - 1;
    plot.root.setAttribute("aria-label", `${view.title}: ${lines.map(([, title], n) => `${title} ${value_text(view, data[n + 1][last])}`).join(", ")} at the end`);
    legend(last);
    return plot;
  }

  // Why it was granted what it was, as a band of colours under the charts.
  show_ribbon(rows, column, span, step_s) {
    const band = make("div", { class: "ribbon", role: "img", "aria-label": "Reason over time" });
    const seen = new Set();
    const place = (ms) => Math.min(100, Math.max(0, ((ms / 1000 - span[0]) / Math.max(1, span[1] - span[0])) * 100));
    let run = null;
    const end = () => {
      if (!run) return;
      const from = place(run.from), to = place(run.to + step_s * 1000);
      const part = make("i", { class: "r-" + run.reason, title: `${words(run.reason)}, ${clock(run.from)} to ${clock(run.to)}: ${reason_notes[run.reason] ?? ""}` });
      part.style.left = from + "%";
      part.style.width = Math.max(0.15, to - from) + "%";
      band.append(part);
    };
    for (const row of rows) {
      const reason = row[column];
      if (reason === null || !run || run.reason !== reason) { end(); run = reason === null ? null : { reason, from: row[0], to: row[0] }; }
      if (run) { run.to = row[0]; seen.add(reason); }
    }
    end();
    this.ribbon.replaceChildren(make("h2", {}, "Reason"), band,
      make("p", { class: "mix" }, ...reasons.filter((reason) => seen.has(reason)).map((reason) => make("span", { class: "keyed", title: reason_notes[reason] }, make("span", { class: "swatch r-" + reason }), words(reason)))));
  }

  show_happened(events) {
    this.happened.replaceChildren(...(events.length ? [...events].reverse().slice(0, 50).map((event) => make("li", {},
      make("time", { datetime: event.time }, moment(event.time)), make("span", {}, pill(severity_tones[event.severity] ?? "", words(event.kind))), make("span", { class: "what" }, event.detail)))
      : [make("li", { class: "empty" }, "Nothing: no switch, no change of roles, no rejection.")]));
  }

  fit() {
    this.plots.forEach((plot, i) => {
      const width = Math.max(200, this.cards[i].box.clientWidth);
      if (width !== plot.width) plot.setSize({ width, height: 150 });
    });
  }
}
