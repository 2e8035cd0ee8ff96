import {
  Code,
  checkGiven,
  checkOptions,
  type Env,
  everyOf,
  keyString,
  kinds,
  oneOf,
  type Shape,
  unit,
  utf8String,
} from "../base/index.ts";
import { ClientError, ConflictError, cancelled } from "./errors.ts";
import { type Bytes, type KeyValue, toBytes } from "./keys.ts";
import type { Keyspace } from "./keyspace.ts";
import { checkCall, checkKey, isAborted, leaseKind, none, type RequestOptions, requestShape } from "./options.ts";
import type { RangeResult } from "./requests.ts";
import { type Condition, compare, type Operation, op } from "./txn.ts";

/*
 * Software transactional memory by the rules of etcd's own client (`client/v3/concurrency`): reads are remembered with their
 * revisions, writes are held back, and one transaction carries out the writes on the condition that nothing it depends on changed.
 *
 *     isolation               reads                                            conditions of the commit
 *     serializable-snapshot   as of the revision of the first read             keys read unchanged; keys written unchanged since the first read
 *     serializable            as of the revision of the first read             keys read unchanged
 *     repeatable-reads        whatever the asked member has, each key once     keys read unchanged
 *     read-committed          whatever the asked member has, each key once     none
 */

/**
 * What a transaction is protected from, strongest first.
 *
 * - `serializable-snapshot`: all reads are of one revision, and nothing read or written has changed since.
 * - `serializable`: all reads are of one revision, and nothing read has changed since. Writes of keys that were not read win over others.
 * - `repeatable-reads`: nothing read has changed when it is committed, but different keys may have been read at different revisions.
 * - `read-committed`: only that what is read was committed. Never a conflict, and lost updates are possible.
 *
 * @example
 * const isolation: Isolation = "repeatable-reads";
 * await client.stm(async (tx) => tx.put("seen", (await tx.get("config"))?.text ?? ""), { isolation });
 */
export type Isolation = "serializable-snapshot" | "serializable" | "repeatable-reads" | "read-committed";

/**
 * How a transaction is run.
 *
 * @example
 * const options: StmOptions = { isolation: "serializable", retries: 5, prefetch: ["a", "b"], timeoutMs: 2000 };
 */
export interface StmOptions extends RequestOptions {
  /** Default `serializable-snapshot`. */
  readonly isolation?: Isolation | undefined;
  /** How often it is tried again after a conflict; `Infinity` for ever. Default 100. */
  readonly retries?: number | undefined;
  /** Keys that are read in any case: fetched together, in one request, before the first attempt. */
  readonly prefetch?: readonly Bytes[] | undefined;
}

const stmShape = {
  ...requestShape,
  isolation: oneOf("serializable-snapshot", "serializable", "repeatable-reads", "read-committed"),
  retries: {
    wanted: "a whole number from 0, or Infinity",
    holds: (value) => kinds.count.holds(value) || value === Number.POSITIVE_INFINITY,
  },
  prefetch: {
    wanted: "an array of keys (strings or Uint8Arrays)",
    holds: (value) => Array.isArray(value) && everyOf(value, kinds.textOrBytes.holds),
  },
} as const satisfies Shape;

const stmPutShape = { lease: leaseKind } as const satisfies Shape;

/** What a transaction sees under a key: as it is in the store, or as the transaction itself has written it. */
export type StmValue = Pick<KeyValue, "key" | "keyText" | "value" | "text" | "json">;

/**
 * The view of one attempt of a transaction; given to the function that `stm` runs, and over with it.
 *
 * @example
 * const count = await client.stm(async (tx) => {
 *   const next = Number((await tx.get("counter"))?.text ?? 0) + 1;
 *   tx.put("counter", String(next));
 *   return next;
 * });
 */
export interface StmTxn {
  /** The key as this attempt sees it, its own writes included; undefined when it does not exist. */
  get(key: Bytes): Promise<StmValue | undefined>;
  /** Revision of the key's last change before this transaction; 0 when it does not exist. Counts as a read. */
  revision(key: Bytes): Promise<number>;
  /** Writes the key, when the transaction is committed. */
  put(key: Bytes, value: Bytes, options?: { readonly lease?: bigint | { readonly id: bigint } | undefined }): void;
  /** Deletes the key, when the transaction is committed. */
  delete(key: Bytes): void;
}

/** A key as it was read, and the revision of the store at that time. */
interface Read {
  readonly kv: KeyValue | undefined;
  readonly revision: number;
}

interface Write {
  readonly operation: Operation;
  /** Undefined: deleted. */
  readonly value: StmValue | undefined;
}

/** A value that this transaction wrote. */
class Written implements StmValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;

  constructor(key: Uint8Array, value: Uint8Array) {
    this.key = key;
    this.value = value;
  }

  get keyText(): string {
    return utf8String(this.key);
  }

  get text(): string {
    return utf8String(this.value);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text) as T;
  }
}

/** One run of the caller's function. */
class Attempt implements StmTxn {
  readonly #keys: Keyspace;
  readonly #isolation: Isolation;
  /** What each request may take of the time for all. */
  readonly #request: () => RequestOptions;
  /** Values known from the conflict before, all of one revision; each is good for one read. */
  readonly #known: ReadonlyMap<string, Read>;
  readonly #reads = new Map<string, Promise<Read>>();
  readonly #done = new Map<string, Read>();
  readonly #writes = new Map<string, Write>();
  /** With one revision for all reads: that of the first, once it is answered. */
  #base: Promise<number> | undefined;
  #over = false;

  constructor(keys: Keyspace, isolation: Isolation, request: () => RequestOptions, known: ReadonlyMap<string, Read>) {
    this.#keys = keys;
    this.#isolation = isolation;
    this.#request = request;
    this.#known = known;
  }

  async get(key: Bytes): Promise<StmValue | undefined> {
    checkKey("tx.get", "key", key);
    this.#mustRun();
    const name = keyString(toBytes(key));
    const written = this.#writes.get(name);
    if (written !== undefined) return written.value;
    return (await this.#read(name, key)).kv;
  }

  async revision(key: Bytes): Promise<number> {
    checkKey("tx.revision", "key", key);
    this.#mustRun();
    return (await this.#read(keyString(toBytes(key)), key)).kv?.modRevision ?? 0;
  }

  put(
    key: Bytes,
    value: Bytes,
    options: { readonly lease?: bigint | { readonly id: bigint } | undefined } = none,
  ): void {
    checkKey("tx.put", "key", key);
    checkGiven("tx.put", "value", value, kinds.textOrBytes);
    checkCall("tx.put", options, stmPutShape);
    this.#mustRun();
    // Copies: the caller may go on using its memory before the commit.
    const [ownKey, ownValue] = [copyOf(key), copyOf(value)];
    this.#writes.set(keyString(ownKey), {
      operation: op.put(ownKey, ownValue, options),
      value: new Written(ownKey, ownValue),
    });
  }

  delete(key: Bytes): void {
    checkKey("tx.delete", "key", key);
    this.#mustRun();
    const own = copyOf(key);
    this.#writes.set(keyString(own), { operation: op.delete(own), value: undefined });
  }

  /** Reads several keys in one request. */
  async prefetch(keys: readonly Bytes[]): Promise<void> {
    const missing = new Map<string, Bytes>();
    for (const key of keys) missing.set(keyString(toBytes(key)), key);
    for (const [name, key] of missing) {
      if (!this.#known.has(name)) continue;
      this.#read(name, key);
      missing.delete(name);
    }
    if (missing.size === 0) return;
    const names = [...missing.keys()];
    const options = await this.#readOptions();
    const answer = this.#keys
      .txn()
      .do(...[...missing.values()].map((key) => op.range(key, options)))
      .commit(this.#request());
    for (const [i, name] of names.entries()) {
      this.#remember(
        name,
        answer.then(({ results, revision }) => readOf(results[i] as RangeResult, revision)),
      );
    }
    await answer;
  }

  /** Commits; undefined when it is done, else what is known of the keys that were read, for the next attempt. */
  async commit(): Promise<ReadonlyMap<string, Read> | undefined> {
    // A read that nobody waited for still counts.
    await Promise.all(this.#reads.values());
    this.end();
    if (this.#isolation === "read-committed" && this.#writes.size === 0) return undefined;
    const names = this.#oneRevision ? [...this.#done.keys()] : [];
    const answer = await this.#keys
      .txn()
      .if(...this.#conditions())
      .do(...[...this.#writes.values()].map(({ operation }) => operation))
      // The reads of the next attempt come with the news of the conflict.
      .else(...names.map((name) => op.range(bytesOf(name))))
      .commit(this.#request());
    if (answer.succeeded) return undefined;
    return new Map(names.map((name, i) => [name, readOf(answer.results[i] as RangeResult, answer.revision)]));
  }

  /** Nothing is read or written by it any more. */
  end(): void {
    this.#over = true;
  }

  get #oneRevision(): boolean {
    return this.#isolation === "serializable-snapshot" || this.#isolation === "serializable";
  }

  #conditions(): Condition[] {
    if (this.#isolation === "read-committed") return [];
    const unchanged = [...this.#done].map(([name, { kv }]) =>
      compare.modRevision(bytesOf(name), "=", kv?.modRevision ?? 0),
    );
    if (this.#isolation !== "serializable-snapshot" || this.#done.size === 0) return unchanged;
    const first = Math.min(...[...this.#done.values()].map(({ revision }) => revision));
    const unwritten = [...this.#writes.keys()].map((name) => compare.modRevision(bytesOf(name), "<", first + 1));
    return [...unchanged, ...unwritten];
  }

  #read(name: string, key: Bytes): Promise<Read> {
    const read = this.#reads.get(name);
    if (read !== undefined) return read;
    const known = this.#known.get(name);
    const own = copyOf(key);
    if (known === undefined) return this.#remember(name, this.#fetch(own));
    if (this.#base === undefined) return this.#remember(name, Promise.resolve(known));
    // Good only if the other reads are of its revision.
    return this.#remember(
      name,
      this.#base.then((base) => (base === known.revision ? known : this.#fetch(own))),
    );
  }

  #remember(name: string, read: Promise<Read>): Promise<Read> {
    const noted = read.then((value) => {
      this.#done.set(name, value);
      return value;
    });
    this.#reads.set(name, noted);
    // The first read fixes the revision of all, also of those that are asked for while it is under way.
    if (this.#oneRevision) this.#base ??= noted.then(({ revision }) => revision);
    // Its failure reaches the caller by `noted`, and the commit if the caller does not wait.
    noted.catch(() => {});
    this.#base?.catch(() => {});
    return noted;
  }

  async #fetch(key: Uint8Array): Promise<Read> {
    const options = await this.#readOptions();
    const read = (more: typeof options) => this.#keys.range(key, { ...this.#request(), ...more });
    try {
      const answer = await read(options);
      return readOf(answer, answer.revision, options.revision);
    } catch (error) {
      // Another member than the one that was read first is behind: it must ask the leader how far it has to be.
      const behind = error instanceof ClientError && error.is("mvcc: required revision is a future revision");
      if (!behind || options.revision === undefined) throw error;
      return readOf(await read({ revision: options.revision }), options.revision);
    }
  }

  async #readOptions(): Promise<{ readonly revision?: number; readonly serializable?: boolean }> {
    if (!this.#oneRevision) return { serializable: true };
    return this.#base === undefined ? none : { revision: await this.#base, serializable: true };
  }

  #mustRun(): void {
    if (this.#over)
      throw new Error("this attempt of the transaction is over: use `tx` only within the function given to stm");
  }
}

function readOf(answer: RangeResult, storeRevision: number, asOf = storeRevision): Read {
  return { kv: answer.kvs[0], revision: asOf };
}

function copyOf(value: Bytes): Uint8Array {
  return typeof value === "string" ? toBytes(value) : Uint8Array.from(value);
}

function bytesOf(name: string): Uint8Array {
  return Buffer.from(name, "latin1");
}

/** For `client.stm`. */
export async function stm<T>(
  keys: Keyspace,
  env: Env,
  work: (tx: StmTxn) => Promise<T> | T,
  options: StmOptions,
): Promise<T> {
  checkGiven("client.stm", "work", work, kinds.fn);
  if (options !== none) checkOptions("client.stm", options, stmShape);
  const { isolation = "serializable-snapshot", retries = 100, prefetch = [], signal, timeoutMs } = options;
  const end = timeoutMs === undefined ? Number.POSITIVE_INFINITY : env.clock.monotonicMs() + timeoutMs;
  /** What each request of the transaction may take: the rest of the time for all of it. */
  const request = (): RequestOptions => {
    if (timeoutMs === undefined) return { signal };
    const left = end - env.clock.monotonicMs();
    if (left <= 0) throw new ClientError(Code.DeadlineExceeded, "the transaction took longer than it may", true);
    return { signal, timeoutMs: left };
  };
  let known: ReadonlyMap<string, Read> = new Map();
  for (let attempts = 1; ; attempts++) {
    if (isAborted(signal)) throw cancelled();
    const attempt = new Attempt(keys, isolation, request, known);
    let conflict: ReadonlyMap<string, Read> | undefined;
    try {
      if (prefetch.length > 0) await attempt.prefetch(prefetch);
      const result = await work(attempt);
      if (isAborted(signal)) throw cancelled();
      conflict = await attempt.commit();
      if (conflict === undefined) return result;
    } catch (error) {
      // What was read first has been compacted away meanwhile: a later attempt reads at a later revision.
      if (!(error instanceof ClientError && error.is("mvcc: required revision has been compacted"))) throw error;
      conflict = new Map();
    } finally {
      attempt.end();
    }
    if (attempts > retries) throw new ConflictError(attempts);
    known = conflict;
    // Once is bad luck; from then on those who fight for the same keys should not all come back at the same time.
    if (attempts > 1) await pause(env, Math.min(100, 2 ** Math.min(attempts, 10)) * unit(env.random), signal);
  }
}

function pause(env: Env, ms: number, signal: StmOptions["signal"]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = env.scheduler.after(ms, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
