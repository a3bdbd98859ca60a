// What stands between a publisher and the engagement endpoint in the test `real-peers`:
//   an OAuth2 token service that nobody here wrote (oauth2-mock-server); every token it gave is remembered,
//   /verify for nginx's auth_request: is the token of a request one of them, with its issuer's signature?
//   a recorder before the simulated endpoint: keeps what was said, and swaps the token for one of the endpoint's own
//
//   NPM=DIR node peers.cjs TOKEN_PORT VERIFY_PORT RECORDER_PORT ENDPOINT CA_FILE RECORDS
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");
const zlib = require("node:zlib");
const need = require("node:module").createRequire(path.resolve(process.env.NPM, "package.json"));
const { OAuth2Server } = need("oauth2-mock-server");

const [tokenPort, verifyPort, recorderPort, endpoint, caFile, records] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);
const agent = new https.Agent({ ca, keepAlive: true });
let count = 0;

function keep(kind, said) {
  const name = path.join(records, `${String(++count).padStart(6, "0")}-${kind}.json`);
  fs.writeFileSync(name + ".new", JSON.stringify(said));
  fs.renameSync(name + ".new", name);
}

function read(stream, done) {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => done(Buffer.concat(chunks)));
}

function unpack(body, encoding) {
  if (encoding === "gzip") return zlib.gunzipSync(body);
  if (encoding === undefined || encoding === "identity") return body;
  throw new Error(`content-encoding ${encoding}`);
}

function call(options, body, done) {
  const request = https.request(endpoint + options.path, { ...options, agent }, (answer) =>
    read(answer, (bytes) => done(answer, bytes)));
  request.on("error", (error) => done(null, Buffer.from(String(error))));
  request.end(body);
}

const server = new OAuth2Server();
const issued = new Set();

function isGood(authorization) {
  const token = (authorization ?? "").replace(/^Bearer /, "");
  const [head, body, signature] = token.split(".");
  if (!issued.has(token) || !signature) return false;
  const { kid } = JSON.parse(Buffer.from(head, "base64url"));
  const jwk = server.issuer.keys.toJSON().find((key) => key.kid === kid);
  return crypto.verify("RSA-SHA256", Buffer.from(`${head}.${body}`), crypto.createPublicKey({ key: jwk, format: "jwk" }),
                       Buffer.from(signature, "base64url"));
}

async function main() {
  await server.issuer.keys.generate("RS256");
  server.service.on("beforeResponse", (answer, request) => {
    const basic = request.headers.authorization ?? "";
    if (basic !== "Basic " + Buffer.from("real-client:real-secret").toString("base64")) {
      answer.statusCode = 401;
      answer.body = { error: "invalid_client" };
      return;
    }
    issued.add(answer.body.access_token);
    keep("token", { token: answer.body });
  });
  await server.start(Number(tokenPort), "127.0.0.1");

  http.createServer((request, answer) => {
    answer.writeHead(isGood(request.headers.authorization) ? 204 : 401).end();
  }).listen(Number(verifyPort), "127.0.0.1");

  // The simulated endpoint knows its own tokens only, as an API behind a gateway does.
  let own = "";
  call({ method: "POST", path: "/oauth/token",
         headers: { authorization: "Basic " + Buffer.from("paceline:paceline-secret").toString("base64"),
                    "content-type": "application/x-www-form-urlencoded" } },
       "grant_type=client_credentials", (answer, bytes) => {
         own = JSON.parse(bytes).access_token;
         http.createServer(record).listen(Number(recorderPort), "127.0.0.1", () => console.log("ready"));
       });

  function record(request, respond) {
    read(request, (body) => {
      const headers = { ...request.headers, authorization: `Bearer ${own}` };
      delete headers.host;
      delete headers.connection;
      call({ method: request.method, path: request.url, headers }, body, (answer, bytes) => {
        if (!answer) return respond.writeHead(502).end();
        if (request.method === "POST") {
          keep("publication", {
            request: JSON.parse(unpack(body, request.headers["content-encoding"])),
            encoding: request.headers["content-encoding"] ?? "identity",
            status: answer.statusCode,
            answer: JSON.parse(unpack(bytes, answer.headers["content-encoding"])),
          });
        }
        const back = { ...answer.headers };
        delete back["transfer-encoding"];
        delete back.connection;
        back["accept-encoding"] = "gzip"; // Node 18 reads no zstd.
        respond.writeHead(answer.statusCode, { ...back, "content-length": bytes.length }).end(bytes);
      });
    });
  }
}

main();
