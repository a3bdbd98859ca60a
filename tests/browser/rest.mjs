// The REST interface against its OpenAPI document: the document is valid, and what watch answers is what it says.
import fs from "node:fs";
import path from "node:path";

import { Cluster, expect, main, module_of, module_url, ports, root, until } from "./support.mjs";

const { Validator } = await import(module_url("@seriousme/openapi-schema-validator/index.js"));
const Ajv = module_of("ajv/dist/2020");
const add_formats = module_of("ajv-formats");
const yaml = module_of("yaml");

const cluster = new Cluster("rest", { nodes: 2, targets: 50, port: ports, demo: true, watch: 'history_period = "1s"\noperate_token = "may-operate"' });

// Every object of a schema says all its members: none more may be sent.
const closed = (schema) => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return inner.properties && inner.type === "object" ? { additionalProperties: false, ...inner } : inner;
};

await main([cluster], async () => {
  cluster.start_feed();
  cluster.start_watch();
  await cluster.ready();
  const text = (await cluster.get("api/v1/openapi.yaml")).text;
  const written = yaml.parse(fs.readFileSync(path.join(root, "services/watch/openapi.yaml"), "utf8"));
  const document = yaml.parse(text);
  expect(JSON.stringify(document.paths) === JSON.stringify(written.paths), "the paths are served as they are written");
  const verdict = await new Validator().validate(yaml.parse(text));
  expect(verdict.valid, `the document is valid OpenAPI 3.1 ${verdict.valid ? "" : JSON.stringify(verdict.errors).slice(0, 600)}`);

  const ajv = new Ajv({ strict: false, allErrors: true });
  (add_formats.default ?? add_formats)(ajv);
  ajv.addSchema({ $id: "doc", components: closed(document.components) });
  const resolved = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"doc#/components'));
  const query = { getReactiveState: "?channel=chat&groups=group-04&groups=group-14", getChannelCapacity: "?channel=chat" };
  for (const [template, operations] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(operations)) {
      if (method !== "get" || operation.operationId === "getStream") continue;
      const where = template.slice(1).replace("{id}", "t07") + (query[operation.operationId] ?? "");
      const answer = await cluster.get(where);
      const said = operation.responses[answer.status];
      expect(said, `GET ${template} answers ${answer.status}, which is documented`);
      const [type, content] = Object.entries(said?.content ?? {}).find(([each]) => answer.type?.startsWith(each)) ?? [];
      expect(content, `GET ${template} is ${answer.type}`);
      if (type !== "application/json") continue;
      const check = ajv.compile(resolved(closed(content.schema)));
      expect(check(JSON.parse(answer.text)), `GET ${template} is as its schema says, and no more ${check.errors ? JSON.stringify(check.errors).slice(0, 300) : ""}`);
    }

  // What is wrong is a problem of the documented form.
  const problem = ajv.compile(resolved({ $ref: "#/components/schemas/Problem" }));
  for (const [where, status, options] of [["api/v1/targets/nobody", 404], ["api/v1/targets?limit=x", 400], ["api/v1/targets?state=odd", 400], ["api/v1/targets/t07/history?from=yesterday", 400],
    ["api/v1/events?severity=&format=xml", 400], ["server/data/pacing/reactiveState", 400], ["server/data/pacing/reactiveState?channel=chat&groups=group-00", 400], ["backend/data/pacing/channelCapacity?channel=chat&groups=x", 404],
    ["api/v1/handover", 401, { method: "POST" }], ["api/v1/handover?to=nobody", 400, { method: "POST", headers: { authorization: "Bearer may-operate" } }], ["api/v1/status", 405, { method: "DELETE" }], ["nowhere", 404]]) {
    const answer = await cluster.get(where, options);
    expect(answer.status === status && answer.type === "application/problem+json" && problem(JSON.parse(answer.text)), `${options?.method ?? "GET"} ${where} is problem ${status}: ${answer.text.slice(0, 140)}`);
  }

  // Paging, filters, conditional requests.
  const seen = new Set();
  for (let offset = 0; offset < 50; offset += 7) for (const target of (await cluster.json(`api/v1/targets?offset=${offset}&limit=7`)).targets) seen.add(target.id);
  expect(seen.size === 50, "pages of 7 together are all 50 targets, each once");
  const page = await cluster.json("api/v1/targets?channel=callback&sort=-id&limit=2");
  expect(page.matching === 5 && page.targets[0].id === "t49" && page.targets[1].id === "t39", "channel, sort and limit go together");
  // A second of the past is written when it is over: the first may be yet to come.
  await until("the past has rows", async () => (await cluster.json("api/v1/targets/t07/history")).rows.length > 0);
  cluster.say("hold");
  await new Promise((resolve) => setTimeout(resolve, 500));
  const first = await cluster.get("api/v1/openapi.yaml");
  expect((await cluster.get("api/v1/openapi.yaml", { headers: { "if-none-match": first.headers.get("etag") } })).status === 304, "who has it is told 304");

  const csv = (await cluster.get("api/v1/targets/t07/history?format=csv")).text.trim().split("\r\n");
  const history = await cluster.json("api/v1/targets/t07/history");
  expect(csv[0].startsWith("time,granted,") && csv.length > 1 && Math.abs(csv.length - 1 - history.rows.length) <= 2, `history as CSV has its ${csv.length - 1} rows`);
});
