// The targets table: only the rows in sight are in the document, so that ten thousand feel like fifty.
//
//   const table = new TargetTable(element, open);   // open(id) when a row is chosen
//   table.load(columns, rows); table.change(columns, rows); table.filter({text, channel, state, reason});
import { held_of, isolated, over_goal, percent, put_note, title_of, words } from "./dom.js";
import { field_notes, word_note } from "./schema.js";

const line_height = 32;
const spare_lines = 8;

// What each column shows, and from which width of the table on it is there; `several`: only where agents hold several
// interactions. It sorts by its first field.
const views = [
  { fields: ["id"], width: "minmax(60px, 1.3fr)", text: true, from: 0 },
  { fields: ["channel"], width: "minmax(84px, .8fr)", text: true, from: 900 },
  { fields: ["reason"], width: "minmax(110px, 1.6fr)", text: true, from: 0, show: (row) => words(row.reason) },
  { fields: ["proactive"], width: "minmax(58px, .6fr)", from: 0, mark: (row) => (row.proactive > 0 ? "some" : "zero") },
  { fields: ["pending", "max_pending"], width: "minmax(80px, .8fr)", from: 500 },
  { fields: ["logged_in"], width: "minmax(56px, .6fr)", from: 620 },
  { fields: ["ready"], width: "minmax(50px, .6fr)", from: 0 },
  { fields: ["busy"], width: "minmax(50px, .6fr)", from: 500 },
  { fields: ["after_call_work"], width: "minmax(68px, .6fr)", from: 800 },
  { fields: ["in_handling", "slots"], width: "minmax(96px, .8fr)", from: 700, several: true, show: held_of },
  { fields: ["in_queue"], width: "minmax(48px, .6fr)", from: 340 },
  { fields: ["acceptance"], width: "minmax(84px, .7fr)", from: 800, show: (row) => percent(row.acceptance) },
  { fields: ["abandonment", "goal"], width: "minmax(98px, 1fr)", from: 700,
    show: (row) => row.optimization_target === "BUSY_FACTOR" ? percent(row.abandonment) : `${percent(row.abandonment)} / ${row.goal} %`,
    mark: (row) => (row.over ? "over" : "") },
  { fields: ["busy_factor"], width: "minmax(64px, .7fr)", from: 900, show: (row) => percent(row.busy_factor) },
  { fields: ["reactive_state"], width: "minmax(68px, .7fr)", from: 1000, show: (row) => row.reactive_state.toFixed(2) },
  { fields: ["accepted", "sent"], width: "minmax(96px, 1fr)", from: 1100 },
].map((view) => ({ show: (row) => view.fields.map((name) => row[name]).join(" / "), ...view, key: view.fields[0], title: title_of(view.fields) }));

export class TargetTable {
  constructor(element, open) {
    this.element = element;
    this.open = open;
    this.rows = new Map();
    this.several = false;  // Some target's agents hold several interactions.
    this.over_goal = 0;  // Targets whose abandonment is over it.
    this.shown = [];
    this.wanted = { text: "", channel: "", state: "", reason: "" };
    this.sort = { key: "", descending: false };
    this.focused = 0;
    this.head = element.appendChild(document.createElement("div"));
    this.head.className = "head";
    this.head.setAttribute("role", "row");
    this.port = element.appendChild(document.createElement("div"));
    this.port.className = "rows";
    this.port.setAttribute("role", "rowgroup");
    this.space = this.port.appendChild(document.createElement("div"));
    this.space.setAttribute("role", "presentation");
    this.lines = [];
    this.port.addEventListener("scroll", () => this.draw_soon(), { passive: true });
    this.port.addEventListener("keydown", (event) => this.key(event));
    this.port.addEventListener("click", (event) => {
      const line = event.target.closest(".line");
      if (line) this.open(line.dataset.id);
    });
    new ResizeObserver(() => this.fit()).observe(element);
    this.fit();
  }

  // Chooses the columns that there is room for.
  fit() {
    const width = this.element.clientWidth || 1000;
    const columns = views.filter((view) => width >= view.from && (!view.several || this.several));
    if (this.columns && columns.length === this.columns.length) return this.draw_soon();
    this.columns = columns;
    this.element.style.setProperty("--columns", columns.map((view) => view.width).join(" "));
    this.head.replaceChildren(...columns.map((view) => {
      const cell = document.createElement("div");
      cell.setAttribute("role", "columnheader");
      cell.className = view.text ? "text" : "";
      const button = cell.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = view.title;
      button.addEventListener("click", () => {
        const again = this.sort.key === view.key;
        // Numbers first show the largest, texts the first; a third click gives the file's order back.
        if (again && this.sort.descending === !!view.text) this.sort = { key: "", descending: false };
        else this.sort = { key: view.key, descending: again ? !this.sort.descending : !view.text };
        this.choose();
      });
      return cell;
    }));
    for (const line of this.lines) line.remove();
    this.lines = [];
    this.show_head();
    this.draw_soon();
  }

  show_head() {
    this.columns.forEach((view, i) => {
      const cell = this.head.children[i];
      put_note(cell.firstChild, field_notes("target", view.fields));
      if (view.key === this.sort.key) cell.setAttribute("aria-sort", this.sort.descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  load(columns, rows) {
    this.rows.clear();
    this.over_goal = 0;
    this.put(columns, rows);
    this.choose();
  }

  /** `seen`: somebody looks at the table now. */
  change(columns, rows, seen = true) {
    this.put(columns, rows);
    if (seen) this.choose();
  }

  put(columns, rows) {
    for (const values of rows) {
      const row = this.rows.get(values[0]) || {};
      for (let i = 0; i < columns.length; ++i) row[columns[i]] = values[i];
      if (!this.several && row.slots > 0) { this.several = true; this.fit(); }
      row.words ||= `${row.id}\n${row.group}\n${row.queue}`.toLowerCase();
      const over = over_goal(row);
      this.over_goal += Number(over) - Number(row.over ?? false);
      row.over = over;
      this.rows.set(row.id, row);
    }
  }

  filter(wanted) {
    this.wanted = { ...wanted, text: wanted.text.trim().toLowerCase() };
    this.port.scrollTop = 0;
    this.focused = 0;
    this.choose();
  }

  // Which rows are shown, in which order.
  choose() {
    const { text, channel, state, reason } = this.wanted;
    const found = [];
    for (const row of this.rows.values()) {
      if (channel && row.channel !== channel) continue;
      if (state && row.state !== state) continue;
      if (reason && row.reason !== reason) continue;
      if (text && !row.words.includes(text)) continue;
      found.push(row);
    }
    const { key, descending } = this.sort;
    if (key) {
      const sign = descending ? -1 : 1;
      found.sort((a, b) => (a[key] < b[key] ? -sign : a[key] > b[key] ? sign : 0));
    }
    this.shown = found;
    this.element.setAttribute("aria-rowcount", String(found.length + 1));
    this.show_head();
    this.on_count?.(found.length, this.rows.size);
    this.draw_soon();
  }

  draw_soon() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.draw(); });
  }

  draw() {
    const height = this.shown.length * line_height;
    this.space.style.height = height + "px";
    if (!this.empty) {
      this.empty = document.createElement("p");
      this.empty.className = "empty";
      this.element.appendChild(this.empty);
    }
    this.empty.hidden = this.shown.length > 0;
    this.port.hidden = this.shown.length === 0;
    this.head.style.paddingRight = `${this.port.offsetWidth - this.port.clientWidth}px`;  // The scroll bar's place.
    this.empty.textContent = this.rows.size ? "No target matches." : "No target is known yet.";
    const first = Math.max(0, Math.floor(this.port.scrollTop / line_height) - spare_lines);
    const count = Math.min(this.shown.length - first, Math.ceil(this.port.clientHeight / line_height) + 2 * spare_lines);
    while (this.lines.length < count) this.lines.push(this.new_line());
    this.lines.forEach((line, i) => {
      const index = first + i;
      line.hidden = i >= count;
      if (i < count) this.fill(line, this.shown[index], index);
    });
  }

  new_line() {
    const line = document.createElement("div");
    line.className = "line";
    line.setAttribute("role", "row");
    for (const view of this.columns) {
      const cell = line.appendChild(document.createElement("div"));
      cell.setAttribute("role", "gridcell");
      cell.className = view.text ? "cell text" : "cell";
      if (view.key === "reason") {
        const dot = cell.appendChild(document.createElement("span"));
        dot.className = "dot";
        cell.append("");
      }
    }
    this.space.appendChild(line);
    return line;
  }

  fill(line, row, index) {
    line.dataset.id = row.id;
    line.dataset.index = index;
    line.tabIndex = index === this.focused ? 0 : -1;
    line.setAttribute("aria-rowindex", String(index + 2));
    line.style.transform = `translateY(${index * line_height}px)`;
    this.columns.forEach((view, i) => {
      const cell = line.children[i];
      const text = view.show(row);
      if (view.key === "reason") {
        cell.firstChild.className = "dot " + row.state;
        cell.firstChild.title = row.state;
        if (cell.lastChild.data !== text) cell.lastChild.data = text;
        put_note(cell, `${row.state}: ${word_note("target", "reason", row.reason) || text}`);
        return;
      }
      if (cell.textContent !== text) cell.textContent = text;
      if (view.key === "id") cell.title = `${isolated(row.id)}: ${isolated(row.group)}, ${isolated(row.queue)}`;
      const mark = view.mark ? view.mark(row) : !view.text && row[view.key] === 0 ? "zero" : "";
      const name = (view.text ? "cell text " : "cell ") + mark;
      if (cell.className !== name) cell.className = name;
    });
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.port.clientHeight / line_height) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") {
      const row = this.shown[this.focused];
      if (row) this.open(row.id);
    } else if (event.key in moves) {
      event.preventDefault();
      this.focused = Math.min(this.shown.length - 1, Math.max(0, this.focused + moves[event.key]));
      const top = this.focused * line_height;
      if (top < this.port.scrollTop) this.port.scrollTop = top;
      else if (top + line_height > this.port.scrollTop + this.port.clientHeight)
        this.port.scrollTop = top + line_height - this.port.clientHeight;
      this.draw();
      this.lines.find((line) => !line.hidden && Number(line.dataset.index) === this.focused)?.focus({ preventScroll: true });
    }
  }
}
