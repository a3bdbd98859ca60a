// The page in Chromium: live, through a failover, with ten thousand targets, by keyboard, in both themes and two widths.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

import { small_png } from "./small_png.mjs";
import { Cluster, expect, main, module_file, module_of, ports, root, run_dir, until } from "./support.mjs";

const { chromium } = module_of("playwright-core");
const axe = fs.readFileSync(module_file("axe-core/axe.min.js"), "utf8");
const shots = path.join(run_dir, "shots");
fs.mkdirSync(shots, { recursive: true });

const small = new Cluster("small", { nodes: 2, targets: 50, port: ports, demo: true, watch: 'history_period = "1s"' });
const guarded = new Cluster("guarded", { nodes: 2, targets: 3, port: ports + 60, demo: true, watch: `read_token = "look-only"\n[watch.cells]\nsmall = "${small.url}"\nnobody = "http://127.0.0.1:1/"\nodd = "http://127.0.0.1:${ports + 59}/"`, groups: ["gnp.\u202egpj\u200b.exe", "\u0645\u0628\u064a\u0639\u0627\u062a 1"] });
const large = new Cluster("large", { nodes: 5, targets: 10_000, port: ports + 100 });
const complaints = [];

async function open(browser, cluster, { width, height, theme }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`); });
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  page.on("requestfailed", (request) => { if (!request.url().endsWith("/stream") && request.failure()?.errorText !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()}`); });
  await page.goto(cluster.url);
  await page.waitForSelector(".table .line:not([hidden])", { timeout: 120_000 });
  return page;
}

async function faults(page) {
  // The page's policy lets no foreign script in; a test may evaluate.
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "best-practice"] }));
  return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => `${each.id} (${each.nodes.length}): ${each.nodes[0].html.slice(0, 120)} ${each.nodes[0].failureSummary?.replaceAll("\n", " ").slice(0, 160)}`);
}

async function live(page) {
  small.say("mark");
  let worst = 0;
  let shown_before = 0;
  for (let seen = 0; seen < 4;) {
    const queue = await page.evaluate(() => {
      const line = [...document.querySelectorAll(".table .line")].find((each) => each.dataset.id === "t00");
      const heads = [...document.querySelectorAll(".table [role=columnheader]")].map((each) => each.textContent);
      return Number(line?.children[heads.indexOf("Queue")]?.textContent);
    });
    if (queue <= 1000 || queue === shown_before) { await page.waitForTimeout(50); continue; }
    // The figure of that cycle just came to the page: how far is the pacer by now?
    const pacers = (await small.json("api/v1/status")).pacers;
    const lag = Math.max(...pacers.map((shard) => shard.cycle)) - (queue - 1000);
    if (shown_before) worst = Math.max(worst, lag);
    shown_before = queue;
    ++seen;
  }
  expect(worst <= 2, `what a pacer decided is on the page within two refresh periods (it was ${worst} cycles on)`);
}

// Names, units and sentences are those of /api/v1/schema: of the table's columns, of a target's figures, of its explanation.
async function notes(page) {
  const schema = await small.json("api/v1/schema");
  const target = schema.answers.find((each) => each.name === "target").fields;
  const said = new Set(target.map(({ name, unit, meaning }) => `${name}${unit ? ` [${unit}]` : ""}: ${meaning}`));
  const from_schema = (titles) => titles.length > 0 && titles.every((title) => title !== "" && title.split("\n").every((line) => said.has(line)));
  const titles = (selector) => page.evaluate((within) => [...document.querySelectorAll(within)].map((each) => each.title), selector);
  await page.evaluate(() => { window.pointed_at = document.querySelector(".tile .fact"); window.said = document.querySelector("#strip").textContent; });
  await until("the figures are others", () => page.evaluate(() => document.querySelector("#strip").textContent !== window.said));
  expect(await page.evaluate(() => window.pointed_at.isConnected), "what is pointed at stays under the pointer while its figure changes");
  await until("every column says what it is", async () => from_schema(await titles(".table [role=columnheader] button")));
  const chips = await page.evaluate(() => [...document.querySelectorAll(".chip")].map((each) => each.title));
  const reasons = new Set(target.find((each) => each.name === "reason").words.map((each) => each.meaning));
  expect(chips.length > 0 && chips.every((each) => reasons.has(each)), "a reason says what it means");
  const offered = await page.evaluate(() => ["filter-state", "filter-reason"].map((id) => document.getElementById(id).options.length));
  expect(offered[0] === 1 + target.find((each) => each.name === "state").words.length && offered[1] === 1 + reasons.size, "every state and reason can be chosen");

  await page.evaluate(() => { location.hash = "#/target/t07"; });
  await page.waitForSelector(".steps tr", { state: "attached" });
  expect(from_schema(await titles(".figures > div")), "every figure of a target says what it is");
  small.say("hold");
  const figures = new Map(schema.explanation.figures.map((each) => [each.name, each]));
  const form = (value) => value?.replace(/[\d.,]+/, "#");  // A number is rounded by each in its way.
  let others;
  await until("the page and pacelinectl explain say the same", async () => {
    const told = small.ctl("explain", "t07", "--all").split("\n");
    const shown = await page.evaluate(() => ({
      captions: [...document.querySelectorAll(".steps caption")].map((each) => each.textContent),
      steps: [...document.querySelectorAll(".steps tr")].map((row) => ({ name: row.dataset.name, meaning: row.querySelector("th").title, value: row.querySelector(".value").textContent, note: row.querySelector(".note")?.textContent })),
    }));
    const lines = new Map(told.map((line) => line.trim().split(/\s{2,}/)).map(([name, ...rest]) => [name, rest]));
    others = shown.steps.filter(({ name, meaning, value, note }) => meaning !== figures.get(name)?.meaning || form(value) !== form(lines.get(name)?.[0]) || (note ?? meaning) !== (lines.get(name)?.[1] ?? ""));
    return shown.steps.length > 20 && others.length === 0 && shown.captions.length === 5 && shown.captions.every((each) => told.includes(each));
  }).catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(others)}`); });
  expect(true, "the page has the headings, values and meanings of pacelinectl explain");
  small.say("go");
  await page.evaluate(() => { location.hash = "#/"; });
}

// Without /api/v1/schema nothing is missing but what is told to who points at something.
async function without_schema(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  const thrown = [];
  page.on("pageerror", (error) => thrown.push(error.message));
  await page.route("**/api/v1/schema", (route) => route.fulfill({ status: 500, contentType: "text/plain", body: "nothing" }));
  await page.goto(small.url);
  await page.waitForSelector(".table .line:not([hidden])");
  await until("the reasons are there", async () => (await page.locator(".chip").count()) > 0);
  const titled = await page.evaluate(() => document.querySelectorAll(".table [role=columnheader] [title], .chip[title], .tile h2[title]").length);
  expect(titled === 0, "without a schema nothing is said of a column, a reason, a tile");
  for (const [hash, there] of [["#/target/t07", ".steps tr"], ["#/target/t07", ".chart canvas"], ["#/history", "#history .chart canvas"], ["#/events", "#view-events li"]]) {
    await page.evaluate((to) => { location.hash = to; }, hash);
    await page.waitForSelector(there, { state: "attached", timeout: 300_000 });
  }
  await page.evaluate(() => { location.hash = "#/target/nope"; });
  await page.waitForSelector(".unknown");
  expect((await page.textContent("#view-target")).includes("There is no target nope.") && (await page.locator("#view-target .figures").count()) === 0, "an unknown target is a plain message, with the way back");
  expect((await page.textContent("#health")) === "pacing" && thrown.length === 0, `and the rest is as it is with one ${thrown.join(" | ")}`);
  await context.close();
}

// The picture of the READMEs: renewed by hand from here when the page looks otherwise (tests/README.md).
async function picture(browser) {
  const page = await open(browser, small, { width: 1280, height: 1000, theme: "light" });
  await until("the last minute is drawn", () => page.evaluate(() => document.querySelector(".tile .spark .line")?.getAttribute("d").split("L").length >= 12), 300_000);
  fs.writeFileSync(path.join(shots, "page.png"), small_png(await page.screenshot()));
  await page.context().close();
  const committed = fs.readFileSync(path.join(root, "services/watch/page.png"));
  expect(committed.subarray(0, 8).toString("latin1") === "\x89PNG\r\n\x1a\n" && committed.length <= 150_000, `the picture of the READMEs is a PNG of at most 150 kB: ${committed.length}`);
  for (const readme of ["README.md", "services/watch/README.md"]) {
    const shown = fs.readFileSync(path.join(root, readme), "utf8").match(/!\[[^\]]+\]\(([^)]*page\.png)\)/);
    expect(shown && path.resolve(root, path.dirname(readme), shown[1]) === path.join(root, "services/watch/page.png"), `${readme} shows it`);
  }
}

async function failover(page) {
  const master = () => page.evaluate(() => document.querySelector(".node.master .name")?.textContent);
  const before = await master();
  small.say("failover");
  await until("another master on the page", async () => (await master()) && (await master()) !== before);
  const after = await master();
  const headline = await page.textContent(".headline");
  expect(headline.startsWith(`${after} is master, term `), `the failover is seen: ${headline}`);
  await page.keyboard.press("e");
  await until("the event on its page", () => page.evaluate((name) => [...document.querySelectorAll("#view-events li")].some((each) => each.textContent.includes("master changed") && each.textContent.includes(`${name} is master in term`)), after));
  expect(true, "the events page tells it");
  await page.keyboard.press("t");
}

async function explanation(page) {
  small.say("hold");
  await page.keyboard.press("/");
  await page.keyboard.type("t07");
  await until("one target matches", async () => (await page.textContent("#matching")).startsWith("1 of 50"));
  await page.keyboard.press("Tab");
  await page.evaluate(() => document.querySelector(".table .line[tabindex='0']").focus());
  await page.keyboard.press("Enter");
  await page.waitForSelector(".steps tr", { state: "attached" });
  let differs = "";
  const equal = async () => {
    const told = JSON.parse(small.ctl("explain", "t07", "--json"));
    const shown = await page.evaluate(() => ({
      target: document.querySelector("section.why").dataset.target, reason: document.querySelector("section.why").dataset.reason, sentence: document.querySelector(".sentence").textContent,
      steps: [...document.querySelectorAll(".steps tr")].map(({ dataset }) => ({ name: dataset.name, value: JSON.parse(dataset.value), unit: dataset.unit, group: dataset.group, note: dataset.note })),
    }));
    const sorted = (steps) => JSON.stringify([...steps].sort((a, b) => `${a.group} ${a.name}`.localeCompare(`${b.group} ${b.name}`)));
    differs = `told ${JSON.stringify(told)}, shown ${JSON.stringify(shown)}`;
    return told.steps.length > 0 && told.target === shown.target && told.reason === shown.reason && told.sentence === shown.sentence && sorted(told.steps) === sorted(shown.steps);
  };
  await until("the explanation on the page is pacelinectl's", equal).catch((error) => { throw new Error(`${error.message}: ${differs}`); });
  expect(true, "the explanation equals pacelinectl explain --json, step by step");
  await until("six charts are drawn", async () => (await page.locator(".chart canvas").count()) === 6);
  await until("the ribbon of reasons is there", async () => (await page.locator(".ribbon i").count()) > 0);
  expect(true, "the history is drawn: six charts and the reasons");
  small.say("go");
}

// A watch that wants a token: the page asks for it, and with it shows and exports.
async function token(browser) {
  guarded.start_watch();
  await until("the guarded watch lives", async () => (await guarded.get("healthz")).status === 200);
  expect((await guarded.get("api/v1/status")).status === 401, "without a token there is nothing to read");
  const context = await browser.newContext({ acceptDownloads: true });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  await page.goto(guarded.url);
  await page.waitForSelector("#token-dialog[open]");
  await page.keyboard.type("look-only");
  await page.keyboard.press("Enter");
  await until("the page shows the cluster", async () => (await page.textContent("#health")) === "no master");
  await page.keyboard.press("e");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("#view-events a[download]")]);
  const text = fs.readFileSync(await file.path(), "utf8");
  expect(text.startsWith("number,time,kind,"), `with the token the page opens, and a CSV comes down: ${file.suggestedFilename()}`);
  odd.listen(ports + 59, "127.0.0.1");
  await cells(page);
  odd.close();
  await names(page);
  await context.close();
  await guarded.end();
}

// A cell that says what would steer a page.
const odd = http.createServer(async (request, response) => {
  const status = await (await fetch(`${small.url}api/v1/status`)).json();
  status.master = "\u202ec";
  status.causes = [{ id: "x", weight: "stops", node: "c", cause: "<img src=x> is lost", remedy: "" }];
  response.end(JSON.stringify(status));
});

// Other clusters, side by side: a link each, and how they do, also of one that does not answer.
async function cells(page) {
  await page.evaluate(() => { location.hash = "#/"; });
  const shown = () => page.evaluate(() => [...document.querySelectorAll("#cells .cell")].map((each) => ({ name: each.dataset.name, href: each.querySelector("a").href, state: each.querySelector(".pill").textContent, text: each.textContent })));
  const [known, silent, odd] = await until("all cells stand above", async () => { const all = await shown(); return all.length === 3 && all[0].state !== "does not answer" && all[2].state !== "does not answer" && all; });
  expect(known.name === "small" && known.href === small.url && /is master \u00b7 50 targets \u00b7 heard/.test(known.text), `a cell is a link to its page, with its master, its targets and their age: ${known.text}`);
  expect(silent.state === "does not answer" && /never heard/.test(silent.text), `one that is silent is shown as that: ${silent.text}`);
  expect(odd.text.includes("<U+202E>c is master") && odd.text.includes("<img src=x> is lost") && !/\p{Cf}/u.test(odd.text), `what another one says is text, and its marks are written out: ${odd.text}`);
  const found = await faults(page);
  expect(found.length === 0, `axe finds nothing serious with cells ${found.join(" | ")}`);
  await page.screenshot({ path: path.join(shots, "cells.png") });
}

// A name cannot look like another, nor reorder what stands beside it.
async function names(page) {
  const about = async (id, group) => {
    await page.evaluate((to) => { location.hash = `#/target/${to}`; }, id);
    const texts = () => page.evaluate(() => [...document.querySelectorAll("#view-target .title bdi")].map((each) => each.textContent));
    await until(`${id} is shown`, async () => (await texts())[1] === group);
    await page.screenshot({ path: path.join(shots, `names-${id}.png`) });
    return page.textContent("#view-target .title");
  };
  const shown = await about("t0", "gnp.<U+202E>gpj<U+200B>.exe");
  expect(!/\p{Cf}/u.test(shown), `marks that deceive are written out: ${shown.slice(0, 80)}`);
  await about("t1", "\u0645\u0628\u064a\u0639\u0627\u062a 1");
  const order = await page.evaluate(() => [...document.querySelectorAll("#view-target .title bdi")].slice(1).map((each) => each.getBoundingClientRect().left));
  expect(order[0] < order[1], "a name written from right to left leaves the next where it is");
  await page.evaluate(() => { location.hash = "#/"; });
  const title = await until("its tooltip", () => page.evaluate(() => document.querySelector(".table .line[data-id=t0] .cell")?.title));
  expect(title === "\u2068t0\u2069: \u2068gnp.<U+202E>gpj<U+200B>.exe\u2069, \u2068queue-0\u2069", `a tooltip too: ${title}`);
}

async function search(page) {
  large.say("hold");
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => (await session.send("Performance.getMetrics")).metrics.find((each) => each.name === "TaskDuration").value;
  await page.waitForTimeout(2500);  // Whatever was on its way is there.
  await page.focus("#search");
  let worst = 0;
  let matching = "";
  for (const key of "99") {
    const before = await work();
    await page.keyboard.type(key);
    await until("the table follows", async () => (await page.textContent("#matching")) !== matching);
    matching = await page.textContent("#matching");
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    worst = Math.max(worst, (await work()) - before);
  }
  expect(/^\d[\d,]* of 10,000 targets$/.test(matching), `the search finds ${matching}`);
  console.log(`measured a key of the search among 10,000 targets costs the main thread ${(worst * 1000).toFixed(0)} ms`);
  const before = await work();
  await page.fill("#search", "");
  await page.click(".table [role=columnheader]:nth-child(1) button");
  await until("all are there again", async () => (await page.textContent("#matching")) === "10,000 targets");
  console.log(`measured sorting all costs it ${(((await work()) - before) * 1000).toFixed(0)} ms`);
  expect((await page.locator(".table .line").count()) < 100, "only the rows in sight are in the document");
  large.say("go");
}

async function looks(browser, cluster, name) {
  for (const [width, height, theme] of [[1280, 900, "light"], [1280, 900, "dark"], [390, 844, "light"], [390, 844, "dark"]]) {
    const page = await open(browser, cluster, { width, height, theme });
    for (const [view, hash, there] of [["targets", "#/", ".tile .spark path"], ["target", `#/target/${cluster === large ? "t0007" : "t07"}`, ".chart canvas"], ["history", "#/history", "#history .chart canvas"], ["events", "#/events", "#view-events li"]]) {
      if (cluster === large && (view === "events" || width === 390 && view !== "targets")) continue;
      await page.evaluate((to) => { location.hash = to; }, hash);
      await page.waitForSelector(there, { state: "attached", timeout: 300_000 });
      await page.screenshot({ path: path.join(shots, `${name}-${view}-${width}-${theme}.png`), fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide <= 0, `${name} ${view} at ${width} ${theme} has no sideways scroll`);
      if (cluster === small) {
        const found = await faults(page);
        expect(found.length === 0, `axe finds nothing serious in ${view} at ${width} ${theme} ${found.join(" | ")}`);
      }
    }
    await page.context().close();
  }
}

await main([small, guarded, large], async () => {
  small.start_feed();
  small.start_watch();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    await small.ready();
    const page = await open(browser, small, { width: 1280, height: 900, theme: "light" });
    expect(await page.isHidden("#cells"), "without other cells there is no place for them");
    await notes(page);
    await without_schema(browser);
    await token(browser);
    await picture(browser);
    await live(page);
    await failover(page);
    await explanation(page);
    // A watch that is gone and comes back: the page says so, and goes on by itself.
    await small.end(small.watch);
    await until("the page says that watch is silent", async () => (await page.textContent("#health")) === "watch does not answer");
    const noise = complaints.length;
    small.start_watch();
    await until("the page goes on by itself", async () => (await page.textContent("#health")) === "pacing");
    complaints.splice(0, complaints.length, ...complaints.filter((each) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|failed: /.test(each)));
    expect(true, `it goes on after watch was gone (${noise} network complaints meanwhile)`);
    await page.context().close();
    await looks(browser, small, "2x50");
    await small.end();

    large.start_feed();
    large.start_watch();
    await large.ready();
    const many = await open(browser, large, { width: 1280, height: 900, theme: "light" });
    await search(many);
    await many.context().close();
    await looks(browser, large, "5x10000");
    expect(complaints.length === 0, `the console is silent ${complaints.slice(0, 5).join(" | ")}`);
  } finally {
    await browser.close();
  }
});
