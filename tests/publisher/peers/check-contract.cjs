// Is openapi.yaml a valid OpenAPI 3 document, does it say unit and range of every number, and does what was really
// said fit its schemas?
//
//   NPM=build/npm/publisher node check-contract.cjs services/publisher/openapi.yaml [FOLDER]
//
// FOLDER has one file an exchange: {"request": .., "status": 200, "answer": ..}. Prints what is wrong; exit 1 if anything is.
const fs = require("node:fs");
const path = require("node:path");
const need = require("node:module").createRequire(path.resolve(process.env.NPM, "package.json"));
const SwaggerParser = need("@apidevtools/swagger-parser");
const Ajv = need("ajv");
const addFormats = need("ajv-formats");

let wrong = 0;
function complain(text) {
  if (++wrong <= 20) console.log(`wrong: ${text}`);
}

// Every schema below `node`, with the way to it.
function* schemas(node, way) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.type === "string") yield [way, node];
  for (const [name, child] of Object.entries(node)) yield* schemas(child, `${way}.${name}`);
}

function checkProperties(document) {
  let numbers = 0;
  for (const [way, schema] of schemas(document.components.schemas, "")) {
    if (schema.type === "integer" || schema.type === "number") {
      ++numbers;
      for (const key of ["minimum", "maximum", "x-unit"])
        if (schema[key] === undefined) complain(`${way}: a number without ${key}`);
    }
    if (schema.type === "string" && !schema.enum && !schema.pattern && schema.maxLength === undefined)
      complain(`${way}: a text without maxLength, enum or pattern`);
    if (schema.type === "array" && schema.maxItems === undefined) complain(`${way}: a list without maxItems`);
  }
  if (numbers < 20) complain(`only ${numbers} numbers found`);
  return numbers;
}

function validators(document) {
  const ajv = new Ajv({ strict: false, allErrors: false });
  addFormats(ajv);
  ajv.addFormat("int32", { type: "number", validate: (n) => Number.isInteger(n) && Math.abs(n) <= 2147483648 });
  ajv.addFormat("int64", { type: "number", validate: Number.isInteger });
  const of = (name) => ajv.compile(document.components.schemas[name]);
  return { request: of("Publication"), 200: of("PublicationAnswer"), 409: of("Fence"), token: of("Token") };
}

// A validator that lets everything pass would be no check: it must refuse what is broken.
function checkValidators(valid) {
  const offer = { id: "t", channel: "chat", state: "ok", proactive: 1, maxPending: 1, reactive: 0, reactiveState: 1,
                  predictedWaitS: 0, reason: "granted" };
  const good = { version: 1, cluster: "c", node: "a", term: 1, incarnation: 7, sequence: 1, timestamp: 1,
                 validForMs: 6000, validUntil: 2, refreshPeriodMs: 2000, mode: "full", targets: [offer],
                 unknownMember: 1 };
  if (!valid.request(good)) complain(`a good publication is refused: ${JSON.stringify(valid.request.errors)}`);
  const old = JSON.parse(JSON.stringify({ ...good, incarnation: undefined, validForMs: undefined }));
  if (!valid.request(old)) complain(`a publication of before 1.2 is refused: ${JSON.stringify(valid.request.errors)}`);
  const broken = [{ ...good, term: 0 }, { ...good, term: 2 ** 53 }, { ...good, validForMs: 0 },
                  { ...good, incarnation: 2 ** 60 }, { ...good, mode: "half" }, { ...good, version: 2 }, { ...good, node: undefined },
                  { ...good, targets: [{ ...offer, proactive: -1 }] }, { ...good, targets: [{ ...offer, reactiveState: 1.1 }] },
                  { ...good, targets: [{ ...offer, reason: "because" }] }, { ...good, targets: [{ ...offer, id: undefined }] }];
  for (const one of broken)
    if (valid.request(JSON.parse(JSON.stringify(one)))) complain(`a broken publication passes: ${JSON.stringify(one)}`);
}

async function main() {
  const [file, folder] = process.argv.slice(2);
  await SwaggerParser.validate(file); // Throws what is wrong.
  const document = await SwaggerParser.dereference(file);
  const numbers = checkProperties(document);
  const valid = validators(document);
  checkValidators(valid);
  const seen = { full: 0, delta: 0, 200: 0, 409: 0, token: 0, feedback: 0 };
  for (const name of folder ? fs.readdirSync(folder).filter((n) => n.endsWith(".json")) : []) {
    const said = JSON.parse(fs.readFileSync(path.join(folder, name)));
    const check = (kind, body) => {
      if (!valid[kind](body)) complain(`${name}: ${kind}: ${JSON.stringify(valid[kind].errors)}`);
      ++seen[kind === "request" ? body.mode : kind];
    };
    if (said.token) check("token", said.token);
    if (said.request) check("request", said.request);
    if (said.request && valid[said.status]) check(said.status, said.answer);
    if (said.answer && said.answer.feedback) seen.feedback += said.answer.feedback.length;
  }
  if (folder)
    for (const kind of ["full", "delta", "200", "token", "feedback"])
      if (seen[kind] === 0) complain(`nothing of kind ${kind} among the exchanges`);
  console.log(`${path.basename(file)} is valid; ${numbers} numbers have unit and range; checked ${JSON.stringify(seen)}`);
  process.exit(wrong ? 1 : 0);
}

main().catch((error) => {
  console.log(`wrong: ${error.message}`);
  process.exit(1);
});
