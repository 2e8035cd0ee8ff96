import { type Answer, exchange } from "./http1.ts";

/** A request to the JSON gateway as it goes over the wire, so that also malformed ones can be said. */
export interface GatewayRequest {
  readonly name: string;
  /** Default POST. */
  readonly method?: string;
  readonly path: string;
  /** Latin-1; Host and Content-Length are added unless `raw`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** HTTP version of the request line; default 1.1. */
  readonly version?: string;
}

/** The bytes of a request, latin1. */
export function bytesOf(request: GatewayRequest, url: string): string {
  const { method = "POST", path, headers = [], body = "", version = "1.1" } = request;
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [`${method} ${path} HTTP/${version}`];
  if (!named.has("host")) lines.push(`Host: ${new URL(url).host}`);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (!named.has("content-length") && !named.has("transfer-encoding") && (body !== "" || method === "POST"))
    lines.push(`Content-Length: ${Buffer.byteLength(body, "latin1")}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

type Headers = NonNullable<GatewayRequest["headers"]>;

function b64(text: string): string {
  return Buffer.from(text, "latin1").toString("base64");
}

const range = "/v3/kv/range";
const body = JSON.stringify({ key: b64("k") });
const held = { name: b64("door"), lease: "8" };

function withHeader(name: string, value: string, more: Partial<GatewayRequest> = {}): GatewayRequest {
  return { name: `${name}: ${value}`.slice(0, 80), path: range, headers: [[name, value]], body, ...more };
}

function post(path: string, message: unknown, more: Partial<GatewayRequest> = {}): GatewayRequest {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  return { name: `${path} ${text}`.slice(0, 80), path, body: text, ...more };
}

/** A wait that only a timeout ends: the lock is held by another lease. */
function lockFor(timeout: string, more: Partial<GatewayRequest> = {}): GatewayRequest {
  return post("/v3/lock/lock", held, {
    name: `lock, Grpc-Timeout ${timeout}`,
    headers: [["Grpc-Timeout", timeout]],
    ...more,
  });
}

function asked(name: string, headers: Headers, more: Partial<GatewayRequest> = {}): GatewayRequest {
  return { name, path: range, headers, body, ...more };
}

/** Sets the stage; recorded as well. */
const setUp: readonly GatewayRequest[] = [
  post("/v3/kv/put", { key: b64("k"), value: b64("v") }),
  post("/v3/lease/grant", { ID: "7", TTL: 600 }),
  post("/v3/lease/grant", { ID: "8", TTL: 600 }),
  post("/v3/lock/lock", { name: b64("door"), lease: "7" }, { name: "the lock is taken" }),
];

const timeouts: readonly GatewayRequest[] = [
  lockFor("100m"),
  lockFor("50000u"),
  lockFor("20000000n"),
  lockFor("1S"),
  lockFor("+20m"),
  lockFor("020m"),
  lockFor("-1S"),
  lockFor("-5m"),
  lockFor("1n"),
  lockFor("0000000000000000000020m"),
  ...[
    "",
    "S",
    "1",
    "5",
    "m",
    "1s",
    "1x",
    "S1",
    "1 S",
    "1.5S",
    "0x10m",
    "1_0m",
    "1e3m",
    "99999999999999999999S",
    "-",
    "ten",
    "10SS",
    "10S,10S",
    "\xb5",
  ].map((value) => withHeader("Grpc-Timeout", value)),
  // Beyond an int64 of nanoseconds Go's product wraps around, into the past or not.
  ...[
    "0S",
    "-0n",
    "9223372036854775807n",
    "9223372036854775807H",
    "2562047H",
    "2562048H",
    "99999999H",
    "5124095576030432H",
    "9223372036854775808n",
    "1H",
    "1M",
    "10S",
    "-9223372036854775808n",
    "9223372036854775807S",
    "9223372036854775807m",
  ].map((value) => withHeader("Grpc-Timeout", value)),
  asked("Grpc-Timeout twice: the first holds", [
    ["Grpc-Timeout", "10S"],
    ["Grpc-Timeout", "bad"],
  ]),
  asked("Grpc-Timeout twice: the first is malformed", [
    ["Grpc-Timeout", "bad"],
    ["Grpc-Timeout", "10S"],
  ]),
  asked("grpc-timeout in lower case", [["grpc-timeout", "bad"]]),
  asked("a malformed timeout goes before a malformed body", [["Grpc-Timeout", "bad"]], { body: "{" }),
  asked("a malformed timeout goes before a malformed header", [
    ["Grpc-Metadata-X-Bin", "!"],
    ["Grpc-Timeout", "bad"],
  ]),
  asked("a malformed timeout of no method", [["Grpc-Timeout", "bad"]], { path: "/v3/none" }),
  asked("a malformed timeout of a page", [["Grpc-Timeout", "bad"]], { path: "/version", method: "GET", body: "" }),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    { name: "a watch with a malformed timeout", headers: [["Grpc-Timeout", "bad"]] },
  ),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    { name: "a watch with a timeout", headers: [["Grpc-Timeout", "300m"]] },
  ),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    { name: "a watch with a timeout in the past", headers: [["Grpc-Timeout", "-1S"]] },
  ),
  post("/v3/watch", {}, { name: "a watch of nothing with a timeout", headers: [["Grpc-Timeout", "300m"]] }),
  post("/v3/lease/keepalive", { ID: 7 }, { name: "a keep-alive with a timeout", headers: [["Grpc-Timeout", "300m"]] }),
  post(
    "/v3/election/observe",
    { name: b64("office") },
    { name: "observe with a timeout", headers: [["Grpc-Timeout", "300m"]] },
  ),
  post(
    "/v3/election/campaign",
    { name: b64("door"), lease: "8", value: "" },
    { name: "campaign with a timeout", headers: [["Grpc-Timeout", "200m"]] },
  ),
  asked("Grpc-Metadata-Grpc-Timeout is not one", [["Grpc-Metadata-Grpc-Timeout", "bad"]]),
];

const bin = (name: string, value: string): GatewayRequest => withHeader(`Grpc-Metadata-${name}`, value);
const metadata: readonly GatewayRequest[] = [
  ...[
    "",
    "AA==",
    "AAA=",
    "AAAA",
    "AA",
    "AAA",
    "A",
    "AAAAA",
    "AA=",
    "AA===",
    "A===",
    "====",
    "=",
    "A A=",
    "AA-_",
    "AA+/",
    "YWI",
    "YWJ",
    "!!!!",
    "AAAA!",
    "AAA!",
    "AA==AA==",
    "AA,AA",
    "AAAA,AAAA",
    "AAAA, AAAA",
    "AA\xe4A",
    "Zm9vYmFy",
    "////",
    "/w",
    "AA\tA",
  ].map((value) => bin("X-Bin", value)),
  withHeader("grpc-metadata-x-bin", "!"),
  withHeader("GRPC-METADATA-X-BIN", "!"),
  withHeader("Grpc-Metadata-Bin", "!"),
  withHeader("Grpc-Metadata--Bin", "!"),
  withHeader("Grpc-Metadata-X-bin-y", "!"),
  withHeader("X-Bin", "!"),
  withHeader("Grpc-Metadata-X_Bin", "!"),
  asked("two binary ones, the second malformed", [
    ["Grpc-Metadata-X-Bin", "AA"],
    ["Grpc-Metadata-X-Bin", "!"],
  ]),
  asked("a malformed header goes before a malformed body", [["Grpc-Metadata-X-Bin", "!"]], { body: "{" }),
  withHeader("Grpc-Metadata-X", "caf\xe9"),
  withHeader("Grpc-Metadata-X", "tab\there"),
  withHeader("Grpc-Metadata-", "x"),
  withHeader("Grpc-Metadata-X~Y", "x"),
  withHeader("Grpc-Metadata-X!", "x"),
  withHeader("Grpc-Metadata-X.Y", "x"),
  withHeader("Grpc-Metadata-Content-Type", "text/html"),
  withHeader("Grpc-Metadata-Te", "gzip"),
  withHeader("Grpc-Metadata-Connection", "close"),
  withHeader("Grpc-Metadata-Host", "elsewhere"),
  withHeader("Grpc-Metadata-User-Agent", "me"),
  withHeader("Grpc-Metadata-Grpc-Encoding", "gzip"),
  withHeader("Grpc-Metadata-Grpc-Accept-Encoding", "gzip"),
  withHeader("Grpc-Metadata-Grpc-Status", "5"),
  withHeader("Grpc-Metadata-Grpc-Message-Type", "x"),
  withHeader("Grpc-Metadata-Grpc-Tags-Bin", "!"),
  withHeader("Grpc-Metadata-Grpc-Trace-Bin", "AAAA"),
  withHeader("Grpc-Metadata-Transfer-Encoding", "chunked"),
  withHeader("Grpc-Metadata-Keep-Alive", "x"),
  withHeader("Grpc-Metadata-Upgrade", "x"),
  withHeader("Grpc-Metadata-Proxy-Connection", "x"),
  withHeader("Grpc-Metadata-Content-Length", "7"),
  withHeader("Grpc-Metadata-Hasleader", "true"),
  withHeader("Grpc-Metadata-Client-Api-Version", "3.4"),
  withHeader("Grpc-Metadata-Client-Api-Version", "\xff"),
  withHeader("Grpc-Metadata-Token", "nonsense"),
  withHeader("Authorization", ""),
  withHeader("Authorization", "Bearer x"),
  withHeader("Authorization", "caf\xe9"),
  withHeader("Authorization", "x\ty"),
  withHeader("Accept-Language", "caf\xe9"),
  withHeader("X-Forwarded-For", "10.0.0.1"),
  withHeader("X-Forwarded-For", "caf\xe9"),
  withHeader("X-Forwarded-Host", "elsewhere"),
  withHeader("X-Forwarded-Host", "caf\xe9"),
  withHeader("Forwarded", "for=10.0.0.1;host=x;proto=https"),
  withHeader("Cookie", "a=b"),
  withHeader("Via", "1.1 proxy"),
  withHeader("Referer", "http://x/\xe9"),
  withHeader("User-Agent", "\xe9"),
  withHeader("X-Other", "\xe9"),
  withHeader("Grpc-Encoding", "gzip"),
  withHeader("Grpc-Accept-Encoding", "gzip"),
];

const negotiation: readonly GatewayRequest[] = [
  ...[
    "application/json",
    "application/json; charset=utf-8",
    "application/json; charset=latin1",
    "text/plain",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/protobuf",
    "application/grpc",
    "application/grpc-web",
    "nonsense",
    "a/b; c",
    ";",
    "application/json;;",
    "",
  ].map((value) => withHeader("Content-Type", value)),
  ...["application/json", "*/*", "text/html", "application/xml;q=1", "*", "", "nonsense"].map((value) =>
    withHeader("Accept", value),
  ),
  withHeader("Accept-Encoding", "gzip"),
  withHeader("Content-Encoding", "gzip"),
  withHeader("Accept-Charset", "latin1"),
  withHeader("Expect", "100-continue"),
  withHeader("If-None-Match", "*"),
  withHeader("Range", "bytes=0-1"),
  withHeader("Connection", "close"),
  withHeader("Cache-Control", "no-cache"),
  withHeader("TE", "trailers"),
  withHeader("TE", "Trailers, deflate"),
  withHeader("TE", "deflate"),
  asked("TE: trailers, an error", [["TE", "trailers"]], { body: "{}" }),
  asked("TE: trailers, a malformed body", [["TE", "trailers"]], { body: "{" }),
  asked("TE: trailers, a malformed timeout", [
    ["TE", "trailers"],
    ["Grpc-Timeout", "bad"],
  ]),
  asked("TE: trailers, no such method", [["TE", "trailers"]], { path: "/v3/none" }),
  asked(
    "TE: trailers, a timeout",
    [
      ["TE", "trailers"],
      ["Grpc-Timeout", "50m"],
    ],
    { path: "/v3/lock/lock", body: JSON.stringify(held) },
  ),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    {
      name: "TE: trailers, a stream",
      headers: [
        ["TE", "trailers"],
        ["Grpc-Timeout", "200m"],
      ],
    },
  ),
  asked("X-HTTP-Method-Override without a form", [["X-HTTP-Method-Override", "GET"]]),
  asked("X-HTTP-Method-Override of a form", [
    ["X-HTTP-Method-Override", "GET"],
    ["Content-Type", "application/x-www-form-urlencoded"],
  ]),
  asked("X-HTTP-Method-Override of a form: POST", [
    ["X-HTTP-Method-Override", "post"],
    ["Content-Type", "application/x-www-form-urlencoded"],
  ]),
  asked(
    "X-HTTP-Method-Override of a form: POST, malformed",
    [
      ["X-HTTP-Method-Override", "post"],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ],
    { body: "%zz" },
  ),
  asked(
    "X-HTTP-Method-Override of a form: POST, malformed query",
    [
      ["X-HTTP-Method-Override", "post"],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ],
    { path: `${range}?a=%zz` },
  ),
  asked(
    "X-HTTP-Method-Override of a form: POST, semicolon",
    [
      ["X-HTTP-Method-Override", "post"],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ],
    { body: "a;b" },
  ),
  asked("X-HTTP-Method-Override of a GET", [["X-HTTP-Method-Override", "POST"]], { method: "GET", body: "" }),
  asked("X-HTTP-Method-Override: none", [
    ["X-HTTP-Method-Override", "NONE"],
    ["Content-Type", "application/x-www-form-urlencoded"],
  ]),
  asked("a form to a method that is none", [["Content-Type", "application/x-www-form-urlencoded"]], {
    path: "/v3/none",
  }),
];

const methods: readonly GatewayRequest[] = [
  ...["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]
    .flatMap((method) => [
      { name: `${method} of a method`, method, path: range, body: "" },
      { name: `${method} of no method`, method, path: "/v3/none", body: "" },
      { name: `${method} of /version`, method, path: "/version", body: "" },
      { name: `${method} of /health`, method, path: "/health", body: "" },
      { name: `${method} of /metrics`, method, path: "/metrics?", body: "" },
      { name: `${method} of /debug/vars`, method, path: "/debug/vars?", body: "" },
      { name: `${method} of /livez`, method, path: "/livez", body: "" },
      { name: `${method} of nothing`, method, path: "/nothing", body: "" },
    ])
    .filter(({ method, path }) => !(path.endsWith("?") && method !== "OPTIONS")),
  { name: "PUT with a body", method: "PUT", path: range, body },
  { name: "GET with a body", method: "GET", path: range, body },
  { name: "POST of /version", path: "/version", body: "{}" },
  { name: "POST of /livez", path: "/livez", body: "{}" },
  { name: "POST of /readyz/non_learner", path: "/readyz/non_learner", body: "" },
];

const paths: readonly GatewayRequest[] = [
  ...[
    "/v3/kv/range?key=x",
    "/v3/kv/range?unknown=1&x",
    "/v3/kv/range?a=%zz",
    "/v3/kv/range?",
    "/v3/kv/range/",
    "/v3/kv/range:verb",
    "/v3/kv/range//",
    "/v3//kv/range",
    "/v3/kv/./range",
    "/v3/kv/x/../range",
    "/v3/kv%2Frange",
    "/v3/kv%2frange",
    "/v3/k%76/range",
    "/v3/kv/%72ange",
    "/v3/kv/RANGE",
    "/V3/kv/range",
    "/v3",
    "/v3/",
    "/v3/kv",
    "/v3/kv/",
    "/v3beta/kv/range",
    "/v3beta",
    "/v3beta/",
    "/v3beta/v3beta/kv/range",
    "/v3alpha/kv/range",
    "/v3/kv/range%20",
    "/v3/kv/range%00",
    "/v3/kv/range;x=1",
    "/v3/kv/range#x",
    "/v3/kv/%zz",
    "/v3/%2e%2e/version",
    "/v3/kv/range?%",
    "//v3/kv/range",
    "/version/",
    "/version?x=1",
    "/%76ersion",
    "/health/",
    "/livez/",
    "/livez/serializable_read/",
    "/livez/x",
    "/readyz?exclude=x",
    "/v%33/kv/range",
    "/v3%2Fkv/range",
    "/v3%62eta/kv/range",
    "/v3/lease/leases",
    "/v3/kv/lease/leases",
    "/v3/auth/status",
    "/v3/maintenance/snapshot/",
    "/v3/election/leader",
  ].map((path) => ({ name: `POST ${path}`, path, body })),
  ...[
    "/v3/kv/range/",
    "/v3//kv/range",
    "/v3",
    "/v3/",
    "/",
    "/v3/none",
    "/nothing",
    "/livez/x",
    "/v3/kv%2Frange",
    "/debug",
    "/debug/",
    "/debug/vars/",
    "/metrics/",
    "/version/",
    "/%2e%2e/health",
    "/a%2Fb/../health",
    "/v3/x%2F../kv/range",
    "/debug/pprof/",
    "/debug/requests",
    "/members",
    "/raft",
  ].map((path) => ({ name: `GET ${path}`, method: "GET", path })),
  { name: "a whole URL", path: "http://elsewhere/v3/kv/range", body },
  { name: "a whole URL without a path", path: "http://elsewhere", body },
  { name: "a whole URL of https", path: "https://elsewhere/v3/kv/range", body },
  { name: "OPTIONS *", method: "OPTIONS", path: "*" },
  { name: "GET *", method: "GET", path: "*" },
  { name: "POST *", path: "*", body },
];

const bodies: readonly GatewayRequest[] = [
  ...[
    "",
    " ",
    "\n",
    "{}",
    "null",
    "[]",
    "5",
    '"x"',
    "true",
    "{",
    "}",
    "{}{}",
    `${body}garbage`,
    `${body} ${body}`,
    `${body}\n\n`,
    "{}{",
    "{},",
    "\xef\xbb\xbf{}",
    "{'key':1}",
    "{key:1}",
    '{"key":"aw=="',
    '{"key":"aw==",}',
    '{"key":5}',
    '{"key":null}',
    '{"key":"aw==","key":"aw=="}',
    '{"nothing":{"deep":[1,2,{}]}}',
    '{"limit":"1"}',
    '{"limit":1.5}',
    '{"limit":"x"}',
    '{"limit":9223372036854775808}',
    '{"sort_order":"NONE"}',
    '{"sort_order":"WHAT"}',
    '{"key":"\xff"}',
    '{"key":"a\\u0000"}',
    "\x00",
    "{\x00}",
  ].map((text) => ({
    name: `body ${JSON.stringify(text)}`,
    path: range,
    body: text,
  })),
  {
    name: "a chunked body",
    path: range,
    headers: [["Transfer-Encoding", "chunked"]],
    body: `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  },
  {
    name: "a chunked body with a trailer",
    path: range,
    headers: [
      ["Transfer-Encoding", "chunked"],
      ["Trailer", "X"],
    ],
    body: `${body.length.toString(16)}\r\n${body}\r\n0\r\nX: y\r\n\r\n`,
  },
  { name: "no length and no chunks", path: range, headers: [["Content-Length", "0"]], body: "" },
  { name: "HTTP/1.0", path: range, body, version: "1.0" },
  { name: "HTTP/1.0 and TE: trailers", path: range, body, version: "1.0", headers: [["TE", "trailers"]] },
  { name: "HTTP/1.0, an error", path: range, body: "{}", version: "1.0" },
  {
    name: "HTTP/1.0, a stream",
    path: "/v3/watch",
    body: JSON.stringify({ create_request: { key: b64("k") } }),
    headers: [["Grpc-Timeout", "200m"]],
    version: "1.0",
  },
  post("/v3/watch", "", { name: "a watch without a body", headers: [["Grpc-Timeout", "200m"]] }),
  post("/v3/watch", "{", { name: "a watch of half an object", headers: [["Grpc-Timeout", "200m"]] }),
  post("/v3/watch", "}", { name: "a watch of a bracket", headers: [["Grpc-Timeout", "200m"]] }),
  post("/v3/watch", 'null{"create_request":{}}', {
    name: "a watch of null, then one",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"create_request":{"key":5}}', {
    name: "a watch of a wrong type",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"create_request":{"key":"aw=="}}garbage', {
    name: "a watch, then garbage",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"create_request":{"key":"aw=="}}{"create_request":{"key":"bA=="}}', {
    name: "two watches",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"create_request":{"key":"aw=="}},{"create_request":{"key":"bA=="}}', {
    name: "two watches and a comma",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"create_request":{"key":"aw=="}}{"cancel_request":{"watch_id":0}}', {
    name: "a watch that is cancelled",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/watch", '{"progress_request":{}}', { name: "progress of no watch", headers: [["Grpc-Timeout", "200m"]] }),
  post("/v3/lease/keepalive", "", { name: "a keep-alive without a body", headers: [["Grpc-Timeout", "200m"]] }),
  post("/v3/lease/keepalive", '{"ID":7}{"ID":8}{"ID":9}', {
    name: "three keep-alives",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/lease/keepalive", '{"ID":"x"}', {
    name: "a keep-alive of a wrong type",
    headers: [["Grpc-Timeout", "200m"]],
  }),
  post("/v3/election/observe", "{", { name: "observe with half an object" }),
  post("/v3/election/observe", '{"name":5}', { name: "observe with a wrong type" }),
  post("/v3/maintenance/snapshot", '{"x":', { name: "a snapshot with half an object" }),
];

const codes: readonly GatewayRequest[] = [
  post(range, { key: b64("k"), revision: 99 }, { name: "OutOfRange" }),
  post("/v3/kv/put", { key: b64("k"), lease: 99 }, { name: "NotFound" }),
  post("/v3/lease/grant", { ID: "7", TTL: 1 }, { name: "FailedPrecondition" }),
  post(
    "/v3/kv/txn",
    { success: Array.from({ length: 129 }, () => ({ request_range: { key: b64("k") } })) },
    { name: "InvalidArgument" },
  ),
  post("/v3/maintenance/alarm", { action: "ACTIVATE", alarm: "NOSPACE" }, { name: "an alarm" }),
  post("/v3/kv/put", { key: b64("k"), value: b64("v") }, { name: "ResourceExhausted" }),
  { name: "/health under an alarm", method: "GET", path: "/health" },
  { name: "/health under an alarm, excluded", method: "GET", path: "/health?exclude=NOSPACE" },
  { name: "/health under an alarm, nothing excluded", method: "GET", path: "/health?exclude=" },
  { name: "/health under an alarm, wrongly excluded", method: "GET", path: "/health?exclude=nospace&exclude=CORRUPT" },
  {
    name: "/readyz under an alarm",
    method: "GET",
    path: "/readyz?exclude=linearizable_read&exclude=serializable_read&exclude=data_corruption&verbose",
  },
  { name: "/livez/serializable_read under an alarm", method: "GET", path: "/livez/serializable_read?verbose=false" },
  post("/v3/maintenance/alarm", { action: "DEACTIVATE", alarm: "NOSPACE" }, { name: "no alarm" }),
  post("/v3/election/leader", { name: b64("none") }, { name: "no leader of an election" }),
  post("/v3/maintenance/downgrade", { action: "VALIDATE", version: "x" }, { name: "a downgrade to no version" }),
  post("/v3/cluster/member/remove", { ID: 1 }, { name: "removing no member" }),
  post("/v3/maintenance/transfer-leadership", { targetID: 1 }, { name: "moving the leader to no member" }),
];

/** A transaction in a transaction, and so on; each level is three brackets of JSON and two messages. */
function nestedTxn(levels: number, innermost: string): GatewayRequest {
  const text = `${'{"success":[{"request_txn":'.repeat(levels)}${innermost}${"}]}".repeat(levels)}`;
  return { name: `a transaction ${levels} deep, ${innermost} in it`, path: "/v3/kv/txn", body: text };
}

// An answer above 2 KiB comes in chunks from Go and with a length from Node: those are for other tests.
const depths: readonly GatewayRequest[] = [
  ...[10, 129, 500, 2000, 3333, 3334, 20_000].map((levels) => nestedTxn(levels, "{}")),
  ...[10, 128, 3332, 3333].map((levels) => nestedTxn(levels, '{"success":[{"request_range":{"key":"aw=="}}]}')),
  ...[10, 2000].flatMap((levels) =>
    ['{"success":5}', '{"success":[],"success":[]}', '{"nothing":[[]]}', "{", '{"compare":[{"key":"!"}]}'].map(
      (innermost) => nestedTxn(levels, innermost),
    ),
  ),
];

const access: readonly GatewayRequest[] = [
  post("/v3/auth/user/add", { name: "root", password: "secret" }),
  post("/v3/auth/user/grant", { user: "root", role: "root" }),
  post("/v3/auth/role/add", { name: "root" }),
  post("/v3/auth/user/grant", { user: "root", role: "root" }, { name: "root is root" }),
  post("/v3/auth/user/add", { name: "u", password: "p" }),
  post("/v3/auth/enable", {}),
  asked("no token", []),
  withHeader("Authorization", "nonsense", { name: "a bad token" }),
  withHeader("Authorization", "a b\tc", { name: "a bad token with a tab" }),
  withHeader("Authorization", "caf\xe9", { name: "a bad token that is not ASCII" }),
  withHeader("Grpc-Metadata-Token", "nonsense", { name: "a bad token as metadata" }),
  withHeader("Grpc-Metadata-Authorization", "nonsense", { name: "a bad token as authorization metadata" }),
  withHeader("Authorization", "nonsense", {
    name: "a bad token, TE: trailers",
    headers: [
      ["Authorization", "nonsense"],
      ["TE", "trailers"],
    ],
  }),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    { name: "a watch without a token", headers: [["Grpc-Timeout", "300m"]] },
  ),
  post(
    "/v3/watch",
    { create_request: { key: b64("k") } },
    {
      name: "a watch with a bad token",
      headers: [
        ["Grpc-Timeout", "300m"],
        ["Authorization", "nonsense"],
      ],
    },
  ),
  post(
    "/v3/lease/keepalive",
    { ID: 7 },
    {
      name: "a keep-alive with a bad token",
      headers: [
        ["Grpc-Timeout", "300m"],
        ["Authorization", "nonsense"],
      ],
    },
  ),
  post("/v3/lease/leases", {}, { name: "leases without a token" }),
  post("/v3/maintenance/snapshot", {}, { name: "a snapshot without a token" }),
  post(
    "/v3/maintenance/snapshot",
    {},
    { name: "a snapshot with a bad token", headers: [["Authorization", "nonsense"]] },
  ),
  post("/v3/maintenance/defragment", {}, { name: "defragmentation without a token" }),
  post(
    "/v3/election/observe",
    { name: b64("office") },
    {
      name: "observe with a bad token",
      headers: [
        ["Grpc-Timeout", "300m"],
        ["Authorization", "nonsense"],
      ],
    },
  ),
  post(
    "/v3/lock/lock",
    { name: b64("l") },
    {
      name: "lock with a bad token",
      headers: [
        ["Grpc-Timeout", "300m"],
        ["Authorization", "nonsense"],
      ],
    },
  ),
  post("/v3/auth/authenticate", { name: "root", password: "wrong" }),
  post("/v3/auth/authenticate", { name: "", password: "" }),
  { name: "/health with authentication", method: "GET", path: "/health" },
  { name: "/readyz with authentication", method: "GET", path: "/readyz" },
];

/**
 * Every header field, method, path and body that the gateway's contract says something of. Groups are played one after the
 * other on a fresh member; requests of a group that only reads may be under way together.
 */
export const gatewayRequests: readonly { readonly together: boolean; readonly requests: readonly GatewayRequest[] }[] =
  [
    { together: false, requests: setUp },
    { together: false, requests: timeouts },
    { together: true, requests: [...metadata, ...negotiation, ...methods, ...paths, ...bodies, ...depths] },
    { together: false, requests: codes },
    { together: false, requests: access },
  ];

/** What is compared of an answer: all of it but dates, connections, lengths, and what differs from member to member. */
export interface Essence {
  readonly status: number;
  readonly end: Answer["end"];
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

const transient = /^(date|connection|keep-alive)$/i;

function essenceOf(answer: Answer, url: string): Essence {
  const here = new URL(url).host;
  return {
    status: answer.status,
    end: answer.end,
    headers: answer.headers
      .filter(([name]) => !transient.test(name))
      .map(([name, value]) => `${name}: ${/^content-length$/i.test(name) ? "#" : value.replace(here, "<host>")}`)
      .sort(),
    // Go's builds differ in blanks; ids and revisions are each member's own.
    body: Buffer.from(answer.body, "latin1")
      .toString()
      .replace(/proto:[\s\u00a0]/g, "proto: ")
      .replace(/, (?=["{[\d])/g, ",")
      .replace(/"header":\{[^}]*\}/g, '"header":{}')
      // Both ends of etcd's gateway have the deadline; whichever is first says so.
      .replace("stream terminated by RST_STREAM with error code: CANCEL", "context deadline exceeded")
      .replaceAll(here, "<host>"),
    trailers: answer.trailers.map(([name, value]) => `${name}: ${value}`),
  };
}

/** Plays the whole table; answers by the requests' names. */
export async function playGatewayRequests(url: string): Promise<Record<string, Essence>> {
  const essences: Record<string, Essence> = {};
  const play = async (request: GatewayRequest): Promise<void> => {
    if (Object.hasOwn(essences, request.name)) throw new Error(`two requests are called ${request.name}`);
    const answer = await exchange(url, bytesOf(request, url), { head: request.method === "HEAD" });
    if (answer === undefined) throw new Error(`no answer to ${request.name}`);
    essences[request.name] = essenceOf(answer, url);
  };
  for (const { together, requests } of gatewayRequests) {
    const left = [...requests];
    const next = async (): Promise<void> => {
      for (let request = left.shift(); request !== undefined; request = left.shift()) await play(request);
    };
    await Promise.all(Array.from({ length: together ? 8 : 1 }, next));
  }
  return essences;
}

/** In the order of the table, whatever came first. */
export function inOrder(essences: Readonly<Record<string, Essence>>): Record<string, Essence> {
  const names = gatewayRequests.flatMap(({ requests }) => requests.map(({ name }) => name));
  return Object.fromEntries(names.map((name) => [name, essences[name]!]));
}
