// Clients that nobody here wrote, against the simulated Stat Server: npm's cometd and faye, and the vendor's own library.
//
//   NPM=DIR node clients.mjs cometd|faye|vendor STAT_PORT CONTROL_PORT
//
// Prints a line for each expectation; exit 1 if one is broken. Limits only end a run that hangs.
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [which, statPort, controlPort] = process.argv.slice(2);
const need = createRequire(path.resolve(process.env.NPM, "package.json"));
const load = (file) => import(pathToFileURL(path.resolve(process.env.NPM, "node_modules", file)));
const base = `http://127.0.0.1:${statPort}/statistics/v3`;
const updatesChannel = "/statistics/v3/updates";
const serviceChannel = "/statistics/v3/service";
const limitMs = 300_000;
let broken = 0;

function expect(good, what) {
  console.log(`${good ? "ok    " : "BROKEN"} ${which}: ${what}`);
  if (!good) ++broken;
}

async function until(what, question) {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((done) => setTimeout(done, 20)))
    if (question()) return expect(true, what);
  expect(false, `${what}, within ${limitMs / 1000} s`);
  process.exit(1);
}

async function fault(faults) {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/fault`, { method: "POST", body: JSON.stringify(faults) });
  if (answer.status !== 200) throw new Error(await answer.text());
}

// What changes all the time in a busy centre.
const wanted = (salt) => [
  { statisticId: `${salt}-entered`, objectId: "queue-00", objectType: "Queue", name: "TotalEntered" },
  { statisticId: `${salt}-ready`, objectId: "group-00", objectType: "GroupAgents", name: "CurrentReadyAgents" },
];

async function open(id, cookie) {
  const answer = await fetch(`${base}/subscriptions?verbose=INFO`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: cookie },
    body: JSON.stringify({ operationId: id, data: { statistics: wanted(id) } }),
  });
  return (await answer.json()).data.statistics.length;
}

// What a client was told; its two listeners fill it.
class Told {
  states = [];
  values = [];
  service = (data) => this.states.push(data.serviceState);
  updates = (data) => this.values.push(...data.statistics);
  of = (subscription) => this.values.filter((value) => value.subscriptionId === subscription);
}

// A client of any kind: `cookie()` is that of its session, `close()` says good-bye.
async function converse(told, cookie, close) {
  await until("the handshake set a cookie", cookie);
  await until("it is told that the server is available", () => told.states.includes("Available"));
  expect((await open("first", cookie())) === 2, "a subscription is opened with both its values");
  await until("statistics are pushed to it", () => told.of("first").length > 3);
  const value = told.of("first").at(-1);
  expect(value.statisticId.startsWith("first-") && Number.isInteger(value.value.intValue) &&
         value.value.stringValue === String(value.value.intValue) && value.timestamp > 1e12,
         `each is a whole value: ${JSON.stringify(value)}`);

  await fault({ sticky_cookie: "on" });
  const many = told.values.length;
  await until("a load balancer that goes by the cookie finds its session", () => told.values.length > many + 3);

  await fault({ statserver_primary: "unavailable" });
  await until("it is told that the server is not available", () => told.states.at(-1) === "Unavailable");
  await fault({ statserver_primary: "up" });
  await until("and that it is again", () => told.states.at(-1) === "Available");

  const before = cookie();
  const states = told.states.length;
  await fault({ statserver_primary: "forget" });
  await until("forgotten, it shakes hands anew", () => cookie() !== before);
  await until("and listens again", () => told.states.length > states);
  expect((await open("second", cookie())) === 2, "it opens its subscription anew");
  await until("statistics are pushed to the new session", () => told.of("second").length > 3);
  await close();
}

const clients = {
  async cometd() {
    const options = {};
    (await load("cometd-nodejs-client/cometd-nodejs-client.js")).adapt(options);
    const { CometD } = await load("cometd/cometd.js");
    const client = new CometD();
    client.configure({ url: `${base}/notifications`, logLevel: "error" }); // Prefers WebSocket, and has to go without.
    const told = new Told();
    let transport = "";
    client.addListener("/meta/handshake", (message) => {
      if (!message.successful) return;
      client.batch(() => {
        client.subscribe(serviceChannel, (pushed) => told.service(pushed.data));
        client.subscribe(updatesChannel, (pushed) => told.updates(pushed.data));
      });
    });
    client.addListener("/meta/connect", (message) => message.successful && (transport = client.getTransport().type));
    client.handshake();
    const cookie = () => Object.values(options.globalCookies["127.0.0.1"] ?? {}).join("; ").split(";")[0];
    await converse(told, cookie, () => new Promise((done) => client.disconnect(done)));
    expect(transport === "long-polling", `it speaks by ${transport}`);
  },

  async faye() {
    const { Client } = need("faye");
    const client = new Client(`${base}/notifications`);
    const told = new Told();
    await client.subscribe(serviceChannel, told.service);
    await client.subscribe(updatesChannel, told.updates);
    const cookie = () => client._dispatcher.cookies.getCookieStringSync(base);
    await converse(told, cookie, () => client.disconnect());
  },

  async vendor() {
    need("winston").level = "error";
    const Statistics = need("genesys-statistics-client-js");
    const api = new Statistics("a-key", `http://127.0.0.1:${statPort}`);
    const told = new Told();
    api.on(api.SERVICE_CHANGE_EVENT, told.service);
    api.on(api.UPDATES_EVENT, told.updates);
    await fault({ sticky_cookie: "on" });
    await api.initialize("a-token");
    await until("it is told that the server is available", () => told.states.includes("Available"));
    const made = await api.createSubscription("sub", wanted("sub"));
    expect(made.status.code === 0 && made.data.subscriptionId === "sub" && made.data.statistics.length === 2,
           "a subscription is opened with both its values");
    await until("statistics are pushed to it", () => told.of("sub").length > 3);
    const count = async (ids) => (await api.peekSubscriptionStats("sub", ids)).data.statistics.length;
    expect((await count([])) === 2, "all of its statistics are polled");
    expect((await count(["sub-ready"])) === 1, "one of them is");
    expect((await count(["sub-ready", "sub-entered"])) === 2, "each of a list is, named by keys that repeat");
    const one = await api.getStatValue("LoggedInAgents", "group-00", "GroupAgents");
    expect(one.data.statistic.value.intValue > 0 && one.data.statistic.name === "LoggedInAgents",
           `one value is had without a subscription: ${JSON.stringify(one.data.statistic)}`);
    const several = await api.getStatValues([
      { name: "LoggedInAgents", objectId: "group-00", objectType: "GroupAgents" },
      { name: "TotalEntered", objectId: "nowhere", objectType: "Queue" },
    ]);
    expect(several.data.statistics.length === 1 && several.errors.length === 1, "several are, each by itself");
    expect((await api.deleteSubscription("sub")).status.code === 0, "the subscription is deleted");
    expect((await api.deleteSubscription("sub")).status.code === 0, "which succeeds twice");
    api.destroy();
  },
};

await fault({ sticky_cookie: "off" });
await clients[which]();
process.exit(broken ? 1 : 0);
