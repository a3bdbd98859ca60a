// A Stat Server whose CometD nobody here wrote: the Statistics API on npm's cometd-nodejs-server, or on faye.
//
//   NPM=DIR node stat-server.cjs cometd|faye PORT
//   POST /test/values {"CurrentReadyAgents group-00": 7}   sets statistics (the others are 0), and pushes them
//   POST /test/forget                                     ends every session and subscription
//   GET /test/seen                                        how often was asked what
const http = require("node:http");
const path = require("node:path");
const need = require("node:module").createRequire(path.resolve(process.env.NPM, "package.json"));

const [which, port] = process.argv.slice(2);
const base = "/statistics/v3";
const updatesChannel = `${base}/updates`;
const serviceChannel = `${base}/service`;
const values = new Map();        // "name object" -> number
const subscriptions = new Map(); // id -> statistics as they were asked for
const seen = {};

const engines = {
  cometd() {
    const server = need("cometd-nodejs-server").createCometDServer({ timeout: 30000, maxInterval: 15000 });
    const sessions = new Set();
    server.addListener("sessionAdded", (session) => (count("handshake"), sessions.add(session)));
    server.addListener("sessionRemoved", (session) => sessions.delete(session));
    server.addListener("subscribed", (channel, session) =>
      channel.name === serviceChannel && session.deliver(null, serviceChannel, { serviceState: "Available" }));
    return {
      handle: server.handle,
      publish: (channel, data) => server.getServerChannel(channel)?.publish(null, data),
      forget: () => [...sessions].forEach((session) => server._removeServerSession(session, true)),
    };
  },
  faye() {
    const faye = need("faye");
    let adapter;
    const start = () => {
      adapter = new faye.NodeAdapter({ mount: `${base}/notifications`, timeout: 30 });
      adapter.addExtension({
        incoming: (message, request, pass) => { // Without a request: by our own client, which publishes.
          if (request && message.channel === "/meta/handshake") count("handshake");
          pass(message);
        },
      });
      adapter.on("subscribe", (client, channel) =>
        channel === serviceChannel && setImmediate(() => publish(serviceChannel, { serviceState: "Available" })));
    };
    const publish = (channel, data) => adapter.getClient().publish(channel, data);
    start();
    return {
      handle: (request, response) => adapter.handle(request, response),
      publish,
      forget: () => { adapter.close(); start(); },
    };
  },
};

function count(what) {
  seen[what] = (seen[what] ?? 0) + 1;
}

function told(subscription, { statisticId, name, objectId, objectType }) {
  const number = values.get(`${name} ${objectId}`) ?? 0;
  const timestamp = Date.now();
  return { statisticId, subscriptionId: subscription, name, objectId, objectType, timestamp,
           value: { intValue: number, stringValue: String(number), timestamp, intervalLength: 0, tag: -1 } };
}

const answerOf = (id, statistics) =>
  [200, { status: { code: 0 }, data: { subscriptionId: id, operationId: id, statistics: statistics.map((one) => told(id, one)) } }];

function answer(method, { pathname, searchParams }, body) {
  if (pathname === "/test/seen") return [200, seen];
  if (pathname === "/test/forget") {
    subscriptions.clear();
    engine.forget();
    return [200, {}];
  }
  if (pathname === "/test/values") {
    const changed = Object.entries(JSON.parse(body));
    for (const [key, number] of changed) values.set(key, number);
    const isChanged = ({ name, objectId }) => changed.some(([key]) => key === `${name} ${objectId}`);
    const statistics = [...subscriptions].flatMap(([id, all]) => all.filter(isChanged).map((one) => told(id, one)));
    if (statistics.length > 0) engine.publish(updatesChannel, { statistics });
    return [200, {}];
  }
  const [, id, rest] = pathname.match(/^\/statistics\/v3\/subscriptions(?:\/([^/]+))?(\/statistic-values)?$/) ?? [];
  count(`${method} ${rest ? "values" : pathname.slice(base.length).split("/")[1]}`);
  if (pathname === `${base}/subscriptions` && method === "POST") {
    const { operationId, data } = JSON.parse(body);
    subscriptions.set(operationId, data.statistics);
    return answerOf(operationId, data.statistics);
  }
  if (id && method === "DELETE") {
    subscriptions.delete(id);
    return [200, { status: { code: 0 } }];
  }
  if (id && rest && method === "GET" && subscriptions.has(id)) {
    const ids = searchParams.getAll("statisticIds").flatMap((text) => text.split(","));
    return answerOf(id, subscriptions.get(id).filter((one) => ids.length === 0 || ids.includes(one.statisticId)));
  }
  return [404, { status: { code: 404, message: "no such path or subscription" } }];
}

const engine = engines[which]();
http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname.startsWith(`${base}/notifications`)) {
    count("notifications");
    return engine.handle(request, response);
  }
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const [status, json] = answer(request.method, url, body);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
  });
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
