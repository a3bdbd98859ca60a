// All targets as watch knows them, in the file's order: the first at once, the others slice by slice, what changes by the live stream.
//
//   const rows = new TargetRows(ask, changed);   // changed() when more is known
//   rows.load();                                 // when a stream begins, and when the targets are others: asks again until it has all
//   rows.change(columns, values);                // what the stream told
//   rows.found(query)                            // while not all are here: what watch finds
//
// Invariant: a row is never set back. What the stream told since an answer was asked for may be newer than the answer and stands;
// if it was older, the stream tells the row again.
import { over_goal } from "./dom.js";

const first_rows = 2_000;   // All of a small centre.
const slice_rows = 10_000;  // Neither watch nor the page is busy for long with so many.
const first_pause = 1_000;  // [ms] Before what failed is asked for again; doubles up to the longest.
const longest_pause = 60_000;

const passed = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** What is known is in sight; in a tab that nobody sees nothing is drawn. */
const drawn = () => Promise.race([new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))), passed(1_000)]);

/** Rows with these columns: each keeps what came for it, which is much less to do and to keep than an object with a field a column. */
function row_class(columns) {
  class Row {
    constructor(values) {
      this.told = 0;  // By the stream: the number of its message.
      this.put(values);
    }
    put(values) {
      this.values = values;
      this.over = over_goal(this);
      this.words = `${this.id}\n${this.group}\n${this.queue}`.toLowerCase();
    }
  }
  columns.forEach((name, i) => Object.defineProperty(Row.prototype, name, { get() { return this.values[i]; } }));
  return Row;
}

export class TargetRows {
  constructor(ask, changed) {
    this.ask = ask;
    this.changed = changed;
    this.by_id = new Map();    // Also rows whose place in the order is not known yet.
    this.order = [];
    this.total = 0;            // As many as watch has.
    this.is_whole = false;     // `order` has all; while they are asked for anew, those that were.
    this.failure = "";         // Why the last request failed.
    this.several = false;      // Some target's agents hold several interactions.
    this.over_goal = 0;        // Targets whose abandonment is over it.
    this.heard = 0;            // Messages of the stream so far.
  }

  /** Not all, or not as they are now: they are being asked for. */
  get is_coming() { return this.loading !== undefined; }

  /** The first request is over when it resolves; the others follow by themselves. */
  async load() {
    const load = { order: [], pause: first_pause };
    this.loading = load;  // One before it is given up.
    this.failure = "";
    this.question = undefined;
    await this.ask_part(load);
    this.ask_rest(load);
  }

  async ask_rest(load) {
    await drawn();
    while (this.loading === load) {
      if (this.failure) {
        await passed(load.pause);
        load.pause = Math.min(2 * load.pause, longest_pause);
      }
      if (this.loading === load) await this.ask_part(load);
    }
  }

  async ask_part(load) {
    const from = load.order.length;
    const { since, coming } = load.next?.from === from ? load.next : this.request(from);
    load.next = undefined;
    try {
      const answer = await coming;
      if (this.loading !== load) return;
      const end = from + answer.rows.length;
      if (from && end < answer.total) load.next = this.request(end);  // Watch writes it while this one is taken.
      if (from && answer.total !== load.total) load.order = [];  // Others: from the beginning.
      else this.take_part(load, answer, since);
      load.pause = first_pause;
      this.failure = "";
    } catch (error) {
      if (this.loading !== load) return;
      this.failure = error.message;
    }
    this.changed();
  }

  request(from) {
    const since = this.heard;
    const coming = this.ask(`api/v1/targets?form=table&offset=${from}&limit=${from ? slice_rows : first_rows}`);
    coming.catch(() => { /* Told where it is awaited. */ });
    return { from, since, coming };
  }

  take_part(load, answer, since) {
    load.total = answer.total;
    for (const row of this.take(answer, since)) load.order.push(row);
    if (load.order.length < load.total && answer.rows.length === 0) throw new Error("watch gave no rows");
    const is_all = load.order.length >= load.total;
    if (this.is_whole && !is_all) return;
    this.order = load.order;
    this.total = load.total;
    if (!is_all) return;
    this.is_whole = true;
    this.loading = undefined;
    this.question = undefined;
    this.by_id = new Map(load.order.map((row) => [row.id, row]));
    this.over_goal = load.order.reduce((sum, row) => sum + Number(row.over), 0);
  }

  change(columns, rows) {
    ++this.heard;
    for (const values of rows) this.put(columns, values).told = this.heard;
  }

  take(answer, since) {
    return answer.rows.map((values) => {
      const known = this.by_id.get(values[0]);
      return known?.told > since ? known : this.put(answer.columns, values);
    });
  }

  put(columns, values) {
    if (this.columns?.length !== columns.length || this.columns.some((name, i) => name !== columns[i])) [this.columns, this.Row] = [columns, row_class(columns)];
    const id = values[0];
    let row = this.by_id.get(id);
    this.over_goal -= Number(row?.over ?? false);
    if (row instanceof this.Row) row.put(values);
    else this.by_id.set(id, row = new this.Row(values));
    this.over_goal += Number(row.over);
    if (row.slots > 0) this.several = true;
    return row;
  }

  /** While not all are here: what watch finds for a query like "q=x&sort=-pending", {rows, matching} or {failure}; nothing = it is being asked. */
  found(query) {
    if (this.question?.query !== query) this.question = { query };
    this.ask_questions();
    return this.question.answer;
  }

  // One at a time, so that who types fast asks little.
  async ask_questions() {
    if (this.is_asking) return;
    this.is_asking = true;
    while (this.question && !this.question.answer) {
      const question = this.question;
      const since = this.heard;
      try {
        const answer = await this.ask(`api/v1/targets?form=table&limit=${first_rows}&${question.query}`);
        if (question === this.question) question.answer = { rows: this.take(answer, since), matching: answer.matching };
      } catch (error) {
        question.answer = { failure: error.message };
      }
      if (question === this.question) this.changed();
    }
    this.is_asking = false;
  }
}
