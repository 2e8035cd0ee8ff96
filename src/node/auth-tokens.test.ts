import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { silentLogger, utf8 } from "../base/index.ts";
import { loadAuthTokens } from "./auth-tokens.ts";

const dir = mkdtempSync(join(tmpdir(), "auth-tokens-"));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const pairs = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS384: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES512: generateKeyPairSync("ec", { namedCurve: "P-521" }),
  EdDSA: generateKeyPairSync("ed25519"),
};
const load = (flag: string) => loadAuthTokens(flag, silentLogger);
const keysOf = (flag: string) => {
  const tokens = load(flag);
  if (tokens.kind !== "jwt") throw new Error(`not jwt: ${flag}`);
  return tokens.keys;
};

describe.each(Object.entries(pairs))("%s", (method, { publicKey, privateKey }) => {
  const pub = file(`${method}.pub`, publicKey.export({ type: "spki", format: "pem" }));
  const priv = file(`${method}.key`, privateKey.export({ type: "pkcs8", format: "pem" }));

  it("signs with the private key, and the public one is enough to check", () => {
    const signer = keysOf(`jwt,priv-key=${priv},pub-key=${pub},sign-method=${method}`);
    const signature = signer.sign!(utf8("said"));
    const reader = keysOf(`jwt,pub-key=${pub},sign-method=${method}`);
    expect(reader.sign).toBeUndefined();
    for (const keys of [signer, reader]) {
      expect(keys.verify(utf8("said"), signature)).toBe(true);
      expect(keys.verify(utf8("unsaid"), signature)).toBe(false);
      expect(keys.verify(utf8("said"), signature.subarray(1))).toBe(false);
    }
  });
});

it("signs with a secret", () => {
  const keys = keysOf(`jwt,priv-key=${file("secret", "s3")},sign-method=HS256`);
  const signature = keys.sign!(utf8("said"));
  expect(keys.verify(utf8("said"), signature)).toBe(true);
  expect(keys.verify(utf8("said"), signature.subarray(1))).toBe(false);
});

it("knows how long tokens live", () => {
  const secret = file("secret", "s3");
  expect(load(`jwt,priv-key=${secret},sign-method=HS256`)).toMatchObject({ ttlSeconds: 300 });
  expect(load(`jwt,priv-key=${secret},sign-method=HS256,ttl=1m30s`)).toMatchObject({ ttlSeconds: 90 });
});

it("takes simple and none as they are", () => {
  expect(load("simple")).toEqual({ kind: "simple" });
  expect(load("")).toEqual({ kind: "none" });
});

file("broken.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
file("secret", "s3");

it.each([
  ["jwt", "auth: invalid auth options"],
  [`jwt,priv-key=${dir}/absent,sign-method=HS256`, "auth: invalid auth options"],
  [`jwt,priv-key=${dir}/secret,sign-method=HS256,ttl=1`, "auth: invalid auth options"],
  ["jwt,sign-method=HS256", "auth: missing key data"],
  ["jwt,sign-method=RS256", "auth: missing key data"],
  [`jwt,pub-key=${dir}/ES512.pub,sign-method=RS256`, "key is not a valid RSA public key"],
  [`jwt,pub-key=${dir}/RS256.key,sign-method=RS256`, "key is not a valid RSA public key"],
  [`jwt,priv-key=${dir}/ES512.key,sign-method=RS256`, "key is not a valid RSA private key"],
  [`jwt,priv-key=${dir}/RS256.key,sign-method=ES256`, "key is not a valid ECDSA private key"],
  [`jwt,priv-key=${dir}/RS256.key,sign-method=EdDSA`, "key is not a valid Ed25519 private key"],
  [`jwt,priv-key=${dir}/broken.key,sign-method=RS256`, "key is not a valid RSA private key"],
  [`jwt,priv-key=${dir}/secret,sign-method=RS256`, "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key"],
  [`jwt,pub-key=${dir}/RS256.pub,priv-key=${dir}/PS384.key,sign-method=RS256`, "keys don't match"],
])("refuses %s", (flag, why) => {
  expect(() => load(flag)).toThrow(why);
});
