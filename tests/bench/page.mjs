// What a person waits for with many targets: `ops/bench page [TARGETS] [ROUNDS]` calls this. A real watch on a fed cluster of two nodes, and Chromium on
// the same machine. Prints and writes to the file that PACELINE_JSON names, each a median of so many rounds (5) and the longest, in ms:
//
//   load         from the address to the first rows in sight, with nothing in the browser's store
//   whole        from the address to the count that says that all targets are there
//   search       from the last letter typed to the rows that match
//   find         the same question asked of the REST interface (`?q=`)
//   first_page   50 targets, sorted, of the REST interface
//   table        the whole table in one answer, and its bytes as they are unpacked
//   list         pacelinectl targets --search
//   turns        of watch's loop that took longer than 20 ms, of all meanwhile
import fs from "node:fs";

import { Cluster, main, module_of, ports, until } from "../browser/support.mjs";

const { chromium } = module_of("playwright-core");
const [targets, rounds] = [Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 5)];
const cluster = new Cluster("page", { nodes: 2, targets, port: ports, demo: true, max_targets: targets });
const row = { targets, rounds };

async function measure(name, once) {
  const took = [];
  for (let i = 0; i < rounds; ++i) {
    const began = performance.now();
    took.push((await once(i)) ?? performance.now() - began);
  }
  note(name, took);
}

function note(name, took) {
  took.sort((one, other) => one - other);
  row[`${name}_ms`] = Math.round(took[(rounds - 1) >> 1] * 10) / 10;
  row[`${name}_most_ms`] = Math.round(took.at(-1) * 10) / 10;
}

async function long_turns() {
  const text = cluster.ctl("metrics", "watch");
  const upto = (bound) => Number(new RegExp(`^paceline_loop_turn_seconds_bucket\\{.*le="${bound}"\\} (\\S+)$`, "m").exec(text)[1]);
  return { long: upto("\\+Inf") - upto("0.02"), all: upto("\\+Inf") };
}

const number = (i) => String((i * 7919 + 13) % targets).padStart(String(targets - 1).length, "0");

await main([cluster], async () => {
  cluster.start_feed();
  cluster.start_watch();
  await until("watch lives", async () => (await cluster.get("healthz")).status === 200);
  await cluster.ready();
  const before = await long_turns();
  await measure("find", async (i) => { await cluster.json(`api/v1/targets?q=queue-${number(i)}`); });
  await measure("first_page", async () => { await cluster.json("api/v1/targets?limit=50&sort=-abandonment"); });
  await measure("table", async () => { row.table_bytes = (await cluster.get("api/v1/targets?form=table&limit=1000000")).text.length; });
  await measure("list", async (i) => { cluster.ctl("targets", "--search", `queue-${number(i)}`); });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const whole = [];
  let page;
  await measure("load", async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(300_000);
    const began = performance.now();
    await page.goto(cluster.url);
    await page.waitForSelector(".table .line:not([hidden])");
    const load = performance.now() - began;
    await page.evaluate((text) => new Promise((resolve) => {
      const seen = () => (document.querySelector("#matching").textContent === text ? resolve() : requestAnimationFrame(seen));
      seen();
    }), `${targets.toLocaleString("en-US")} targets`);
    whole.push(performance.now() - began);
    return load;
  });
  note("whole", whole);
  await measure("search", async (i) => page.evaluate((text) => new Promise((resolve) => {
    const box = document.querySelector("#search");
    const began = performance.now();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    const seen = () => {
      const lines = [...document.querySelectorAll(".table .line:not([hidden])")];
      if (lines.length === 1 && lines[0].textContent.includes(text)) resolve(performance.now() - began);
      else requestAnimationFrame(seen);
    };
    seen();
  }), `t${number(i)}`));
  await browser.close();
  const after = await long_turns();
  row.turns = { longer_than_20_ms: after.long - before.long, all: after.all - before.all };
  row.rss_mb = Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${cluster.watch.pid}/status`, "utf8"))[1]) / 1024);
  console.log(JSON.stringify(row, null, 1));
  if (process.env.PACELINE_JSON) fs.writeFileSync(process.env.PACELINE_JSON, JSON.stringify([row], null, 1) + "\n");
});
