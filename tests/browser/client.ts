// A program of somebody who has watch's OpenAPI document and nothing else: it compiles as long as the document has what
// monitoring reads, with its types. (`./watch.js` is made from the served document by openapi.mjs; this is never run.)
import type { components, paths } from "./watch.js";

type Answer<Path extends keyof paths> = paths[Path] extends { get: { responses: { 200: { content: { "application/json": infer Body } } } } } ? Body : never;

async function ask<Path extends keyof paths>(path: Path): Promise<Answer<Path>> {
  return (await (await fetch(`http://127.0.0.1:7110${path}`)).json()) as Answer<Path>;
}

/** Every sum over the targets is a number, by its name. */
function sums(totals: components["schemas"]["Totals"]): number[] {
  const { targets, paced, logged_in, ready, busy, after_call_work, in_queue, pending, proactive, max_pending, sent, accepted, answered, abandoned, slots, in_handling } = totals;
  const by_word: number[] = [totals.by_state.ok, totals.by_state.stale, totals.by_reason.granted, totals.by_reason.no_agents, totals.by_quality.good];
  return [targets, paced, logged_in, ready, busy, after_call_work, in_queue, pending, proactive, max_pending, sent, accepted, answered, abandoned, slots, in_handling, ...by_word];
}

/** Every figure of a pacer shard; null = never. */
function shard_figures({ shard, fresh, cycle, decided, decide_us, stat_age_s, feedback_age_s, heard_s }: components["schemas"]["Pacer"]): (number | boolean | null)[] {
  const always: number[] = [shard, cycle, decided, decide_us];
  const maybe: (number | null)[] = [stat_age_s, feedback_age_s, heard_s];
  return [...always, fresh, ...maybe];
}

export async function report(): Promise<string> {
  const status = await ask("/api/v1/status");
  const master: string = status.master;
  const ready: boolean = status.ready;
  const late = status.nodes.filter((node) => node.role !== "down" && node.heard_s !== null && node.heard_s > 1).map((node) => node.name);
  const round_trip: number | undefined = status.nodes.find((node) => node.name === master)?.publication?.round_trip_ms;
  // @ts-expect-error A member that no answer has is none of the document.
  void status.totals.nobody;
  // @ts-expect-error A word that is none of the list.
  void (status.nodes[0]?.role === "captain");

  const page = await ask("/api/v1/targets");
  const idle = "targets" in page ? page.targets.filter((target) => target.logged_in > 0 && target.ready === target.logged_in && target.reason === "granted") : [];
  const explanation = await ask("/api/v1/targets/{id}/explain");
  const steps: string[] = explanation.steps.map((step) => `${step.name} ${step.value.toFixed(1)} ${step.unit}`);
  const schema = await ask("/api/v1/schema");
  const shares = schema.explanation.figures.filter((figure) => figure.share).map((figure) => figure.meaning);
  const past = await ask("/api/v1/history");
  const events = (await ask("/api/v1/events")).events.filter((event) => event.severity === "bad").map((event) => `${event.time} ${event.detail}`);
  const readiness: string[] = (await ask("/readyz")).reasons;
  return JSON.stringify([master, ready, late, round_trip, sums(status.totals), status.pacers.map(shard_figures), idle.length, steps, shares, past.rows.length, events, readiness]);
}
