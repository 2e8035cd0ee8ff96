import { below, Code, type Env, EtcdError } from "../../base/index.ts";
import type { Principal } from "./types.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PREFIX_LENGTH = 16;
const TTL_DEFAULT_SECONDS = 300;
/** Beyond, the token unused for longest goes: whoever holds it is told it is invalid and asks for a new one. */
const TOKENS_MAX = 262_144;

/** How users are known again after they have shown their password. */
export interface Tokens {
  /** Authentication was switched on, or was on at the start. */
  enable(): void;
  disable(): void;
  /** What the member that was asked adds to the log entry. */
  prefix(): string;
  /** Applies the entry: the token for `username`, made from the entry's prefix and the index before it. */
  assign(username: string, prefix: string, index: number, revision: number): string;
  /** Index that must be applied here before `token` can be known; undefined when it needs none. */
  waitsFor(token: string): number | undefined;
  /** Whose token it is, or undefined when it is not valid. */
  principal(token: string, revision: number): Principal | undefined;
  invalidateUser(username: string): void;
}

interface Token {
  readonly username: string;
  expiresMs: number;
}

/**
 * Simple tokens, `<16 letters>.<index>`: names that every member remembers while it is up, because the entry that made them went
 * through the log. Nothing is stored. While off (authentication is off), none is kept.
 */
export class SimpleTokens implements Tokens {
  readonly #env: Env;
  readonly #ttlMs: number;
  /** In order of expiry: a used token moves to the end. */
  readonly #tokens = new Map<string, Token>();
  #on = false;

  constructor(ttlSeconds: number, env: Env) {
    this.#env = env;
    this.#ttlMs = (ttlSeconds > 0 ? ttlSeconds : TTL_DEFAULT_SECONDS) * 1000;
    env.metrics.gaugeFrom({ name: "quorate_auth_tokens", help: "Simple tokens that are valid." }, () => {
      this.#sweep();
      return this.#tokens.size;
    });
  }

  enable(): void {
    this.#on = true;
  }

  disable(): void {
    this.#on = false;
    this.#tokens.clear();
  }

  prefix(): string {
    let text = "";
    for (let i = 0; i < PREFIX_LENGTH; i++) text += LETTERS[below(this.#env.random, LETTERS.length)]!;
    return text;
  }

  assign(username: string, prefix: string, index: number): string {
    // No two entries have one index, so no two tokens are the same.
    const text = `${prefix}.${index}`;
    if (!this.#on) return text;
    this.#sweep();
    if (this.#tokens.size >= TOKENS_MAX) {
      const [oldest] = this.#tokens.keys();
      this.#tokens.delete(oldest!);
    }
    this.#tokens.set(text, { username, expiresMs: this.#env.clock.monotonicMs() + this.#ttlMs });
    return text;
  }

  waitsFor(text: string): number | undefined {
    const index = /^[^.]*\.([0-9]{1,20})$/.exec(text)?.[1];
    return index === undefined ? undefined : Number(index);
  }

  /** Use prolongs a token's life. */
  principal(text: string, revision: number): Principal | undefined {
    this.#sweep();
    const token = this.#tokens.get(text);
    if (token === undefined) return undefined;
    this.#tokens.delete(text);
    token.expiresMs = this.#env.clock.monotonicMs() + this.#ttlMs;
    this.#tokens.set(text, token);
    return { username: token.username, authRevision: revision };
  }

  invalidateUser(username: string): void {
    for (const [text, token] of this.#tokens) if (token.username === username) this.#tokens.delete(text);
  }

  #sweep(): void {
    const now = this.#env.clock.monotonicMs();
    for (const [text, token] of this.#tokens) {
      if (token.expiresMs >= now) break;
      this.#tokens.delete(text);
    }
  }
}

/** Flag `auth-token` left empty: nobody gets a token, so only client certificates tell who asks. */
export class NoTokens implements Tokens {
  enable(): void {}
  disable(): void {}
  prefix(): string {
    return "";
  }
  assign(): string {
    throw EtcdError.of("AuthFailed");
  }
  waitsFor(): undefined {
    return undefined;
  }
  principal(): undefined {
    return undefined;
  }
  invalidateUser(): void {}
}

/** What flag `auth-token` says. */
export type TokenSpec =
  | { readonly kind: "simple" }
  | { readonly kind: "none" }
  | {
      readonly kind: "jwt";
      /** `RS256` and its like. */
      readonly method: string;
      /** Paths of PEM files (of the bare secret, for HS256 and its like), or undefined. */
      readonly publicKey: string | undefined;
      readonly privateKey: string | undefined;
      /** As written, a Go duration; undefined: five minutes. */
      readonly ttl: string | undefined;
      /** Options that mean nothing; to be warned about. */
      readonly unknown: readonly string[];
    };

const methods = /^(?:RS|PS|ES|HS)(?:256|384|512)$|^EdDSA$/;

/**
 * Reads flag `auth-token`: `simple`, or `jwt,pub-key=…,priv-key=…,sign-method=…,ttl=…`.
 * @throws EtcdError with etcd's text for a value that means nothing
 */
export function parseTokenSpec(text: string): TokenSpec {
  const [kind = "", ...rest] = text.split(",");
  const options = new Map<string, string>();
  for (const pair of rest) {
    const parts = pair.split("=");
    if (parts.length !== 2 || options.has(parts[0]!)) throw invalidOptions();
    options.set(parts[0]!, parts[1]!);
  }
  if (kind === "") return { kind: "none" };
  if (kind === "simple") return { kind };
  if (kind !== "jwt") throw invalidOptions();
  const take = (name: string): string | undefined => {
    const value = options.get(name);
    options.delete(name);
    return value === "" ? undefined : value;
  };
  const method = take("sign-method") ?? "";
  if (!methods.test(method)) throw invalidOptions();
  return {
    kind,
    method,
    publicKey: take("pub-key"),
    privateKey: take("priv-key"),
    ttl: take("ttl"),
    unknown: [...options.keys()],
  };
}

function invalidOptions(): EtcdError {
  return EtcdError.raw(Code.Unknown, "auth: invalid auth options");
}
