import { assert, below, type Env } from "../../base/index.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PREFIX_LENGTH = 16;
const TTL_DEFAULT_SECONDS = 300;
/** Beyond, the token unused for longest goes: whoever holds it is told it is invalid and asks for a new one. */
const TOKENS_MAX = 262_144;

interface Token {
  readonly username: string;
  expiresMs: number;
}

/**
 * Simple tokens, `<16 letters>.<index>`: names that every member remembers while it is up, because the entry that made them went
 * through the log. Nothing is stored. While off (authentication is off), none is kept.
 */
export class SimpleTokens {
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

  /** The random part of a new token; the receiving member draws it, the log entry carries it. */
  prefix(): string {
    let text = "";
    for (let i = 0; i < PREFIX_LENGTH; i++) text += LETTERS[below(this.#env.random, LETTERS.length)]!;
    return text;
  }

  assign(username: string, token: string): void {
    if (!this.#on) return;
    assert(!this.#tokens.has(token), "a simple token was drawn twice");
    this.#sweep();
    if (this.#tokens.size >= TOKENS_MAX) {
      const [oldest] = this.#tokens.keys();
      this.#tokens.delete(oldest!);
    }
    this.#tokens.set(token, { username, expiresMs: this.#env.clock.monotonicMs() + this.#ttlMs });
  }

  /** The user of a valid token, whose life this prolongs. */
  user(text: string): string | undefined {
    this.#sweep();
    const token = this.#tokens.get(text);
    if (token === undefined) return undefined;
    this.#tokens.delete(text);
    token.expiresMs = this.#env.clock.monotonicMs() + this.#ttlMs;
    this.#tokens.set(text, token);
    return token.username;
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

/** The index at the end of a simple token, or undefined for what is no simple token. */
export function tokenIndex(token: string): number | undefined {
  const index = /^[^.]*\.([0-9]{1,20})$/.exec(token)?.[1];
  return index === undefined ? undefined : Number(index);
}
