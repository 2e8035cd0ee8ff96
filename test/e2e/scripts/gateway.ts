import { curl, type Hide, type Step } from "../transcript.ts";

function b64(text: string): string {
  return Buffer.from(text).toString("base64");
}

const lease = "2233785415175766017";
const other = "2233785415175766018";
const left: Hide = [/"TTL":"\d+", ?"grantedTTL"/, '"TTL":"<left>","grantedTTL"'];

function post(path: string, body: unknown, options: { name?: string; hide?: readonly Hide[] } = {}): Step {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { ...curl(options.name ?? `${path} ${text}`, path, text), ...(options.hide ? { hide: options.hide } : {}) };
}

/** A stream: its first lines, then curl is ended. */
function stream(name: string, path: string, body: unknown, lines: number, during: readonly Step[] = []): Step {
  return {
    name,
    command: "/usr/bin/curl",
    args: ["-sSN", "-m", "8", `{url}${path}`, "-d", JSON.stringify(body)],
    lines,
    linesBefore: 1,
    signal: "SIGKILL",
    during,
  };
}

function head(name: string, path: string, args: readonly string[]): Step {
  return {
    name,
    command: "/usr/bin/curl",
    args: ["-sS", "-m", "5", "-o", "{dir}/body", "-D", "-", ...args, `{url}${path}`],
    // The order of headers is the HTTP library's, and so are those that say nothing of etcd.
    sorted: true,
    hide: [[/^(Date|Content-Length|Connection|Keep-Alive|Transfer-Encoding|Vary): .*\\x0d\n/gim, ""]],
  };
}

const key = b64("k");

/** The JSON gateway: every room of the API once, its errors, streams and pages. */
export const gateway: readonly Step[] = [
  post("/v3/kv/put", { key, value: b64("v1") }),
  post("/v3/kv/put", { key, value: b64("v2"), prev_kv: true }),
  post("/v3beta/kv/put", { key, value: b64("v3"), prev_kv: true }),
  post("/v3beta/kv/range", { key }),
  post("/v3alpha/kv/range", { key }),
  post("/v3/kv/put", { key: b64("l/1"), value: b64("x") }),
  post("/v3/kv/put", { key: b64("l/2"), value: b64("y") }),
  post("/v3/kv/put", { key: b64("l/3") }),
  post("/v3/kv/put", { key: b64("big"), value: b64("z".repeat(3000)) }, { name: "a larger value" }),
  post("/v3/kv/range", { key }),
  post("/v3/kv/range", { key: b64("missing") }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0") }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), limit: 2 }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), limit: "2" }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), count_only: true }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), keys_only: true }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), sort_order: "DESCEND", sort_target: "MOD" }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), sort_order: 2, sort_target: 0 }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), min_mod_revision: 6, max_mod_revision: "6" }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), min_create_revision: 6 }),
  post("/v3/kv/range", { key: b64("l/"), range_end: b64("l0"), max_create_revision: 5, limit: 1 }),
  post("/v3/kv/range", { key: b64("\0"), range_end: b64("\0"), keys_only: true, serializable: true }),
  post("/v3/kv/range", { key, revision: 2 }),
  post("/v3/kv/range", { key, revision: 99 }),
  post("/v3/kv/range", {}),
  post("/v3/kv/range", { key, unknown_field: 1 }),
  post("/v3/kv/range", { key, keysOnly: true }, { name: "camelCase names" }),
  post("/v3/kv/range", "not json"),
  post("/v3/kv/range", { key: "!!!" }),
  post("/v3/kv/range", "", { name: "an empty body" }),
  post("/v3/kv/deleterange", { key: b64("l/3"), prev_kv: true }),
  post("/v3/kv/deleterange", { key: b64("l/3"), prev_kv: true }, { name: "deleting nothing" }),
  post("/v3/kv/txn", {
    compare: [
      { target: "VALUE", key, value: b64("v3"), result: "EQUAL" },
      { target: "VERSION", key, version: "2", result: "GREATER" },
      { target: "CREATE", key, create_revision: 3, result: "LESS" },
      { target: "MOD", key, mod_revision: 2, result: "NOT_EQUAL" },
      { target: "LEASE", key, lease: 0, result: "EQUAL" },
      { target: "VERSION", key: b64("l/"), range_end: b64("l0"), version: 1, result: "EQUAL" },
    ],
    success: [
      { request_put: { key: b64("t"), value: b64("1"), prev_kv: true } },
      { request_range: { key: b64("t") } },
      { request_delete_range: { key: b64("l/2") } },
      {
        request_txn: {
          compare: [{ target: "VALUE", key: b64("t"), value: b64("1") }],
          success: [{ request_put: { key: b64("nested"), value: b64("1") } }],
          failure: [{ request_range: { key } }],
        },
      },
    ],
    failure: [{ requestRange: { key } }],
  }),
  post("/v3/kv/txn", { compare: [{ target: "LEASE", key, lease: "1" }], failure: [{ requestRange: { key } }] }),
  post("/v3/kv/txn", { success: [{}] }, { name: "an empty request in a transaction" }),
  post("/v3/kv/txn", {}, { name: "an empty transaction" }),

  post("/v3/lease/grant", { ID: lease, TTL: 500 }),
  post("/v3/lease/grant", { ID: lease, TTL: 500 }, { name: "the same lease again" }),
  post("/v3/lease/grant", { ID: other, TTL: "9000000001" }),
  post("/v3/lease/grant", { ID: other, TTL: "700" }),
  post("/v3/kv/put", { key: b64("leased"), value: b64("x"), lease }),
  post("/v3/kv/put", { key: b64("leased"), value: b64("x"), lease: 99 }, { name: "put with an unknown lease" }),
  post("/v3/kv/put", { key: b64("leased"), value: b64("y"), ignore_lease: true, lease }),
  post("/v3/kv/put", { key: b64("leased"), value: b64("y"), ignore_value: true }),
  post("/v3/kv/put", { key: b64("leased"), value: b64("y"), ignore_lease: true, prev_kv: true }),
  post("/v3/lease/timetolive", { ID: lease, keys: true }, { hide: [left] }),
  post("/v3/kv/lease/timetolive", { ID: lease }, { hide: [left] }),
  post("/v3/lease/timetolive", { ID: 99 }),
  post("/v3/lease/leases", {}),
  post("/v3/kv/lease/leases", {}),
  stream("keep-alive", "/v3/lease/keepalive", { ID: lease }, 1),
  stream("keep-alive of an unknown lease", "/v3/lease/keepalive", { ID: 99 }, 1),
  post("/v3/lease/revoke", { ID: other }),
  post("/v3/kv/lease/revoke", { ID: other }, { name: "revoked twice" }),

  stream("watch from history", "/v3/watch", { create_request: { key, start_revision: 1 } }, 2),
  stream(
    "watch with everything",
    "/v3/watch",
    { create_request: { key, start_revision: "3", prev_kv: true, filters: ["NODELETE"], watch_id: 7 } },
    2,
  ),
  stream("watch live", "/v3/watch", { create_request: { key: b64("live") } }, 4, [
    post("/v3/kv/put", { key: b64("live"), value: b64("1") }),
    post("/v3/kv/put", { key: b64("live"), value: b64("2") }),
    post("/v3/kv/deleterange", { key: b64("live") }),
  ]),
  stream("watch an empty range", "/v3/watch", { create_request: { key: b64("b"), range_end: b64("a") } }, 1),
  stream("watch from a negative revision", "/v3/watch", { create_request: { key, start_revision: -1 } }, 1),

  post("/v3/lock/lock", { name: b64("door"), lease }),
  post("/v3/lock/lock", { name: b64("door"), lease }, { name: "the owner locks again" }),
  post("/v3/lock/unlock", { key: b64("door/1f00000000000001") }),
  post("/v3/lock/unlock", { key: b64("door/1f00000000000001") }, { name: "unlocked twice" }),
  post("/v3/election/leader", { name: b64("office") }, { name: "no leader yet" }),
  post("/v3/election/campaign", { name: b64("office"), lease, value: b64("alice") }),
  post("/v3/election/leader", { name: b64("office") }),
  stream("observe", "/v3/election/observe", { name: b64("office") }, 1),
  post("/v3/election/proclaim", {
    leader: { name: b64("office"), key: b64("office/1f00000000000001"), rev: 18, lease },
    value: b64("bob"),
  }),
  post("/v3/election/proclaim", { value: b64("nobody") }),
  post("/v3/election/leader", { name: b64("office") }, { name: "after a proclamation" }),
  post("/v3/election/resign", { leader: { name: b64("office"), key: b64("office/1f00000000000001"), rev: 18, lease } }),
  post("/v3/election/resign", {}),
  post("/v3/election/leader", { name: b64("office") }, { name: "after the resignation" }),

  post("/v3/kv/compaction", { revision: 4 }),
  post("/v3/kv/compaction", { revision: 4, physical: true }),
  post("/v3/kv/compaction", { revision: 999 }),
  post("/v3/kv/compaction", { revision: 6, physical: true }),
  post("/v3/kv/range", { key, revision: 3 }, { name: "a compacted revision" }),
  stream("watch from a compacted revision", "/v3/watch", { create_request: { key, start_revision: 2 } }, 2),
  post("/v3/maintenance/hash", {}, { name: "hash of the file", hide: [[/"hash":\d+/, '"hash":<of the file>']] }),
  post("/v3/maintenance/status", {}),
  post("/v3/maintenance/alarm", {}),
  post("/v3/maintenance/alarm", { action: "ACTIVATE", alarm: "NOSPACE" }),
  post("/v3/maintenance/alarm", { action: "GET", alarm: "NOSPACE" }, { name: "the alarm that was raised" }),
  curl("health with the alarm", "/health"),
  curl("health without regard to the alarm", "/health?exclude=NOSPACE"),
  post("/v3/maintenance/alarm", { action: "DEACTIVATE", alarm: "NOSPACE" }),
  post("/v3/maintenance/defragment", {}),
  post("/v3/maintenance/transfer-leadership", { targetID: 1 }),
  post("/v3/cluster/member/list", {}),
  post("/v3/cluster/member/remove", { ID: 1 }),
  post("/v3/cluster/member/update", { ID: 1, peerURLs: ["http://127.0.0.1:1"] }),

  post("/v3/auth/enable", {}, { name: "authentication without a root user" }),
  post("/v3/auth/user/add", { name: "root", password: "secret" }),
  post("/v3/auth/user/add", { name: "", password: "secret" }),
  post("/v3/auth/enable", {}, { name: "authentication without the root role" }),
  post("/v3/auth/role/add", { name: "root" }),
  post("/v3/auth/role/add", { name: "r" }),
  post("/v3/auth/role/grant", { name: "r", perm: { permType: "READWRITE", key, range_end: b64("l") } }),
  post("/v3/auth/role/get", { role: "r" }),
  post("/v3/auth/role/list", {}),
  post("/v3/auth/user/grant", { user: "root", role: "root" }),
  post("/v3/auth/user/get", { name: "root" }),
  post("/v3/auth/user/list", {}),
  post("/v3/auth/authenticate", { name: "root", password: "secret" }, { name: "a token while it is off" }),
  post("/v3/auth/enable", {}),
  post("/v3/kv/range", { key }, { name: "no token" }),
  curl("a bad token", "/v3/kv/range", { key }, ["-H", "Authorization: nonsense"]),
  post("/v3/auth/authenticate", { name: "root", password: "wrong" }),
  post(
    "/v3/auth/authenticate",
    { name: "root", password: "secret" },
    { hide: [[/"token":"\w+\.\d+"/, '"token":"<token>"']] },
  ),
  {
    name: "with a token",
    command: "/bin/sh",
    args: [
      "-c",
      `token=$(curl -sS "$0/v3/auth/authenticate" -d '{"name":"root","password":"secret"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
       curl -sS -H "Authorization: $token" "$0/v3/auth/disable" -d '{}'`,
      "{url}",
    ],
  },
  post("/v3/auth/disable", {}, { name: "disabled twice" }),

  curl("/version", "/version"),
  curl("/version by POST", "/version", "{}"),
  curl("/health", "/health"),
  curl("/health, linearizable off", "/health?serializable=true"),
  curl("/health by POST", "/health", "{}"),
  curl("a path that is none", "/nowhere"),
  curl("a method that is none", "/v3/kv/nowhere", "{}"),
  curl("GET of a method", "/v3/kv/range"),
  curl("the v2 API", "/v2/keys/x"),
  head("OPTIONS", "/v3/kv/range", ["-X", "OPTIONS"]),
  head("OPTIONS with an origin", "/v3/kv/range", ["-X", "OPTIONS", "-H", "Origin: http://a.example:80"]),
  head("headers of an answer", "/v3/kv/range", ["-H", "Origin: http://a.example:80", "-d", JSON.stringify({ key })]),
  head("headers of an error", "/v3/kv/range", ["-d", "{}"]),
  head("headers of /health", "/health", []),
  head("headers of /version", "/version", []),
  head("headers of /metrics", "/metrics", []),
];

/** With origins and hosts restricted. */
export const access: readonly Step[] = [
  curl("the address itself", "/v3/kv/range", { key }),
  head("an origin of the list", "/version", ["-H", "Origin: http://a.example:80"]),
  head("an origin that is not", "/version", ["-H", "Origin: http://b.example:80"]),
  head("OPTIONS from an origin of the list", "/v3/kv/put", ["-X", "OPTIONS", "-H", "Origin: http://a.example:80"]),
  head("OPTIONS from an origin that is not", "/v3/kv/put", ["-X", "OPTIONS", "-H", "Origin: http://b.example:80"]),
  curl("a host of the list", "/v3/kv/range", { key }, ["-H", "Host: good.example"]),
  curl("a host of the list with its port", "/v3/kv/range", { key }, ["-H", "Host: good.example:2379"]),
  curl("a host that is not", "/v3/kv/range", { key }, ["-H", "Host: bad.example"]),
  curl("a page under a host that is not", "/version", undefined, ["-H", "Host: bad.example"]),
  curl("localhost without being listed", "/v3/kv/range", { key }, ["-H", "Host: localhost"]),
];
