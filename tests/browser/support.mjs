// What the tests share: a cluster of fed voices with a real watch, and checks that are counted.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const bin = path.resolve(process.env.PACELINE_BIN);
export const ports = Number(process.env.PACELINE_PORTS);  // The first of 300 that are free.
export const run_dir = path.resolve(process.env.PACELINE_RUN);
const load = createRequire(path.join(process.env.PACELINE_MODULES, "/"));
export const module_of = (name) => load(name);
export const module_file = (name) => load.resolve(name);
/** Of a file within a module, for import(): what its package does not say how to find. */
export const module_url = (file) => pathToFileURL(path.join(process.env.PACELINE_MODULES, "node_modules", file)).href;

let broken = 0;
export function expect(good, what) {
  console.log(`${good ? "ok     " : "BROKEN "} ${what}`);
  if (!good) ++broken;
}
export const broken_count = () => broken;

/** Asks again until it is so; what never comes is a failure of the whole run. */
export async function until(what, ask, limit_ms = 300_000) {
  const end = Date.now() + limit_ms;
  for (;;) {
    let last;
    try { last = await ask(); } catch (error) { last = undefined; if (Date.now() > end) throw error; }
    if (last) return last;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export class Cluster {
  /** `nodes`: as many that can be master; `targets`; `watch`: lines of the table [watch]; `groups`: names of the first groups; `max_targets`: as in the topology. */
  constructor(name, { nodes, targets, port, watch = "", demo = false, groups = [], max_targets = 10_000 }) {
    this.dir = path.join(run_dir, name);
    this.port = port;
    this.url = `http://127.0.0.1:${port + 10}/`;
    fs.rmSync(this.dir, { recursive: true, force: true });
    fs.mkdirSync(this.dir, { recursive: true });
    const rows = ["id,channel,group,queue,algorithm"];
    for (let i = 0; i < targets; ++i) {
      const number = String(i).padStart(String(targets - 1).length, "0");
      rows.push(`t${number},${i % 10 === 9 ? "callback" : "chat"},${groups[i] ?? `group-${number}`},queue-${number},${i % 5 === 4 ? "SUPER_PROGRESSIVE_DUAL" : "SUPER_PROGRESSIVE"}`);
    }
    fs.writeFileSync(path.join(this.dir, "targets.csv"), rows.join("\n") + "\n");
    let next = port;
    const text = fs.readFileSync(path.join(root, "topology", demo ? "demo.toml" : "five-node.toml"), "utf8")
      .replace(/^run_dir = .*/m, `run_dir = "${this.dir}"\nmax_targets = ${max_targets}`).replace(/^targets = .*/m, `targets = "${this.dir}/targets.csv"`)
      .replaceAll("ipc:///run/paceline/", "ipc://{run}/").replace(/^\[watch\]$/m, "")
      .replace(/^time_scale = .*/m, "").replace(/^encrypted = .*/m, "encrypted = false").replace(/^host = .*/gm, 'host = "127.0.0.1"')
      .replace(/^port = .*/gm, () => { const line = `port = ${next}`; next += 20; return line; });
    this.topology = path.join(this.dir, "topology.toml");
    fs.writeFileSync(this.topology, `${text}\n[watch]\nrequests_per_second = 1000\n${watch}\n`);
    for (const node of ["a", "b", "c", "d", "e", "w"].slice(0, Math.max(nodes, 6))) fs.mkdirSync(path.join(this.dir, node), { recursive: true, mode: 0o700 });
    this.children = [];
  }

  start_feed() { return (this.feed = this.start("watch_fake_feed", [this.topology, "0", "a"])); }
  start_watch() { return (this.watch = this.start("watch", [this.topology, "--node", "a"])); }

  start(program, words) {
    const log = fs.openSync(path.join(this.dir, `${program}.log`), "a");
    const child = spawn(path.join(bin, program), words, { stdio: ["pipe", log, log] });
    child.on("error", (error) => { throw error; });
    this.children.push(child);
    return child;
  }

  say(word) { this.feed.stdin.write(word + "\n"); }

  async get(where, options = {}) {
    const answer = await fetch(this.url + where, options);
    return { status: answer.status, type: answer.headers.get("content-type"), headers: answer.headers, text: await answer.text() };
  }
  async json(where) { return JSON.parse((await this.get(where)).text); }

  ctl(...words) {
    const done = spawnSync(path.join(bin, "pacelinectl"), ["--topology", this.topology, "--node", "a", ...words], { encoding: "utf8", timeout: 300_000 });
    if (done.status !== 0) throw new Error(`pacelinectl ${words.join(" ")}: ${done.stderr}`);
    return done.stdout;
  }

  async ready() {
    await until("every target is paced", async () => {
      const status = await this.json("api/v1/status");
      return status.totals.paced === status.targets && status.master !== "" && status.nodes[0].publication?.cycles > 0;
    });
  }

  async end(child = undefined) {
    for (const each of child ? [child] : this.children) {
      if (each.exitCode !== null || each.signalCode !== null) continue;
      const gone = new Promise((resolve) => each.once("exit", resolve));
      each.kill("SIGTERM");
      await gone;
    }
  }
}

/** Runs it, ends what it started, and leaves with what came of it. */
export async function main(clusters, body) {
  try {
    await body();
  } catch (error) {
    console.log(`BROKEN  ${error.stack}`);
    ++broken;
  }
  for (const cluster of clusters) await cluster.end();
  console.log(broken ? `${broken} expectations broken` : "all well");
  process.exit(broken ? 1 : 0);
}
