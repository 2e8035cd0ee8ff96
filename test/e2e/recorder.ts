import { writeFileSync } from "node:fs";
import { Client, type KeyValue as ClientKeyValue, compare, op, type RangeResult } from "../../src/client/index.ts";
import {
  type CallRecord,
  checkAcknowledged,
  checkLinearizability,
  checkReadsOfThePast,
  type KeyEvent,
  type KeyValue,
  type Request,
  type Response,
  resolveOutcomes,
  Truth,
  type TruthRecord,
  type Violation,
  writeRecord,
} from "../../src/sim/check/index.ts";

export interface RecorderOptions {
  readonly endpoints: readonly string[];
  /** Callers, each on a connection of its own, each with one call at a time. */
  readonly clients: number;
  /** Calls a second over all callers; they go as fast as they are answered when it is left out. */
  readonly rate?: number;
  /** How many keys they fight over. */
  readonly keys?: number;
  /** How long a caller waits before it counts the outcome as unknown and goes to another member. */
  readonly timeoutMs?: number;
}

const prefix = "h/";

/** Callers that write and read the same few keys, and a record of every call and of what came of it. */
export class Recorder {
  readonly calls: CallRecord[] = [];
  /** When writes were acknowledged, on `performance.now()`'s clock. */
  readonly acknowledgedMs: number[] = [];
  readonly #options: Required<Omit<RecorderOptions, "rate">> & { readonly rate: number };
  readonly #loops: Promise<void>[];
  #over = false;
  #next = 0;

  constructor(options: RecorderOptions) {
    this.#options = { rate: 0, keys: 40, timeoutMs: 3000, ...options };
    this.#loops = Array.from({ length: options.clients }, (_, client) => this.#loop(client));
  }

  get unknown(): number {
    return this.calls.filter(({ returnMs }) => returnMs === undefined).length;
  }

  /** Ends the callers once each has its answer. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  /** Longest time without an acknowledged write that begins or ends between these two moments. */
  gapMs(fromMs: number, toMs: number): number {
    let longest = 0;
    let before = fromMs;
    for (const at of this.acknowledgedMs) {
      if (at > fromMs) longest = Math.max(longest, at - before);
      if (at > toMs) break;
      before = Math.max(before, at);
    }
    return longest;
  }

  async #loop(client: number): Promise<void> {
    const { rate, clients } = this.#options;
    const everyMs = rate > 0 ? (1000 * clients) / rate : 0;
    let connection = this.#connect();
    // Callers that begin together do not stay together.
    await pause(Math.random() * everyMs);
    while (!this.#over) {
      const began = performance.now();
      if (!(await this.#call(connection, client))) {
        connection.close();
        await pause(20);
        connection = this.#connect();
      }
      const leftMs = everyMs - (performance.now() - began);
      if (leftMs > 0) await pause(leftMs);
    }
    connection.close();
  }

  #connect(): Client {
    const { endpoints, timeoutMs } = this.#options;
    return new Client({ endpoints, requestTimeoutMs: timeoutMs, connectTimeoutMs: 1000 });
  }

  /** One call; false when it was not answered. */
  async #call(connection: Client, client: number): Promise<boolean> {
    const id = this.#next++;
    const request = this.#choose(id);
    const callMs = performance.now();
    const record = { type: "call", id, client: String(client), request, callMs } as const;
    try {
      const response = await send(connection, request);
      const returnMs = performance.now();
      this.calls.push({ ...record, returnMs, response });
      if (request.kind !== "range") this.acknowledgedMs.push(returnMs);
      return true;
    } catch (error) {
      // What no server took up did not happen; all else may have.
      if (!(error instanceof Error && "unsent" in error && error.unsent === true)) this.calls.push(record);
      return false;
    }
  }

  #choose(id: number): Request {
    const key = `${prefix}${Math.floor(Math.random() * this.#options.keys)}`;
    const value = `v${id}`;
    const dice = Math.random();
    if (dice < 0.5) return { kind: "put", key, value, lease: "" };
    if (dice < 0.7) return { kind: "range", key, end: "", revision: 0, limit: 0 };
    if (dice < 0.73) return { kind: "range", key: prefix, end: "h0", revision: 0, limit: 0 };
    if (dice < 0.77) return { kind: "range", key, end: "", revision: 0, limit: 0, serializable: true };
    if (dice < 0.85) return { kind: "delete", key, end: "" };
    return {
      kind: "txn",
      compares: [{ key, end: "", target: "create", result: dice < 0.93 ? "=" : ">", operand: 0 }],
      success: [{ kind: "put", key, value, lease: "" }],
      failure: [{ kind: "range", key, end: "", revision: 0, limit: 0 }],
    };
  }
}

async function send(connection: Client, request: Request): Promise<Response> {
  switch (request.kind) {
    case "put":
      return { revision: (await connection.put(request.key, request.value)).revision };
    case "delete": {
      const { revision, deleted } = await connection.delete(request.key);
      return { revision, deleted };
    }
    case "range": {
      const range = request.end === "" ? request.key : { start: request.key, end: request.end };
      return rangeResponse(await connection.range(range, { serializable: request.serializable }));
    }
    case "txn": {
      const { key, result } = request.compares[0]!;
      const put = request.success[0]!;
      if (put.kind !== "put") throw new TypeError("this recorder's transactions put");
      const { succeeded, revision, results } = await connection
        .txn()
        .if(result === "=" ? compare.missing(key) : compare.exists(key))
        .do(op.put(key, put.value))
        .else(op.range(key))
        .commit();
      const responses = results.map((one) =>
        one.kind === "range" ? { ...rangeResponse(one), revision: 0 } : { revision: 0 },
      );
      return { revision, succeeded, responses };
    }
    default:
      throw new TypeError(`this recorder makes no ${request.kind}`);
  }
}

function rangeResponse({ revision, kvs, count, more }: RangeResult): Response {
  return { revision, kvs: kvs.map(plain), count, more };
}

function plain(kv: ClientKeyValue): KeyValue {
  return {
    key: kv.keyText,
    value: kv.text,
    create: kv.createRevision,
    mod: kv.modRevision,
    version: kv.version,
    lease: kv.lease === 0n ? "" : String(kv.lease),
  };
}

/** Every change since the first, as one member tells it. Nothing may have been compacted. */
export async function wholeHistory(endpoint: string): Promise<TruthRecord[]> {
  const client = new Client({ endpoints: endpoint });
  const byRevision = new Map<number, KeyEvent[]>();
  try {
    const { revision: newest } = await client.range("any");
    if (newest === 1) return [];
    for await (const event of client.watch({ prefix: "" }, { startRevision: 1 })) {
      const kv = plain(event.kv);
      const one: KeyEvent = { type: event.type, kv: event.type === "put" ? kv : { ...kv, create: 0, version: 0 } };
      const events = byRevision.get(event.revision);
      if (events === undefined) byRevision.set(event.revision, [one]);
      else events.push(one);
      if (event.revision >= newest) break;
    }
  } finally {
    client.close();
  }
  return [...byRevision].map(([revision, events]) => ({ type: "truth", revision, events, ...causeOf(events) }));
}

/** A delete names the only request of the recorder that can have made it; puts are told apart by their values. */
function causeOf(events: readonly KeyEvent[]): { cause?: string } {
  const [event] = events;
  if (events.length !== 1 || event?.type !== "delete") return {};
  return { cause: JSON.stringify({ kind: "delete", key: event.kv.key, end: "" }) };
}

/** Puts of others, outside the recorder's keys: they take revisions, and may have been made at any time. */
function putsOfOthers(history: readonly TruthRecord[]): CallRecord[] {
  return history.flatMap(({ revision, events }) => {
    const { type, kv } = events[0]!;
    if (kv.key.startsWith(prefix)) return [];
    if (type !== "put" || events.length > 1)
      throw new Error(`revision ${revision} is nobody's: ${JSON.stringify(events)}`);
    const request = { kind: "put", key: kv.key, value: kv.value, lease: kv.lease } as const;
    const response = { revision };
    return [
      { type: "call", id: -revision, client: "other", request, callMs: 0, returnMs: Infinity, response } as const,
    ];
  });
}

/** Holds the answers to what happened; `undefined` when every promise was kept. Expects an empty store at the beginning. */
export function judge(calls: readonly CallRecord[], history: readonly TruthRecord[]): Violation | undefined {
  const truth = Truth.from(history);
  const result = checkLinearizability(resolveOutcomes([...putsOfOthers(history), ...calls], truth, JSON.stringify));
  if (result.verdict === "violation") return result.violation;
  if (result.verdict === "undecided") {
    return { check: "linearizability", message: `not decided within ${result.steps} steps` };
  }
  return checkAcknowledged(calls, truth) ?? checkReadsOfThePast(calls, truth);
}

/** A file for `node build/src/sim/check/main.js all <file>`; written when QUORATE_HISTORIES names a directory. */
export function keepHistory(name: string, calls: readonly CallRecord[], history: readonly TruthRecord[]): void {
  const directory = process.env["QUORATE_HISTORIES"];
  if (directory === undefined) return;
  writeFileSync(`${directory}/${name}.jsonl`, `${[...calls, ...history].map(writeRecord).join("\n")}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
