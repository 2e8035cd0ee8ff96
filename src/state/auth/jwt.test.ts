import { createHmac, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { openMemoryStore } from "../../storage/store/testing/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import { type AnyCommand, AuthStore, type JwtKeys, parseTokenSpec } from "./index.ts";

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const es256: JwtKeys = {
  method: "ES256",
  sign: (data) => sign("sha256", data, { key: pair.privateKey, dsaEncoding: "ieee-p1363" }),
  verify: (data, signature) => verify("sha256", data, { key: pair.publicKey, dsaEncoding: "ieee-p1363" }, signature),
};

function secret(text: string): JwtKeys {
  const mac = (data: Uint8Array) => createHmac("sha256", text).update(data).digest();
  return { method: "HS256", sign: mac, verify: (data, signature) => mac(data).equals(signature) };
}

function bench(keys: JwtKeys) {
  const time = new ManualTime();
  const env: Env = {
    clock: time,
    scheduler: time,
    random: new SeededRandom(1),
    logger: silentLogger,
    metrics: nullMetrics,
  };
  const hasher = { hash: async () => "", hashSync: () => "", compare: async () => true };
  const tokens = { kind: "jwt" as const, keys, ttlSeconds: 300 };
  const room = new AuthStore(openMemoryStore(), { hasher, bcryptCost: 10, tokenTtlSeconds: 0, tokens }, env);
  const run = (kind: AnyCommand["kind"], value: object = {}) =>
    room.apply({ kind, value } as unknown as AnyCommand, rpc.createResponseHeader(), 9);
  run("authUserAdd", { name: "root", password: "", hashedPassword: "" });
  run("authUserGrantRole", { user: "root", role: "root" });
  run("authEnable");
  const authenticate = () =>
    (run("authenticate", { name: "root", password: "", simpleToken: "" }) as rpc.AuthenticateResponse).token;
  return { time, room, run, authenticate };
}

describe.each([
  ["ES256", es256],
  ["HS256", secret("s")],
])("a token signed with %s", (_, keys) => {
  it("is known again, by its own revision, until it ends", () => {
    const { time, room, run, authenticate } = bench(keys);
    expect(room.tokenPrefix()).toBe("");
    const token = authenticate();
    const made = room.revision;
    run("authRoleAdd", { name: "r" });
    expect(room.principal(`Bearer ${token}`)).toEqual({ username: "root", authRevision: made });
    time.advance(299_000);
    expect(room.principal(token)).toBeDefined();
    time.advance(1000);
    expect(() => room.principal(token)).toThrow("invalid auth token");
  });

  it("is refused when anything about it was changed", () => {
    const { room, authenticate } = bench(keys);
    const [head, body, signature] = authenticate().split(".") as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    expect(Object.keys(claims)).toEqual(["exp", "revision", "username"]);
    const other = Buffer.from(JSON.stringify({ ...claims, username: "al" })).toString("base64url");
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    for (const token of [
      `${head}.${other}.${signature}`,
      `${none}.${body}.`,
      `${none}.${body}.${signature}`,
      `${head}.${body}`,
      `${head}.${body}.${signature}=`,
      `${head}.${body}.${signature}.x`,
      "",
      "...",
      "a.b.c",
    ]) {
      expect(() => room.principal(token)).toThrow("invalid auth token");
    }
  });
});

it("a member with the public key alone checks but does not sign", () => {
  const token = bench(es256).authenticate();
  const other = bench({ ...es256, sign: undefined });
  expect(other.room.principal(token)).toMatchObject({ username: "root" });
  expect(() => other.authenticate()).toThrow("auth: token signing attempted with verify-only key");
  expect(() => bench(secret("s")).room.principal(token)).toThrow("invalid auth token");
});

it("claims must be whole and timely", () => {
  const keys = secret("s");
  const { room, time } = bench(keys);
  const now = time.wallMs() / 1000;
  const make = (claims: unknown) => {
    const signed = [{ alg: "HS256", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${signed}.${Buffer.from(keys.sign!(Buffer.from(signed))).toString("base64url")}`;
  };
  const good = { username: "u", revision: 3 };
  expect(room.principal(make(good))).toEqual({ username: "u", authRevision: 3 });
  expect(room.principal(make({ ...good, exp: now + 1, nbf: now }))).toBeDefined();
  const bad = [
    { ...good, exp: now },
    { ...good, exp: "soon" },
    { ...good, nbf: now + 1 },
    { username: "u" },
    { revision: 3 },
    { username: 1, revision: 3 },
    { username: "u", revision: "3" },
    null,
    7,
  ];
  for (const claims of bad) expect(() => room.principal(make(claims))).toThrow("invalid auth token");
});

describe("flag auth-token", () => {
  it("is read as etcd reads it", () => {
    expect(parseTokenSpec("simple")).toEqual({ kind: "simple" });
    expect(parseTokenSpec("")).toEqual({ kind: "none" });
    expect(parseTokenSpec("jwt,pub-key=a.pem,priv-key=b.pem,sign-method=RS256,ttl=10m,x=y")).toEqual({
      kind: "jwt",
      method: "RS256",
      publicKey: "a.pem",
      privateKey: "b.pem",
      ttl: "10m",
      unknown: ["x"],
    });
  });

  it.each(["other", "jwt", "jwt,sign-method=XX1", "jwt,sign-method=RS256,ttl", "jwt,ttl=1,ttl=2,sign-method=RS256"])(
    "%j is refused",
    (text) => {
      expect(() => parseTokenSpec(text)).toThrow("auth: invalid auth options");
    },
  );
});
