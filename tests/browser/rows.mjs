// How the page's targets come: the first at once, the rest after them, and what it says and finds while they are on their way.
import fs from "node:fs";
import path from "node:path";

import { Cluster, expect, main, module_of, ports, run_dir, until } from "./support.mjs";

const { chromium } = module_of("playwright-core");
const shots = path.join(run_dir, "shots");
fs.mkdirSync(shots, { recursive: true });

const large = new Cluster("rows", { nodes: 2, targets: 12_500, port: ports, demo: true, max_targets: 20_000 });
const small = new Cluster("rows-small", { nodes: 2, targets: 2_000, port: ports + 60, demo: true });
const never = "-777";  // A queue that nobody tells.

/** The page, in a browser that knows nothing of it; `answer(route, parameters)` answers what it asks of its targets. */
async function open(browser, cluster, answer) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  page.asked = [];
  await page.route("**/api/v1/targets?*", (route) => {
    const parameters = new URL(route.request().url()).searchParams;
    page.asked.push(Object.fromEntries(parameters));
    return answer?.(route, parameters) ?? route.continue();
  });
  await page.goto(cluster.url);
  return page;
}

/** Lets what `chosen(parameters)` means wait until it is let go. */
function gate(chosen, answer = (route) => route.continue()) {
  let let_go;
  const gone = new Promise((resolve) => { let_go = resolve; });
  return { let_go, answer: (route, parameters) => (chosen(parameters) ? gone.then(() => answer(route)) : undefined) };
}
const is_rest = (parameters) => Number(parameters.get("offset")) > 0;

const said = (page) => page.textContent("#matching");
const says = (page, text) => until(`it says "${text}"`, async () => (await said(page)) === text).catch(async (error) => { throw new Error(`${error.message}; it says "${await said(page)}"`); });
const lines = (page) => page.evaluate(() => [...document.querySelectorAll(".table .line:not([hidden])")].sort((a, b) => a.dataset.index - b.dataset.index).map((each) => each.dataset.id));
const ids = (from, several) => Array.from({ length: several }, (_, i) => `t${String(from + i).padStart(5, "0")}`);
const starts_with = (all, first) => first.every((id, i) => all[i] === id);
/** What a person sees of where he is: the place, the row with the focus, the first rows in sight. */
const place = (page) => page.evaluate(() => {
  const port = document.querySelector(".table .rows");
  const top = port.getBoundingClientRect().top;
  return { at: Math.round(top), top: port.scrollTop, focus: document.activeElement.dataset.id, first: [...port.querySelectorAll(".line:not([hidden])")].filter((each) => each.getBoundingClientRect().top >= top).sort((a, b) => a.dataset.index - b.dataset.index).slice(0, 5).map((each) => each.dataset.id) };
});
/** Where the table stands once the tiles above it have what they show. */
async function settled(page) {
  for (let [at, same] = [-1, 0]; ;) {
    const now = (await place(page)).at;
    [at, same] = [now, now === at ? same + 1 : 0];
    if (same === 10) return at;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const sort_by = (page, title) => page.click(`.table [role=columnheader] button:text-is("${title}")`);

async function first_rows(browser) {
  const rest = gate(is_rest);
  const page = await open(browser, large, rest.answer);
  await says(page, "2,000 of 12,500 targets; the rest is on its way");
  await page.waitForSelector(".table .line:not([hidden])");
  expect(starts_with(await lines(page), ids(0, 15)), "the first rows stand there while the rest is held back, in the file's order");
  await until("the tiles are there", async () => (await page.textContent("#strip")).includes("over goal"));
  expect(/over goal - of 12,500/.test(await page.textContent("#strip")), "how many are over their goal is not told of a part");
  await until("the line of the last minutes is there", () => page.evaluate(() => document.querySelector(".tile .spark .line") !== null));
  await page.screenshot({ path: path.join(shots, "rows-on-their-way.png") });

  const at = await settled(page);
  await page.fill("#search", "12499");
  await says(page, "1 of 12,500 targets; the rest is on its way");
  expect(starts_with(await lines(page), ["t12499"]), "a search meanwhile finds what is not here yet");
  await page.fill("#search", "group-1");
  await says(page, "the first 2,000 of 2,500 that match, of 12,500 targets; the rest is on its way");
  expect((await place(page)).at === at, "whatever it says, the table stays where it is");
  await page.fill("#search", "nowhere");
  await says(page, "0 of 12,500 targets; the rest is on its way");
  expect((await page.textContent(".table .empty")) === "No target matches.", "nothing matches where watch says so");
  await page.click("#clear");
  await sort_by(page, "Target");
  await sort_by(page, "Target");
  await until("the last row is the first", async () => (await lines(page))[0] === "t12499");
  expect((await said(page)) === "2,000 of 12,500 targets; the rest is on its way", "sorted meanwhile, the rows are the first of all");
  const before = await lines(page);
  rest.let_go();
  await says(page, "12,500 targets");
  expect(JSON.stringify(await lines(page)) === JSON.stringify(before) && (await page.getAttribute(".table [aria-sort]", "aria-sort")) === "descending", "the whole table takes their place in the same order");
  await until("the goals are told", async () => /over goal \d[\d,]* of 12,500/.test(await page.textContent("#strip")));
  expect(page.asked.filter((each) => !each.q && !each.sort).map((each) => `${each.offset}+${each.limit}`).join() === "0+2000,2000+10000,12000+10000", `each row was asked for once: ${JSON.stringify(page.asked)}`);
  await page.context().close();
}

async function no_jump(browser) {
  const rest = gate(is_rest);
  const page = await open(browser, large, rest.answer);
  await says(page, "2,000 of 12,500 targets; the rest is on its way");
  await page.waitForSelector(".table .line:not([hidden])");
  await page.evaluate(() => document.querySelector(".table .line[tabindex='0']").focus());
  for (let i = 0; i < 60; ++i) await page.keyboard.press("PageDown");
  const before = await until("a row far down has the focus", async () => { const now = await place(page); return now.focus > "t00900" && now.first.length === 5 && now; });
  rest.let_go();
  await says(page, "12,500 targets");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const after = await place(page);
  expect(JSON.stringify(after) === JSON.stringify(before), `nothing jumps when the rest comes: ${JSON.stringify(before)}, ${JSON.stringify(after)}`);
  await page.keyboard.press("End");
  await until("the last of all has the focus", async () => (await place(page)).focus === "t12499");
  expect(true, "and the table reaches to the last of all");
  await page.context().close();
}

async function rest_fails(browser) {
  let refused = 0;
  const page = await open(browser, large, (route, parameters) => {
    if (is_rest(parameters) && refused < 2) { ++refused; return route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"detail":"too busy"}' }); }
    return undefined;
  });
  await says(page, "2,000 of 12,500 targets; the rest did not come: too busy; asked again");
  expect((await page.getAttribute("#matching", "class")) === "bad", "that the rest did not come is said, in red");
  await says(page, "12,500 targets");
  expect(refused === 2 && (await page.getAttribute("#matching", "class")) !== "bad", "it is asked for again until it is there");
  await page.context().close();

  const other = await open(browser, large, (route, parameters) => {
    if (is_rest(parameters)) return new Promise(() => {});
    if (parameters.get("q")) return route.fulfill({ status: 500, contentType: "application/problem+json", body: '{"detail":"no search"}' });
    return undefined;
  });
  await says(other, "2,000 of 12,500 targets; the rest is on its way");
  await other.fill("#search", "t0199");
  await says(other, "10 among the first 2,000 of 12,500 targets; watch did not look in the others: no search; the rest is on its way");
  expect(starts_with(await lines(other), ids(1990, 10)), "where watch does not search, what is here is, and it says so");
  await other.fill("#search", "t0999");
  await until("nothing of what is here", async () => (await other.textContent(".table .empty")).startsWith("0 among the first 2,000"));
  expect(true, "nor does an empty table look like all there is");
  await other.context().close();
}

async function first_fails(browser) {
  let refused = 0;
  const page = await open(browser, small, (route) => (refused++ < 1 ? route.fulfill({ status: 500, contentType: "application/problem+json", body: '{"detail":"not yet"}' }) : undefined));
  await says(page, "the targets did not come: not yet; asked again");
  await says(page, "2,000 targets");
  expect(true, "if nothing comes it says so too, and asks again");
  await page.context().close();
}

// The stream tells a row between an answer and its coming: the answer is older, and does not set it back.
async function change_between(browser) {
  const held = [];
  let is_open = false;
  const page = await open(browser, large, async (route, parameters) => {
    if (!is_rest(parameters) || is_open) return route.continue();
    const answer = await route.fetch();
    const body = await answer.json();
    const queue = body.columns.indexOf("in_queue");
    for (const row of body.rows) row[queue] = Number(never);
    return new Promise((resolve) => held.push(() => resolve(route.fulfill({ response: answer, json: body }))));
  });
  const target = "t11111";
  await page.fill("#search", target);
  await says(page, "1 of 12,500 targets; the rest is on its way");
  await until("the answer waits", () => held.length > 0);
  await page.evaluate(([id, word]) => {
    window.set_back = false;
    window.text_of = () => document.querySelector(`.table .line[data-id=${id}]:not([hidden])`)?.textContent;
    new MutationObserver(() => { if (window.text_of()?.includes(word)) window.set_back = true; }).observe(document.querySelector(".table"), { subtree: true, childList: true, characterData: true, attributes: true });
  }, [target, never]);
  const before = await page.evaluate(() => window.text_of());
  await until("the stream tells that row", async () => { const now = await page.evaluate(() => window.text_of()); return now && now !== before; });
  is_open = true;
  held[0]();
  await says(page, "1 of 12,500 targets");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  expect(!(await page.evaluate(() => window.set_back)), "what the stream told meanwhile is not set back by an older answer");
  await page.fill("#search", "");
  await sort_by(page, "Queue");
  await sort_by(page, "Queue");
  await until("others are as the answer says", () => page.evaluate((word) => document.querySelector(".table .line[data-index='0']:not([hidden])")?.textContent.includes(word), never));
  expect(true, "of the others the answer holds");
  await page.context().close();
}

// Other targets: those that were stay until all the new ones are here.
async function renewed(browser) {
  let rest = { answer: () => undefined };
  const page = await open(browser, large, (route, parameters) => rest.answer(route, parameters));
  await says(page, "12,500 targets");
  rest = gate(is_rest);
  const file = path.join(large.dir, "targets.csv");
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").split("\n").filter((line) => !line.startsWith("t00000,")).join("\n").replace("t00001,chat,group-00001,", "t00001,chat,sales,"));
  large.ctl("reload", "watch");
  await says(page, "12,500 targets, asked for anew");
  expect((await lines(page))[0] === "t00000", "the targets that were stay in sight");
  rest.let_go();
  await says(page, "12,499 targets");
  await until("the new ones are there", async () => starts_with(await lines(page), ids(1, 15)));
  expect(true, "until all the new ones take their place");
  await page.fill("#search", "sales");
  await says(page, "1 of 12,499 targets");
  expect(starts_with(await lines(page), ["t00001"]), "and are found by what they are now");
  await page.context().close();
}

// Where one answer holds all, one is asked for; and what the page is made of comes together.
async function one_answer(browser) {
  const page = await open(browser, small);
  await says(page, "2,000 targets");
  await until("every column says what it is", () => page.evaluate(() => [...document.querySelectorAll(".table [role=columnheader] button")].every((each) => each.title)));
  expect(page.asked.length === 1, `two thousand targets are one request: ${JSON.stringify(page.asked)}`);
  const scripts = await page.evaluate(() => performance.getEntriesByType("resource").filter((each) => each.name.endsWith(".js")).map((each) => each.name.slice(location.origin.length + 1)));
  const named = await page.evaluate(() => [...document.querySelectorAll("head [src], head [rel=modulepreload]")].map((each) => each.getAttribute("src") ?? each.getAttribute("href")));
  expect(scripts.length > 5 && scripts.every((each) => named.includes(each)), `the page names each of its scripts, so that none waits for another: ${scripts}`);
  await page.evaluate(() => { location.hash = "#/history"; });
  await page.waitForSelector("#history .chart canvas", { state: "attached" });
  expect(true, "the charts' library comes when the first is wanted");
  await page.context().close();
}

await main([large, small], async () => {
  for (const cluster of [large, small]) { cluster.start_feed(); cluster.start_watch(); }
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
  try {
    await small.ready();
    await one_answer(browser);
    await first_fails(browser);
    await small.end();
    await large.ready();
    await first_rows(browser);
    await no_jump(browser);
    await rest_fails(browser);
    await change_between(browser);
    await renewed(browser);
  } finally {
    await browser.close();
  }
});
