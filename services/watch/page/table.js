// The targets table: only the rows in sight are in the document, so that ten thousand feel like fifty.
//
//   const table = new TargetTable(element, rows, open);   // open(id) when a row is chosen
//   table.choose();                                       // the rows are others; table.filter({text, channel, state, reason})
import { count, held_of, isolated, percent, put_note, put_text, title_of, words } from "./dom.js";
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
  constructor(element, rows, open) {
    this.element = element;
    this.rows = rows;
    this.open = open;
    this.reasons = [];  // In the interface's order, which is how it sorts them.
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
    const columns = views.filter((view) => width >= view.from && (!view.several || this.rows.several));
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

  filter(wanted) {
    this.wanted = { ...wanted, text: wanted.text.trim().toLowerCase() };
    this.port.scrollTop = 0;
    this.focused = 0;
    this.choose();
  }

  // Which rows are shown, in which order. While not all are here, watch is asked for those that are wanted.
  choose() {
    if (this.several !== this.rows.several) { this.several = this.rows.several; this.fit(); }
    const query = this.rows.is_whole ? "" : this.query();
    const found = query ? this.rows.found(query) : undefined;
    this.shown = this.matching(found?.rows ?? this.rows.order);
    const all = this.rows.is_whole ? this.shown.length : found?.matching ?? this.rows.total;
    this.element.setAttribute("aria-rowcount", String(all + 1));
    this.show_head();
    const text = this.summary(query, found);
    this.on_summary?.(text);
    this.nothing = this.rows.order.length === 0 && !this.rows.is_coming ? "No target is known yet." : this.rows.is_whole || found?.rows ? "No target matches." : text;
    this.draw_soon();
  }

  matching(rows) {
    const { text, channel, state, reason } = this.wanted;
    const found = rows.filter((row) => (!channel || row.channel === channel) && (!state || row.state === state) &&
      (!reason || row.reason === reason) && (!text || row.words.includes(text)));
    const { key, descending } = this.sort;
    if (!key) return found;
    const places = new Map(this.reasons.map((word, i) => [word, i]));
    const value = key === "reason" ? (row) => places.get(row.reason) : (row) => row[key];
    const sign = descending ? -1 : 1;
    return found.sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
  }

  // What is wanted, as the REST interface is asked for it; "" = all in the file's order.
  query() {
    const { text, channel, state, reason } = this.wanted;
    const words = { q: text, channel, state, reason, sort: this.sort.key && (this.sort.descending ? "-" : "") + this.sort.key };
    return String(new URLSearchParams(Object.entries(words).filter(([, word]) => word)));
  }

  // How many are shown, of how many, and whether that is all there is to say.
  summary(query, found) {
    const { order, total, is_whole, is_coming, failure } = this.rows;
    const [shown, all] = [count(this.shown.length), count(is_whole ? order.length : total)];
    const some = this.shown.length === order.length ? `${all} targets` : `${shown} of ${all} targets`;
    const again = failure && `: ${failure}; asked again`;
    if (is_whole) return is_coming ? `${some}, asked for anew${again}` : some;
    if (order.length === 0) return failure ? `the targets did not come${again}` : "the targets are on their way";
    const rest = failure ? `; the rest did not come${again}` : "; the rest is on its way";
    if (!query) return `${shown} of ${all} targets${rest}`;
    const known = `${shown} among the first ${count(order.length)} of ${all} targets`;
    if (!found) return `${known}; watch looks in the others`;
    if (found.failure) return `${known}; watch did not look in the others: ${found.failure}${rest}`;
    if (found.matching > found.rows.length && found.matching < total) return `the first ${shown} of ${count(found.matching)} that match, of ${all} targets${rest}`;
    return `${shown} of ${all} targets${rest}`;
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
    put_text(this.empty, this.nothing ?? "");
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
