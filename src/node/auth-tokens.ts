import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import { fileErrorText, type Logger } from "../base/index.ts";
import { type AuthTokens, JWT_TTL_DEFAULT_SECONDS, type JwtKeys, parseTokenSpec } from "../state/auth/index.ts";
import { parseDuration } from "./config/index.ts";
import { readGivenFile } from "./given-file.ts";

/** The tokens cannot be made as `auth-token` says; the message is etcd's. */
export class AuthTokenError extends Error {
  override readonly name = "AuthTokenError";
}

/**
 * Turns flag `auth-token` into what makes and checks tokens: key files are read once, at the start.
 * @throws AuthTokenError
 */
export function loadAuthTokens(flag: string, logger: Logger): AuthTokens {
  const spec = parseTokenSpec(flag);
  if (spec.kind === "simple") logger.warn("simple token is not cryptographically signed");
  if (spec.kind !== "jwt") return spec;
  const { method, publicKey, privateKey, ttl, unknown } = spec;
  let ttlSeconds = JWT_TTL_DEFAULT_SECONDS;
  let files: { publicKey: Buffer | undefined; privateKey: Buffer | undefined };
  try {
    if (ttl !== undefined) ttlSeconds = parseDuration(ttl) / 1000;
    files = {
      publicKey: publicKey === undefined ? undefined : readGivenFile(publicKey),
      privateKey: privateKey === undefined ? undefined : readGivenFile(privateKey),
    };
  } catch (error) {
    const path = (error as NodeJS.ErrnoException).path;
    const why = path === undefined ? error : fileErrorText(path, error);
    logger.error("problem loading JWT options", { error: why });
    throw new AuthTokenError("auth: invalid auth options", { cause: error });
  }
  if (unknown.length > 0) logger.warn("unknown JWT options", { keys: unknown });
  return { kind: "jwt", keys: keysOf(method, files.publicKey, files.privateKey), ttlSeconds };
}

/** `HS512` and its like: a family of signatures, and the hash inside. Ed25519 has its own. */
function keysOf(method: string, publicPem: Buffer | undefined, privatePem: Buffer | undefined): JwtKeys {
  const hash = method === "EdDSA" ? undefined : `sha${method.slice(2)}`;
  if (method.startsWith("HS")) {
    if (privatePem === undefined || privatePem.length === 0) throw missingKey();
    const mac = (data: Uint8Array) => createHmac(hash!, privatePem).update(data).digest();
    return {
      method,
      sign: mac,
      verify: (data, signature) => {
        const wanted = mac(data);
        return wanted.length === signature.length && timingSafeEqual(wanted, signature);
      },
    };
  }
  const [publicKey, privateKey] = keyPair(method, publicPem, privatePem);
  const how = (key: KeyObject) => {
    if (method.startsWith("PS")) {
      // As long as the hash when signing; what others chose is found in the signature.
      const saltLength = key.type === "private" ? constants.RSA_PSS_SALTLEN_DIGEST : constants.RSA_PSS_SALTLEN_AUTO;
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    }
    return method.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" as const } : key;
  };
  return {
    method,
    sign: privateKey === undefined ? undefined : (data) => sign(hash, data, how(privateKey)),
    verify: (data, signature) => verify(hash, data, how(publicKey), signature),
  };
}

const rsa = { type: "rsa", name: "RSA" };
/** What a method signs with: Node's name of the kind of key, and that of etcd's messages. */
const kinds: Readonly<Record<string, { readonly type: string; readonly name: string }>> = {
  RS: rsa,
  PS: rsa,
  ES: { type: "ec", name: "ECDSA" },
  Ed: { type: "ed25519", name: "Ed25519" },
};

/** Reads a key file. Throws AuthTokenError with etcd's text; OpenSSL's tells a person nothing. */
function readKey(method: string, half: "private" | "public", pem: Buffer): KeyObject {
  const text = pem.toString("latin1");
  if (!/^-----BEGIN /m.test(text)) {
    throw new AuthTokenError("invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key");
  }
  const { type, name } = kinds[method.slice(0, 2)]!;
  const wrong = `key is not a valid ${name} ${half} key`;
  // Node would make the public key of a private one.
  if (half === "public" && text.includes("PRIVATE KEY-----")) throw new AuthTokenError(wrong);
  let key: KeyObject;
  try {
    key = half === "private" ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (error) {
    throw new AuthTokenError(wrong, { cause: error });
  }
  if (key.asymmetricKeyType !== type) throw new AuthTokenError(wrong);
  return key;
}

/** Either file may be missing, not both; two that are there must belong together. */
function keyPair(
  method: string,
  publicPem: Buffer | undefined,
  privatePem: Buffer | undefined,
): [KeyObject, KeyObject | undefined] {
  let privateKey: KeyObject | undefined;
  let publicKey: KeyObject | undefined;
  if (privatePem !== undefined && privatePem.length > 0) privateKey = readKey(method, "private", privatePem);
  if (publicPem !== undefined && publicPem.length > 0) publicKey = readKey(method, "public", publicPem);
  if (privateKey === undefined) {
    if (publicKey === undefined) throw missingKey();
    return [publicKey, undefined];
  }
  const derived = createPublicKey(privateKey);
  if (publicKey !== undefined && !publicKey.equals(derived)) {
    throw new AuthTokenError("auth: public and private keys don't match");
  }
  return [derived, privateKey];
}

function missingKey(): AuthTokenError {
  return new AuthTokenError("auth: missing key data");
}
