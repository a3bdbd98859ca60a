// The history of one target, or of all together: which time range, its charts with what happened marked in them, and a CSV.
/* global uPlot */  // Fetched when the first chart is wanted.
import { bdi, clock, date_time, make, name_of, percent, pill, put_note, severity_tones, words } from "./dom.js";
import { in_order, word_note } from "./schema.js";

const ranges = [["1h", "1 h"], ["6h", "6 h"], ["24h", "24 h"], ["7d", "7 days"], ["30d", "30 days"]];
const refresh_every = 10_000;  // [ms] While the range ends now.
const most_marks = 200;

const fetched = (element) => new Promise((resolve, reject) => {
  element.addEventListener("load", resolve);
  element.addEventListener("error", () => reject(new Error("the charts' library does not come")));
  document.head.prepend(element);  // Before app.css, which has the last word.
});
let uplot;
function fetch_uplot() {
  uplot ??= Promise.all([fetched(make("link", { rel: "stylesheet", href: "uplot/uPlot.min.css" })), fetched(make("script", { src: "uplot/uPlot.iife.min.js" }))])
    .catch((error) => { uplot = undefined; throw error; });
  return uplot;
}

// Each line is a column of the history and its colour.
const charts = [
  { title: "Granted and pending invitations", lines: [["granted", "accent"], ["pending", "idle"], ["max_pending", "cap"]] },
  { title: "Invitations accepted a minute", lines: [["accepted", "good"]], rate: true },
  { title: "Abandonment", lines: [["abandonment", "bad"]], share: true, goal: true },
  { title: "Occupancy", lines: [["occupancy", "accent"]], share: true, top: 1 },
  { title: "Queue", lines: [["in_queue", "warn"]] },
  { title: "Agents", lines: [["logged_in", "idle"], ["ready", "good"]] },
];

const local = (ms) => { const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000); return date.toISOString().slice(0, 16); };
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const value_text = (view, value) => (value === null || value === undefined ? "-" : view.share ? percent(value) : Number.isInteger(value) ? String(value) : value.toFixed(1));

export class HistoryView {
  /** `path`: of the history, without a query. */
  constructor(ask, path, busy_factor = false) {
    this.ask = ask;
    this.path = path;
    this.busy_factor = busy_factor;
    this.range = "1h";
    this.plots = [];
    this.from = make("input", { type: "datetime-local", "aria-label": "From" });
    this.to = make("input", { type: "datetime-local", "aria-label": "To" });
    this.buttons = ranges.map(([word, text]) => {
      const button = make("button", { type: "button", "aria-pressed": String(word === this.range) }, text);
      button.addEventListener("click", () => this.choose(word));
      return button;
    });
    for (const input of [this.from, this.to]) input.addEventListener("change", () => { if (this.from.value) this.choose(""); });
    this.csv = make("a", { class: "button", download: "" }, "CSV");
    this.note = make("span", { class: "quiet num", role: "status" });
    this.grid = make("div", { class: "charts" });
    this.ribbon = make("div", { class: "card ribboncard" });
    this.event_list = make("ol", { class: "events small", tabindex: "0", "aria-label": "Events of that time" });
    this.element = make("section", { class: "history", "aria-label": "History" },
      make("div", { class: "tools" }, make("span", { class: "segmented", role: "group", "aria-label": "Time range" }, ...this.buttons),
        make("span", { class: "span" }, this.from, make("span", { class: "quiet" }, "to"), this.to), this.csv, this.note),
      this.grid, this.ribbon, make("div", { class: "card" }, make("h2", {}, "What happened then"), this.event_list));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.grid);
  }

  destroy() {
    this.gone = true;
    this.observer.disconnect();
    for (const plot of this.plots) plot.destroy();
    this.plots = [];
  }

  choose(range) {
    this.range = range;
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(ranges[i][0] === range)));
    this.asked_at = 0;
    return this.refresh();
  }

  query() {
    if (this.range) return `from=-${this.range}`;
    const at = (input) => (input.value ? String(new Date(input.value).getTime()) : "now");
    return `from=${at(this.from)}&to=${at(this.to)}`;
  }

  /** Asks again when there could be something new. */
  async refresh() {
    if (this.asking || Date.now() - (this.asked_at ?? 0) < refresh_every) return;
    if (!this.range && this.asked_at) return;  // What is over does not change.
    this.asking = true;
    this.asked_at = Date.now();
    const query = this.query();
    try {
      const [history, events] = await Promise.all([this.ask(`${this.path}?${query}`), this.ask(`api/v1/events?${query}&limit=${most_marks}`), fetch_uplot()]);
      if (!this.gone && query === this.query()) this.show(history, events.events, query);
    } catch (error) {
      if (!this.gone) this.note.textContent = error.message;
    } finally {
      this.asking = false;
      if (query !== this.query() && !this.gone) { this.asked_at = 0; this.refresh(); }
    }
  }

  show(history, events, query) {
    if (this.range) { this.from.value = local(Date.parse(history.from)); this.to.value = local(Date.parse(history.to)); }
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
    // Where recording began within the range, the charts begin there.
    if (this.range && times.length && times[0] - span[0] > 0.05 * (span[1] - span[0])) {
      span[0] = Math.min(times[0], span[1] - 300);
      this.note.textContent += `, recorded since ${date_time(times[0] * 1000)}`;
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
        lines.push(["goal", "goal"]);
        values.push(rows.map((row) => (row[column.goal] === null ? null : row[column.goal] / 100)));
      }
      return { view, card, readout, box, data: [times, ...values], lines, span, marks };
    });
    this.grid.replaceChildren(...this.cards.map((each) => each.card));
    for (const each of this.cards) this.plots.push(this.plot(each));
    this.show_ribbon(rows, column.reason, span, history.step_s);
    this.show_events(events);
  }

  plot({ view, readout, box, data, lines, span, marks }) {
    const label = color("quiet"), grid = color("line");
    const legend = (i) => readout.replaceChildren(...lines.flatMap(([name, tone], n) => [make("span", { class: "key k-" + tone }, name_of(name) + " "), make("b", {}, value_text(view, data[n + 1][i])), " "]),
      make("span", { class: "quiet" }, data[0].length ? clock(data[0][i] * 1000) : ""));
    const most = Math.max(view.top ?? 0, ...data.slice(1).flat().filter((value) => value !== null), view.share ? 0.01 : 1);
    const stroke = (tone) => color(tone === "cap" ? "r-cap" : tone === "goal" ? "bad" : tone);
    const plot = new uPlot({
      width: Math.max(200, box.clientWidth), height: 150, legend: { show: false }, padding: [8, 8, 0, 0],
      cursor: { sync: { key: "paceline-history" }, y: false, points: { size: 5 }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true, range: span }, y: { range: [0, most * 1.06] } },
      axes: [
        { stroke: label, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 24, font: "11px system-ui", space: 70,
          values: (self, splits) => splits.map((at) => { const text = new Date(at * 1000); return span[1] - span[0] > 172800 ? `${text.getDate()}.${text.getMonth() + 1}. ${String(text.getHours()).padStart(2, "0")}h` : clock(at * 1000).slice(0, 5); }) },
        { stroke: label, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 46, font: "11px system-ui", space: 34,
          values: (self, splits) => splits.map((value) => (view.share ? `${Number((value * 100).toFixed(1))} %` : String(Number(value.toFixed(2))))) },
      ],
      series: [{}, ...lines.map(([name, tone], n) => ({ label: name_of(name), stroke: stroke(tone), width: tone === "cap" ? 1 : 1.75, spanGaps: false, points: { show: false }, dash: tone === "goal" ? [6, 4] : undefined,
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
    plot.root.setAttribute("aria-label", `${view.title}: ${lines.map(([name], n) => `${name_of(name)} ${value_text(view, data[n + 1][last])}`).join(", ")} at the end`);
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
      const part = make("i", { class: "r-" + run.reason, title: `${words(run.reason)}, ${clock(run.from)} to ${clock(run.to)}: ${word_note("target", "reason", run.reason)}` });
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
      make("p", { class: "mix" }, ...in_order("target", "reason", seen).map((reason) => {
        const key = make("span", { class: "keyed" }, make("span", { class: "swatch r-" + reason }), words(reason));
        put_note(key, word_note("target", "reason", reason));
        return key;
      })));
  }

  show_events(events) {
    this.event_list.replaceChildren(...(events.length ? [...events].reverse().slice(0, 50).map((event) => make("li", {},
      make("time", { datetime: event.time }, date_time(event.time)), make("span", {}, pill(severity_tones[event.severity] ?? "", words(event.kind))), make("span", { class: "what" }, bdi(event.detail))))
      : [make("li", { class: "empty" }, "Nothing: no switch, no change of roles, no rejection.")]));
  }

  fit() {
    this.plots.forEach((plot, i) => {
      const width = Math.max(200, this.cards[i].box.clientWidth);
      if (width !== plot.width) plot.setSize({ width, height: 150 });
    });
  }
}
