// What happened: live, or those of a range of time.
import { bdi, date_time, make, pill, put_text, severity_tones, utc, words } from "./dom.js";

const most_events = 1000;
const most_shown = 500;
const day_of = (time) => new Date(time).toLocaleDateString(undefined, { weekday: "long", year: "numeric", month: "long", day: "numeric" });

export class EventView {
  constructor(element, ask, badge) {
    this.ask = ask;
    this.badge = badge;
    this.live = [];     // Newest first.
    this.asked = null;  // Of a time range; null = the live ones.
    this.seen = null;
    this.showing = false;
    this.text = make("input", { type: "search", placeholder: "Search events", "aria-label": "Search events", autocomplete: "off" });
    this.severity = make("select", { "aria-label": "Severity" }, new Option("every severity", ""), ...["bad", "notice", "good"].map((word) => new Option(word, word)));
    this.kind = make("select", { "aria-label": "Kind of event" }, new Option("every kind", ""));
    this.from = make("input", { type: "datetime-local", "aria-label": "From" });
    this.to = make("input", { type: "datetime-local", "aria-label": "To" });
    this.now = make("button", { type: "button" }, "Live");
    this.csv = make("a", { class: "button", download: "", href: "api/v1/events?format=csv" }, "CSV");
    this.matching = make("output", {});
    this.list = make("ol", { class: "events" });
    element.replaceChildren(make("div", { class: "tools" }, this.text, this.severity, this.kind, make("span", { class: "span" }, this.from, make("span", { class: "quiet" }, "to"), this.to), this.now, this.csv, this.matching), this.list);
    for (const input of [this.text, this.severity, this.kind]) input.addEventListener("input", () => this.draw());
    for (const input of [this.from, this.to]) input.addEventListener("change", () => this.ask_range());
    this.now.addEventListener("click", () => { this.from.value = this.to.value = ""; this.ask_range(); });
  }

  async ask_range() {
    const at = (input) => (input.value ? new Date(input.value).getTime() : "");
    const query = `from=${at(this.from)}&to=${at(this.to)}`;
    this.csv.href = `api/v1/events?${query}&format=csv`;
    if (!this.from.value && !this.to.value) this.asked = null;
    else
      try { this.asked = (await this.ask(`api/v1/events?${query}`)).events.reverse(); } catch (error) { this.asked = []; put_text(this.matching, error.message); }
    this.draw();
  }

  add(more, last) {
    if (this.live.length && last < this.live[0].number) this.live = [];  // Another watch: its numbers begin anew.
    const floor = this.live.length ? this.live[0].number : 0;
    for (const event of more) if (event.number > floor) this.live.unshift(event);
    this.live.length = Math.min(this.live.length, most_events);
    this.seen ??= last;  // What was there before the page opened is no news.
    const known = new Set([...this.kind.options].map((option) => option.value));
    for (const kind of new Set(this.live.map((event) => event.kind))) if (!known.has(kind)) this.kind.append(new Option(words(kind), kind));
    this.draw();
  }

  show(showing) {
    this.showing = showing;
    this.draw();
  }

  draw() {
    if (this.showing && this.live.length) this.seen = this.live[0].number;
    const unseen = this.live.filter((event) => event.number > this.seen && event.severity === "bad").length;
    this.badge.hidden = !unseen;
    put_text(this.badge, String(unseen));
    if (!this.showing) return;
    const part = this.text.value.trim().toLowerCase();
    const chosen = (this.asked ?? this.live).filter((event) => (!this.kind.value || event.kind === this.kind.value) && (!this.severity.value || event.severity === this.severity.value) &&
      (!part || `${words(event.kind)} ${event.subject} ${event.detail}`.toLowerCase().includes(part)));
    put_text(this.matching, `${chosen.length}${chosen.length > most_shown ? `, the newest ${most_shown} shown` : ""} events${this.asked ? " of that time" : ""}`);
    this.now.hidden = !this.asked;
    const lines = [];
    let day = "";
    for (const event of chosen.slice(0, most_shown)) {
      if (day_of(event.time) !== day) lines.push(make("li", { class: "day" }, day = day_of(event.time)));
      lines.push(make("li", { class: "s-" + event.severity, "data-number": event.number }, make("time", { datetime: event.time, title: utc(event.time) }, date_time(event.time)),
        make("span", {}, pill(severity_tones[event.severity] ?? "", words(event.kind))), make("span", { class: "subject" }, bdi(event.subject || "cluster")), make("span", { class: "what" }, bdi(event.detail))));
    }
    this.list.replaceChildren(...lines);
    if (!lines.length) this.list.append(make("li", { class: "empty" }, "Nothing happened: no switch, no change of roles, no rejection."));
  }
}
