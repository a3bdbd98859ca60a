// The OpenAPI document for those who make a client of it: a linter finds nothing, and the generated client compiles.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { Cluster, expect, main, module_file, module_of, module_url, ports, root, run_dir, until } from "./support.mjs";

const { createConfig, lintFromString } = module_of("@redocly/openapi-core");
const { default: typed, astToString } = await import(module_url("openapi-typescript/dist/index.mjs"));
const yaml = module_of("yaml");

const cluster = new Cluster("openapi", { nodes: 2, targets: 3, port: ports, demo: true });

// The ruleset `recommended`, with nothing switched off. What it must not ask for, by rule and place:
const excused = [
  // It is never limited and wants no token, so a GET of it has no 4xx.
  ["operation-4xx-response", "#/paths/~1healthz/get/responses"],
];

/** Where `required` names what `properties` does not have. */
function unknown_required(node, where = "#") {
  if (node === null || typeof node !== "object") return [];
  const own = Array.isArray(node.required) && node.properties ? node.required.filter((name) => !(name in node.properties)).map((name) => `${where}: ${name}`) : [];
  return [...own, ...Object.entries(node).flatMap(([key, each]) => unknown_required(each, `${where}/${key}`))];
}

await main([cluster], async () => {
  cluster.start_watch();
  await until("watch lives", async () => (await cluster.get("healthz")).status === 200);
  const text = (await cluster.get("api/v1/openapi.yaml")).text;

  const config = await createConfig({ extends: ["recommended"] });
  const found = (await lintFromString({ source: text, absoluteRef: path.join(run_dir, "openapi.yaml"), config }))
    .map(({ ruleId, severity, message, location }) => ({ rule: ruleId, where: location[0]?.pointer ?? "", text: `${severity} ${ruleId} ${location[0]?.pointer}: ${message}` }));
  const complaints = found.filter((each) => !excused.some(([rule, where]) => rule === each.rule && where === each.where));
  expect(complaints.length === 0, `the linter has no error and no warning ${complaints.map((each) => each.text).slice(0, 20).join(" | ")}`);
  expect(excused.every(([rule, where]) => found.some((each) => rule === each.rule && where === each.where)), "and what it is excused from is still so");
  const unknown = unknown_required(yaml.parse(text));
  expect(unknown.length === 0, `nothing is required that is not described ${unknown.join(" | ")}`);

  const folder = path.join(run_dir, "openapi-client");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  fs.writeFileSync(path.join(folder, "watch.ts"), astToString(await typed(text)));
  fs.copyFileSync(path.join(root, "tests/browser/client.ts"), path.join(folder, "client.ts"));
  // Only what this folder has: types that happen to be installed somewhere above are none of the client's.
  fs.writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, target: "es2022", lib: ["es2022", "dom"], module: "nodenext", types: [] } }));
  const compiled = spawnSync(process.execPath, [module_file("typescript/lib/tsc.js"), "--noEmit", "--project", folder], { encoding: "utf8" });
  expect(compiled.status === 0, `a program of the generated client compiles ${compiled.stdout}${compiled.stderr}`);
});
