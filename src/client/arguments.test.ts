import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StartedMember, startMember } from "../node/start-member.ts";
import { Client, ClientError, compare, type Keyspace, op } from "./index.ts";

let member: StartedMember;
let client: Client;

beforeAll(async () => {
  member = await startMember();
  client = new Client({ endpoints: member.clientUrl });
});
afterAll(async () => {
  client.close();
  await member.close();
});

function detached(): Uint8Array {
  const bytes = new Uint8Array(16);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

class Bytes extends Uint8Array {}

/** Values that are right nowhere, or only for some arguments. */
const values: unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0,
  2 ** 53,
  1.5,
  2n ** 63n,
  -(2n ** 64n),
  5n,
  true,
  "",
  "text",
  "\ud800",
  Symbol("s"),
  () => 1,
  {},
  [],
  new Array(3),
  [undefined],
  detached(),
  new Uint8Array(new SharedArrayBuffer(3)),
  Buffer.from("buffer"),
  new Bytes(3),
  new Uint16Array(2),
  new Proxy(new Uint8Array(2), {}),
  { length: Number.NaN },
  { prefix: 5 },
  { start: "a" },
  { id: 5 },
  {
    get prefix(): string {
      throw new RangeError("a getter that throws");
    },
  },
  { timeoutMs: -5 },
  { signal: {} },
  new Proxy(
    {},
    {
      ownKeys() {
        throw new RangeError("a trap that throws");
      },
    },
  ),
];

type Call = [name: string, call: (...args: unknown[]) => unknown, good: unknown[]];

/** Calls a method as a program without types may. */
function on(target: object, method: string, args: unknown[]): unknown {
  return (target as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
}

/** Calls a method and then what ends its result. */
async function andThen(made: unknown, method: string): Promise<void> {
  await on((await made) as object, method, []);
}

const txn = () => client.txn();
const calls: Call[] = [
  ["put", (...args) => on(client, "put", args), ["k", "v", {}]],
  ["get", (...args) => on(client, "get", args), ["k", {}]],
  ["range", (...args) => on(client, "range", args), [{ prefix: "k" }, {}]],
  ["delete", (...args) => on(client, "delete", args), ["none", {}]],
  ["commit", (...args) => on(txn(), "commit", args), [{}]],
  ["txn.if", (...args) => andThen(on(txn(), "if", args), "commit"), [compare.exists("k")]],
  ["txn.do", (...args) => andThen(on(txn(), "do", args), "commit"), [op.put("k", "v")]],
  ["txn.else", (...args) => andThen(on(txn(), "else", args), "commit"), [op.put("k", "v")]],
  ["compare.value", (...args) => on(compare, "value", args), ["k", "=", "v"]],
  ["compare.version", (...args) => on(compare, "version", args), ["k", "=", 1]],
  ["compare.createRevision", (...args) => on(compare, "createRevision", args), ["k", "=", 1]],
  ["compare.modRevision", (...args) => on(compare, "modRevision", args), ["k", "=", 1]],
  ["compare.lease", (...args) => on(compare, "lease", args), ["k", "=", 1n]],
  ["op.put", (...args) => on(op, "put", args), ["k", "v", {}]],
  ["op.range", (...args) => on(op, "range", args), ["k", {}]],
  ["op.delete", (...args) => on(op, "delete", args), ["k", {}]],
  ["op.txn", (...args) => on(op, "txn", args), [undefined]],
  ["stm", (...args) => on(client, "stm", args), [() => 1, {}]],
  ["stm put", (...args) => client.stm((tx) => on(tx, "put", args)), ["k", "v", {}]],
  ["stm get", (...args) => client.stm((tx) => on(tx, "get", args)), ["k"]],
  ["watch", (...args) => andThen(on(client, "watch", args), "close"), ["k", {}]],
  ["lease", (...args) => andThen(on(client, "lease", args), "revoke"), [5, {}]],
  ["adoptLease", (...args) => on(client, "adoptLease", args), [77n, {}]],
  ["leaseInfo", (...args) => on(client, "leaseInfo", args), [77n, {}]],
  ["leases", (...args) => on(client, "leases", args), [{}]],
  ["lock", (...args) => andThen(on(client, "lock", args), "release"), ["lock", {}]],
  ["withLock", (...args) => on(client, "withLock", args), ["lock", () => 1, {}]],
  ["election", (...args) => on(client, "election", args), ["election"]],
  ["campaign", (...args) => andThen(on(client.election("e"), "campaign", args), "resign"), ["me", {}]],
  ["leader", (...args) => on(client.election("e"), "leader", args), [{}]],
  ["observe", (...args) => andThen(on(client.election("e"), "observe", args), "return"), [{}]],
  ["namespace", (...args) => on(client, "namespace", args), ["n/"]],
  ["compact", (...args) => on(client, "compact", args), [0, {}]],
  ["members", (...args) => on(client, "members", args), [{}]],
  ["status", (...args) => on(client, "status", args), ["http://127.0.0.1:1", {}]],
  ["call", (...args) => on(client, "call", args), ["/etcdserverpb.KV/Range", new Uint8Array([10, 1, 97]), {}]],
  [
    "stream",
    (...args) => andThen(on(client, "stream", args), "cancel"),
    ["/etcdserverpb.Watch/Watch", { onMessage() {}, onEnd() {} }, []],
  ],
  ["authenticate", (...args) => on(client, "authenticate", args), [{}]],
  ["auth.status", (...args) => on(client.auth, "status", args), [{}]],
  ["auth.refresh", (...args) => on(client.auth, "refresh", args), [{}]],
  ["users.add", (...args) => on(client.users, "add", args), ["someone", {}]],
  ["users.get", (...args) => on(client.users, "get", args), ["nobody", {}]],
  ["users.list", (...args) => on(client.users, "list", args), [{}]],
  ["users.delete", (...args) => on(client.users, "delete", args), ["nobody", {}]],
  ["users.changePassword", (...args) => on(client.users, "changePassword", args), ["nobody", "p", {}]],
  ["users.grantRole", (...args) => on(client.users, "grantRole", args), ["nobody", "r", {}]],
  ["users.revokeRole", (...args) => on(client.users, "revokeRole", args), ["nobody", "r", {}]],
  ["roles.add", (...args) => on(client.roles, "add", args), ["role", {}]],
  ["roles.get", (...args) => on(client.roles, "get", args), ["none", {}]],
  ["roles.list", (...args) => on(client.roles, "list", args), [{}]],
  ["roles.delete", (...args) => on(client.roles, "delete", args), ["none", {}]],
  ["roles.grant", (...args) => on(client.roles, "grant", args), ["none", "k", "read", {}]],
  ["roles.revoke", (...args) => on(client.roles, "revoke", args), ["none", "k", {}]],
  ["cluster.members", (...args) => on(client.cluster, "members", args), [{}]],
  ["cluster.promote", (...args) => on(client.cluster, "promote", args), [5n, {}]],
  ["cluster.update", (...args) => on(client.cluster, "update", args), [5n, "http://127.0.0.1:1", {}]],
  ["cluster.remove", (...args) => on(client.cluster, "remove", args), [5n, {}]],
  ["maintenance.status", (...args) => on(client.maintenance, "status", args), [{}]],
  ["maintenance.defragment", (...args) => on(client.maintenance, "defragment", args), [{}]],
  ["maintenance.hash", (...args) => on(client.maintenance, "hash", args), [{}]],
  ["maintenance.hashKv", (...args) => on(client.maintenance, "hashKv", args), [{}]],
  ["maintenance.alarms", (...args) => on(client.maintenance, "alarms", args), [{}]],
  ["maintenance.disarm", (...args) => on(client.maintenance, "disarm", args), [{}]],
  ["maintenance.moveLeader", (...args) => on(client.maintenance, "moveLeader", args), [5n, {}]],
  ["maintenance.downgrade", (...args) => on(client.maintenance, "downgrade", args), ["validate", "3.6", {}]],
  ["maintenance.snapshot", (...args) => andThen(on(client.maintenance, "snapshot", args), "cancel"), [{}]],
];

/** What a call did: its error, or undefined. */
async function errorOf(run: () => unknown): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Options are the last of the arguments when the good ones end with an empty object. */
function takesOptions(good: unknown[]): boolean {
  const last = good.at(-1);
  return (
    typeof last === "object" &&
    last !== null &&
    Object.getPrototypeOf(last) === Object.prototype &&
    Object.keys(last).length === 0
  );
}

describe("whatever is handed in", () => {
  it.each(calls)(
    "to %s, it is a TypeError, a ClientError or taken, and the client lives on",
    async (name, call, good) => {
      for (let at = 0; at < good.length; at++) {
        for (const value of values) {
          const args = [...good];
          args[at] = value;
          const error = await errorOf(() => call(...args));
          const fine =
            error === undefined ||
            error instanceof ClientError ||
            (error instanceof TypeError && !/undefined \(reading|is not a function|proto:/.test(error.message)) ||
            (error instanceof RangeError && / that throws$/.test(error.message));
          if (!fine) throw new Error(`${name}, argument ${at}: ${String(error)}`, { cause: error });
        }
      }
      await client.put("after", name);
      expect((await client.get("after"))?.text).toBe(name);
    },
  );

  it.each(calls.filter(([, , good]) => takesOptions(good)))(
    "to %s, unknown options are named",
    async (_, call, good) => {
      const args = [...good.slice(0, -1), { timeoutMss: 1 }];
      const error = await errorOf(() => call(...args));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^[a-z]+(\.[a-zA-Z]+)?: unknown option "timeoutMss" \(a number\); /);
    },
  );

  it.each(calls.filter(([, , good]) => takesOptions(good)))(
    "to %s, options may be undefined",
    async (_, call, good) => {
      const error = await errorOf(() => call(...good.slice(0, -1), undefined));
      expect(error instanceof TypeError && error.message.includes("options")).toBe(false);
    },
  );
});

describe("a wrong value is named, with what is wanted", () => {
  const call = (method: string, ...args: unknown[]) => on(client, method, args);
  const bytes = "a string without lone surrogates, or a Uint8Array";
  it.each<[() => unknown, string]>([
    [() => call("put", "a", 5), `client.put: value must be ${bytes}, not 5 (a number)`],
    [() => call("put", undefined, "v"), `client.put: key must be ${bytes}, not undefined`],
    [() => call("put", "a", "\ud800"), `client.put: value must be ${bytes}, not "\\ud800" (a string)`],
    [() => call("put", "a", detached()), `client.put: value must be ${bytes}, not an object (Uint8Array)`],
    [
      () => call("put", "a", "b", { lease: 5 }),
      "client.put: lease must be a lease or its id (a bigint of 64 bits), not 5 (a number)",
    ],
    [
      () => call("put", "a", "b", { leese: 5n }),
      'client.put: unknown option "leese" (a bigint); did you mean "lease"?',
    ],
    [() => call("get", "a", null), "client.get: options must be an object, not null"],
    [
      () => call("range", { prefx: "a" }),
      "client.range: range must be a key (string or Uint8Array), { prefix }, { from } or { start, end }, not an object",
    ],
    [
      () => call("range", "a", { limit: 1.5 }),
      "client.range: limit must be a whole number from 0 to 2^53 - 1, not 1.5 (a number)",
    ],
    [
      () => call("range", "a", { order: "up" }),
      'client.range: order must be one of "ascending", "descending", not "up" (a string)',
    ],
    [
      () => compare.value("a", "==" as never, "b"),
      'compare.value: relation must be one of "=", "!=", "<", ">", not "==" (a string)',
    ],
    [() => on(client.txn(), "do", [5]), "txn.do: operations must be made by `op`, not 5 (a number)"],
    [() => call("lease", "10"), 'client.lease: ttl must be a whole number within ±(2^53 - 1), not "10" (a string)'],
    [
      () => call("get", "a", { timeoutMs: Number.NaN }),
      "client.get: timeoutMs must be a number of milliseconds from 0, or Infinity, not NaN (a number)",
    ],
    [() => call("get", "a", { signal: 5 }), "client.get: signal must be an AbortSignal, not 5 (a number)"],
    [
      () => on(client.cluster, "remove", [5]),
      "cluster.remove: id must be a bigint from 0n to 2n ** 64n - 1n, not 5 (a number)",
    ],
    [() => call("stm", 5), "client.stm: work must be a function, not 5 (a number)"],
    [
      () => on(client.maintenance, "status", [{ endpoint: "nowhere:port" }]),
      'maintenance.status: endpoint must be a URL of a member, e.g. http://127.0.0.1:2379, not "nowhere:port" (a string)',
    ],
  ])("%#: %s", async (call, message) => {
    const error = (await errorOf(call)) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(message);
  });

  it.each<[unknown, string]>([
    [undefined, "new Client: options must be an object, not undefined"],
    [{}, "new Client: endpoints must be a URL or an array of URLs (at least one), not undefined"],
    [{ endpoints: [] }, "new Client: endpoints must be a URL or an array of URLs (at least one), not an array of 0"],
    [
      { endpoint: "http://127.0.0.1:2379" },
      'new Client: unknown option "endpoint" (a string); did you mean "endpoints"?',
    ],
    [
      { endpoints: "ftp://h" },
      'endpoint "ftp://h": must be http://host:port, https://host:port, host:port or unix:/path (dial tcp: lookup tcp///h: unknown port)',
    ],
    [
      { endpoints: "http://a b" },
      'endpoint "http://a b": must be http://host:port, https://host:port, host:port or unix:/path (dial tcp: lookup tcp///a b: unknown port)',
    ],
    [{ endpoints: "h:1", tls: { caa: "" } }, 'new Client: tls: unknown option "caa" (a string); did you mean "ca"?'],
    [
      { endpoints: "h:1", requestTimeoutMs: "5s" },
      'new Client: requestTimeoutMs must be a number of milliseconds from 0, or Infinity, not "5s" (a string)',
    ],
    [
      { endpoints: "h:1", password: 12_345 },
      "new Client: password must be a string without lone surrogates, not a number",
    ],
    [
      { endpoints: "h:1", passwrd: "secret" },
      'new Client: unknown option "passwrd" (a string); did you mean "password"?',
    ],
    [{ endpoints: "h:1", tls: { key: 7 } }, "new Client: tls: key must be PEM as a string or Uint8Array, not a number"],
  ])("new Client(%j): %s", (options, message) => {
    expect(() => new Client(options as never)).toThrow(new TypeError(message));
  });
});

it("memory that changes after the call does no harm to what was sent", async () => {
  const value = Buffer.from("before");
  const put = client.put("mine", value);
  value.fill("x");
  await put;
  expect((await client.get("mine"))?.text).toBe("before");
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(65);
  await client.put("shared", shared);
  expect((await client.get("shared"))?.text).toBe("AAA");
});

it("text of many megabytes is refused by the server, not by a broken client", async () => {
  const keys: Keyspace = client;
  const error = await errorOf(() => keys.put("huge", "é".repeat(3_000_000)));
  expect(error).toBeInstanceOf(ClientError);
  await keys.put("after", "huge");
});
