import { Code, type Env, EtcdError, utf8, utf8String } from "../../base/index.ts";
import type { Tokens } from "./tokens.ts";
import type { Principal } from "./types.ts";

/** The keys behind JSON web tokens, handed in: only adapters may reach for node:crypto. */
export interface JwtKeys {
  /** `RS256` and its like; a token that names another method is refused. */
  readonly method: string;
  /** Undefined when only the public key is known: such a member verifies what others signed. */
  readonly sign: ((data: Uint8Array) => Uint8Array) | undefined;
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/** Five minutes. */
export const JWT_TTL_DEFAULT_SECONDS = 300;

/**
 * JSON web tokens (RFC 7519): whoever has the public key can check one, so nothing is kept. The claims are etcd's: `username`,
 * `revision` of the auth store, `exp` in Unix seconds.
 */
export class JwtTokens implements Tokens {
  readonly #keys: JwtKeys;
  readonly #ttlSeconds: number;
  readonly #env: Env;

  constructor(keys: JwtKeys, ttlSeconds: number, env: Env) {
    this.#keys = keys;
    this.#ttlSeconds = ttlSeconds;
    this.#env = env;
  }

  enable(): void {}
  disable(): void {}
  invalidateUser(): void {}

  prefix(): string {
    return "";
  }

  waitsFor(): undefined {
    return undefined;
  }

  assign(username: string, _prefix: string, _index: number, revision: number): string {
    if (this.#keys.sign === undefined) {
      throw EtcdError.raw(Code.Unknown, "auth: token signing attempted with verify-only key");
    }
    const exp = Math.floor(this.#env.clock.wallMs() / 1000 + this.#ttlSeconds);
    const head = encode(utf8(JSON.stringify({ alg: this.#keys.method, typ: "JWT" })));
    const body = encode(utf8(JSON.stringify({ exp, revision, username })));
    const signed = `${head}.${body}`;
    return `${signed}.${encode(this.#keys.sign(utf8(signed)))}`;
  }

  /** The revision is the one of the day the token was made: a token from before a change is good no more. */
  principal(token: string): Principal | undefined {
    const parts = token.split(".");
    if (parts.length !== 3) return undefined;
    const [head, body, signature] = parts.map(decode);
    if (head === undefined || body === undefined || signature === undefined) return undefined;
    const header = parse(head);
    if (header === undefined || header.alg !== this.#keys.method) return undefined;
    if (!this.#keys.verify(utf8(`${parts[0]}.${parts[1]}`), signature)) return undefined;
    const claims = parse(body);
    if (claims === undefined || !this.#timely(claims)) return undefined;
    const { username, revision } = claims;
    if (typeof username !== "string" || typeof revision !== "number") return undefined;
    return { username, authRevision: Math.trunc(revision) };
  }

  /** Neither claim is needed; one that is there must be a number and must fit. */
  #timely({ exp, nbf }: Record<string, unknown>): boolean {
    const now = this.#env.clock.wallMs() / 1000;
    if (exp !== undefined && !(typeof exp === "number" && now < exp)) return false;
    return nbf === undefined || (typeof nbf === "number" && now >= nbf);
  }
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** Undefined for anything but unpadded base64url. */
function decode(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1 ? Buffer.from(text, "base64url") : undefined;
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(utf8String(bytes));
    return typeof document === "object" && document !== null ? (document as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
