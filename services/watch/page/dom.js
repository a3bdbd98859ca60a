// What every part of the page uses: elements, and how figures and times are said.

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
export const svg = (tag, attributes = {}) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
export const by_id = (id) => document.getElementById(id);

// Marks that reorder what follows, or show nothing, make one name look like another: they are written out. Those that
// join letters of a script stay beside its letters.
const deceptive = /[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u0080-\u009f]/gu;
const joins = /[\u200c\u200d\ufe0e\ufe0f]/;
const written_out = (mark, at, text) => (joins.test(mark) && text[at - 1] > "\u007f" ? mark : `<U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
const beyond_ascii = /[^\0-\x7f]/;  // None of them is ASCII, which is soon seen of millions of letters.
/** Text from outside, as a person may be shown it; of JSON the same JSON. */
export const revealed = (text) => (beyond_ascii.test(text) ? text.replace(deceptive, written_out) : text);
/** A name among other words of a tooltip: its direction ends with it. In an element it is <bdi> that does so. */
export const isolated = (name) => `\u2068${name}\u2069`;
export const bdi = (name) => make("bdi", {}, name);

export const words = (text) => text.replaceAll("_", " ");
export const pill = (tone, text) => make("span", { class: "pill " + tone }, text);

/** Writes only what differs, so that nothing flickers and a selection stays. */
export const put_text = (element, text) => { if (element.textContent !== text) element.textContent = text; };
export const put_class = (element, name) => { if (element.className !== name) element.className = name; };
/** What it says to who points at it; "" = nothing. */
export const put_note = (element, text) => {
  if (element.title === text) return;
  if (text) element.title = text;
  else element.removeAttribute("title");
};
function liken(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  put_parts(old, [...fresh.childNodes]);
}
/** Instead of replaceChildren, for what nobody listens to: what somebody points at stays under the pointer. */
export const put_parts = (element, parts) => {
  while (element.childNodes.length > parts.length) element.lastChild.remove();
  parts.forEach((part, i) => { if (i < element.childNodes.length) liken(element.childNodes[i], part); else element.append(part); });
};

// Where people call a field otherwise than the interface does.
const names = { id: "target", proactive: "granted", max_pending: "at most", logged_in: "agents", after_call_work: "wrap-up", in_queue: "queue", in_handling: "held" };
/** "predicted_wait_s" -> "predicted wait". */
export const name_of = (field) => names[field] ?? words(field.replace(/_m?s$/, ""));
/** ["pending", "max_pending"] -> "Pending / at most". */
export const title_of = (fields) => fields.map(name_of).join(" / ").replace(/^./, (first) => first.toUpperCase());

/** Interactions that are held, of those that may be; "-" where the site does not tell. */
export const held_of = (row) => [row.in_handling >= 0 ? row.in_handling : "-", row.slots || "-"].join(" / ");

export const percent = (share) => (share * 100).toFixed(1) + " %";
export const count = (value) => value.toLocaleString("en-US");
export const compact = (value) => value < 1e5 ? count(Math.round(value)) : value < 1e6 ? `${(value / 1e3).toFixed(0)} k` : `${(value / 1e6).toFixed(1)} M`;
export const seconds = (value) => {
  if (value === null || value === undefined) return "never";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 100) return `${value.toFixed(1)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172800 ? `${(value / 3600).toFixed(1)} h` : `${Math.round(value / 86400)} days`;
};
export const bytes = (value) => value < 2000 ? `${value} B` : value < 2e6 ? `${(value / 1000).toFixed(1)} kB` : `${(value / 1e6).toFixed(2)} MB`;
/** Of the reader's clock: "CET", "GMT+1". */
const zone = () => new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(new Date()).find((part) => part.type === "timeZoneName")?.value ?? "local time";
/** "2026-11-22 19:43:46 UTC" of an instant as the interface says it. */
export const utc = (time) => new Date(time).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
export const clock = (time) => new Date(time).toLocaleTimeString([], { hour12: false });
export const date_time = (time) => (new Date(time).toDateString() === new Date().toDateString() ? "" : new Date(time).toLocaleDateString() + " ") + clock(time);
/** The same with its zone, and in UTC where that is another. */
export const zoned = (time) => (zone() === "UTC" ? `${date_time(time)} UTC` : `${date_time(time)} ${zone()} (${utc(time)})`);
export const number = (value) => {
  if (value === null) return "none";
  if (Number.isInteger(value)) return count(value);
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(Math.abs(value) >= 0.01 ? value.toFixed(3) : value.toPrecision(3)));
};

const most_counted = 2000;  // Outcomes: of an older rate more do not make what is now surer.
/** Between which shares the abandonment lies, 19 times of 20 (Wilson 1927), by how many outcomes are known. */
export function abandonment_interval(row) {
  const n = Math.min(row.answered + row.abandoned, most_counted), share = Math.min(Math.max(row.abandonment, 0), 1), z = 1.96;
  if (n === 0) return [0, 1];
  const middle = (share + z * z / (2 * n)) / (1 + z * z / n);
  const half = z / (1 + z * z / n) * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
/** As the metric paceline_watch_targets_over_goal counts: red when it is certain, 1 of 27 is not. */
export const over_goal = (row) => row.optimization_target === "ABANDONMENT_RATE" && row.answered + row.abandoned >= 20 && abandonment_interval(row)[0] * 100 > row.goal;

export const state_tones = { ok: "good", degraded: "warn", stale: "bad", disabled: "" };
export const severity_tones = { good: "good", notice: "accent", bad: "bad" };
/** A line without axes, for a tile. `values` may have nulls. */
export function sparkline(values, { top, floor = 0 } = {}) {
  const picture = svg("svg", { class: "spark", viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" });
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return picture;
  const highest = Math.max(top ?? 0, ...known, floor + 1e-9);
  const x = (i) => (i / (values.length - 1)) * 100;
  const y = (value) => 29 - ((value - floor) / (highest - floor)) * 27;
  let line = "", area = "", start = -1;
  const end_run = (i) => { if (start >= 0) area += `L${x(i - 1).toFixed(2)} 30L${x(start).toFixed(2)} 30Z`; start = -1; };
  values.forEach((value, i) => {
    if (value === null) return end_run(i);
    const at = `${x(i).toFixed(2)} ${y(value).toFixed(2)}`;
    line += (start < 0 ? "M" : "L") + at;
    area += (start < 0 ? "M" : "L") + at;
    if (start < 0) start = i;
  });
  end_run(values.length);
  picture.append(svg("path", { class: "area", d: area }), svg("path", { class: "line", d: line }));
  return picture;
}
