import {
  type Compare,
  inRange,
  type KeyEvent,
  type KeyValue,
  type Operation,
  type Request,
  type Response,
} from "./types.ts";

/** etcd as a value: what is true between two operations. Never changed in place. */
export interface State {
  /** Of the last change; 1 in an empty store. */
  readonly revision: number;
  /** In the order of the keys. */
  readonly keys: readonly KeyValue[];
}

export const emptyState: State = { revision: 1, keys: [] };

/** What one operation does: its answer, and the state after it (the same object when nothing changed). */
export interface Step {
  readonly state: State;
  readonly response: Response;
  readonly events: readonly KeyEvent[];
}

/** Index of the first key >= `key`. */
function lowerBound(keys: readonly KeyValue[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function lookup(state: State, key: string): KeyValue | undefined {
  const at = state.keys[lowerBound(state.keys, key)];
  return at?.key === key ? at : undefined;
}

export function within(keys: readonly KeyValue[], low: string, end: string): KeyValue[] {
  const found: KeyValue[] = [];
  for (let i = lowerBound(keys, low); i < keys.length && inRange(keys[i]!.key, low, end); i++) found.push(keys[i]!);
  return found;
}

/** One transaction at work: copies the keys at its first change. */
class Work {
  readonly #before: State;
  #keys: KeyValue[] | undefined;
  readonly #events: KeyEvent[] = [];

  constructor(before: State) {
    this.#before = before;
  }

  get keys(): readonly KeyValue[] {
    return this.#keys ?? this.#before.keys;
  }

  put(key: string, value: string, lease: string): void {
    const keys = this.#own();
    const at = lowerBound(keys, key);
    const old = keys[at]?.key === key ? keys[at] : undefined;
    const mod = this.#before.revision + 1;
    const kv: KeyValue = { key, value, create: old?.create ?? mod, mod, version: (old?.version ?? 0) + 1, lease };
    keys.splice(at, old === undefined ? 0 : 1, kv);
    this.#events.push({ type: "put", kv, ...this.#previous(key) });
  }

  remove(found: readonly KeyValue[]): void {
    if (found.length === 0) return;
    const keys = this.#own();
    const mod = this.#before.revision + 1;
    for (const kv of found) {
      keys.splice(lowerBound(keys, kv.key), 1);
      this.#events.push({ type: "delete", kv: tombstone(kv.key, mod), ...this.#previous(kv.key) });
    }
  }

  /** What watchers get as the previous value: that before the transaction. */
  #previous(key: string): { prev?: KeyValue } {
    const prev = lookup(this.#before, key);
    return prev === undefined ? {} : { prev };
  }

  #own(): KeyValue[] {
    this.#keys ??= [...this.#before.keys];
    return this.#keys;
  }

  end(response: Response): Step {
    if (this.#keys === undefined) {
      return { state: this.#before, response: { ...response, revision: this.#before.revision }, events: [] };
    }
    const revision = this.#before.revision + 1;
    return { state: { revision, keys: this.#keys }, response: { ...response, revision }, events: this.#events };
  }
}

export function tombstone(key: string, mod: number): KeyValue {
  return { key, value: "", create: 0, mod, version: 0, lease: "" };
}

/** What `request` does to `state`. Leases are known only by the keys that hang on them: "no such lease" is not modelled. */
export function step(state: State, request: Request): Step {
  const work = new Work(state);
  switch (request.kind) {
    case "range":
    case "put":
    case "delete":
    case "txn":
      return work.end(perform(work, request));
    case "revoke":
    case "expire":
      work.remove(work.keys.filter((kv) => kv.lease === request.lease));
      return work.end({ revision: 0 });
    case "grant":
      return work.end({ revision: 0, ttlSeconds: request.ttlSeconds });
    default:
      return work.end({ revision: 0 });
  }
}

function perform(work: Work, operation: Operation): Response {
  switch (operation.kind) {
    case "range":
      return range(work.keys, operation);
    case "put": {
      const old = within(work.keys, operation.key, "");
      const value = operation.ignoreValue ? (old[0]?.value ?? "") : operation.value;
      const lease = operation.ignoreLease ? (old[0]?.lease ?? "") : operation.lease;
      work.put(operation.key, value, lease);
      return operation.prevKv ? { revision: 0, prevKvs: old } : { revision: 0 };
    }
    case "delete": {
      const found = within(work.keys, operation.key, operation.end);
      work.remove(found);
      const response: Response = { revision: 0, deleted: found.length };
      return operation.prevKv ? { ...response, prevKvs: found } : response;
    }
    case "txn": {
      // Conditions of a nested transaction are looked at before anything is written, as etcd does.
      const path = decide(work.keys, operation);
      return follow(work, operation, path);
    }
  }
}

/** Which branch each transaction takes, in depth-first order of those reached. */
type Path = { readonly succeeded: boolean; readonly nested: readonly Path[] };

function decide(keys: readonly KeyValue[], txn: Operation & { kind: "txn" }): Path {
  const succeeded = txn.compares.every((compare) => holds(keys, compare));
  const nested = (succeeded ? txn.success : txn.failure)
    .filter((operation) => operation.kind === "txn")
    .map((operation) => decide(keys, operation));
  return { succeeded, nested };
}

function follow(work: Work, txn: Operation & { kind: "txn" }, path: Path): Response {
  let next = 0;
  const responses = (path.succeeded ? txn.success : txn.failure).map((operation) =>
    operation.kind === "txn" ? follow(work, operation, path.nested[next++]!) : perform(work, operation),
  );
  return { revision: 0, succeeded: path.succeeded, responses };
}

export function range(
  keys: readonly KeyValue[],
  asked: { key: string; end: string; limit: number; countOnly?: boolean; keysOnly?: boolean; sorted?: boolean },
): Response {
  const found = within(keys, asked.key, asked.end);
  if (asked.countOnly) return { revision: 0, kvs: [], count: found.length, more: false };
  if (asked.sorted) return { revision: 0, count: found.length };
  const more = asked.limit > 0 && found.length > asked.limit;
  const kept = more ? found.slice(0, asked.limit) : found;
  const kvs = asked.keysOnly ? kept.map((kv) => ({ ...kv, value: "" })) : kept;
  return { revision: 0, kvs, count: found.length, more };
}

const nothing: KeyValue = { key: "", value: "", create: 0, mod: 0, version: 0, lease: "" };

function holds(keys: readonly KeyValue[], compare: Compare): boolean {
  const found = within(keys, compare.key, compare.end);
  if (found.length === 0) {
    // A value that was never written equals nothing.
    if (compare.target === "value") return false;
    return compareOne(nothing, compare);
  }
  return found.every((kv) => compareOne(kv, compare));
}

function compareOne(kv: KeyValue, { target, result, operand }: Compare): boolean {
  const actual = kv[target];
  switch (result) {
    case "=":
      return actual === operand;
    case "!=":
      return actual !== operand;
    case ">":
      return actual > operand;
    case "<":
      return actual < operand;
  }
}

/** First difference between what a response says and what it should say, as text; undefined when they agree. */
export function difference(expected: Response, actual: Response, withRevisions = true): string | undefined {
  if (withRevisions && actual.revision !== 0 && expected.revision !== 0 && actual.revision !== expected.revision) {
    return `revision ${actual.revision}, expected ${expected.revision}`;
  }
  for (const field of ["count", "more", "deleted", "succeeded"] as const) {
    if (expected[field] !== undefined && actual[field] !== undefined && expected[field] !== actual[field]) {
      return `${field} ${actual[field]}, expected ${expected[field]}`;
    }
  }
  for (const field of ["kvs", "prevKvs"] as const) {
    const different = listDifference(field, expected[field], actual[field], withRevisions);
    if (different !== undefined) return different;
  }
  if (expected.responses !== undefined && actual.responses !== undefined) {
    if (expected.responses.length !== actual.responses.length) {
      return `${actual.responses.length} responses, expected ${expected.responses.length}`;
    }
    for (let i = 0; i < expected.responses.length; i++) {
      const different = difference(expected.responses[i]!, actual.responses[i]!, withRevisions);
      if (different !== undefined) return `response ${i}: ${different}`;
    }
  }
  return undefined;
}

function listDifference(
  field: string,
  expected: readonly KeyValue[] | undefined,
  actual: readonly KeyValue[] | undefined,
  withRevisions: boolean,
): string | undefined {
  if (expected === undefined || actual === undefined) return undefined;
  if (expected.length !== actual.length) return `${actual.length} ${field}, expected ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    if (!sameKeyValue(expected[i]!, actual[i]!, withRevisions)) {
      return `${field}[${i}] ${JSON.stringify(actual[i])}, expected ${JSON.stringify(expected[i])}`;
    }
  }
  return undefined;
}

export function sameKeyValue(a: KeyValue, b: KeyValue, withRevisions = true): boolean {
  return (
    a.key === b.key &&
    a.value === b.value &&
    a.version === b.version &&
    a.lease === b.lease &&
    (!withRevisions || (a.create === b.create && a.mod === b.mod))
  );
}
