import { difference, emptyState, type State, step } from "./model.ts";
import {
  type CallRecord,
  inRange,
  type KeyEvent,
  type KeyValue,
  type Operation,
  type Request,
  type Response,
  type Violation,
} from "./types.ts";

/*
 * Is there one order of all calls, each at some instant between its call and its return, in which every answer is right?
 *
 * The search is Wing and Gong's with Lowe's memory of configurations that led nowhere: at each step any call may come next
 * that began before the first of the remaining ones returned. etcd's revisions make it narrow: an answer names the state it
 * saw, so a call whose outcome is known fits one revision only. What branches is a call without an answer, which may have
 * happened at any time since, or never.
 */

export interface LinearizabilityOptions {
  /** Steps after which the search gives up: the verdict is then "undecided". Default 2,000,000. */
  readonly stepsMax?: number;
  /** What the store held before the first call. */
  readonly initial?: State;
  /** Leases that ended are among the calls (`resolveOutcomes`); otherwise any that was granted may end at any time. */
  readonly expirationsListed?: boolean;
  /** False: answers are compared without revisions, and the history is split by keys that no call ties together. Default true. */
  readonly revisions?: boolean;
}

export type LinearizabilityResult =
  /** `order` holds the ids of the calls that took effect or were answered, in one order that explains everything. */
  | { readonly verdict: "linearizable"; readonly order: readonly number[]; readonly events: readonly KeyEvent[][] }
  | { readonly verdict: "violation"; readonly violation: Violation }
  | { readonly verdict: "undecided"; readonly steps: number };

/** A call as the search sees it. */
interface Call {
  readonly record: CallRecord;
  readonly request: Request;
  readonly callMs: number;
  readonly returnMs: number;
  /** It need not have happened at all. */
  readonly optional: boolean;
  /** Changes nothing wherever its answer is right: taken as soon as it fits, without a second thought. */
  readonly reads: boolean;
  /** Two random words that stand for it in the sum of a set of optional calls. */
  readonly mark: number;
}

/** Where the search stands. Kept as a chain, so that a way back is a pointer. */
interface Node {
  readonly parent: Node | undefined;
  /** The call taken last. */
  readonly call: Call | undefined;
  readonly state: State;
  readonly events: readonly KeyEvent[];
  /** All required calls before this one in order of their beginning are taken, this one is not. */
  readonly low: number;
  /** Required calls beyond `low` that are taken; ascending. */
  readonly beyond: readonly number[];
  /** Optional calls that are taken; ascending positions. */
  readonly taken: readonly number[];
  readonly takenSum: number;
  readonly depth: number;
  /** What may come next; the first is tried first. */
  readonly choices: readonly { readonly optional: boolean; readonly position: number }[];
  next: number;
}

export function checkLinearizability(
  records: readonly CallRecord[],
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const revisions = options.revisions ?? true;
  // What some member happened to hold is no claim about the newest state; see `stale-reads.ts`.
  const calls = records.filter((record) => !(record.request.kind === "range" && record.request.serializable === true));
  if (revisions) return search(calls, options, true);
  const order: number[] = [];
  let events: readonly KeyEvent[][] = [];
  const components = splitByKeys(calls);
  for (const component of components) {
    const result = search(component, options, false);
    if (result.verdict !== "linearizable") return result;
    order.push(...result.order);
    if (components.length === 1) events = result.events;
  }
  return { verdict: "linearizable", order, events };
}

function search(
  records: readonly CallRecord[],
  options: LinearizabilityOptions,
  revisions: boolean,
): LinearizabilityResult {
  const { required, optional } = prepare(records, options.expirationsListed ?? false);
  const stepsMax = options.stepsMax ?? 2_000_000;
  const known = revisions ? gatherKnown(records) : { owned: new Set<number>(), seen: new Map<number, KeyValue[]>() };
  const dead = new Set<string>();
  let steps = 0;
  let furthest: Node | undefined;
  let node: Node | undefined = {
    parent: undefined,
    call: undefined,
    state: options.initial ?? emptyState,
    events: [],
    low: 0,
    beyond: [],
    taken: [],
    takenSum: 0,
    depth: 0,
    choices: [],
    next: 0,
  };
  node = { ...node, choices: choicesOf(node, required, optional) };

  while (node !== undefined) {
    if (node.low === required.length) return succeeded(node);
    if (furthest === undefined || node.depth > furthest.depth) furthest = node;
    const choice = node.choices[node.next++];
    if (choice === undefined) {
      node = node.parent;
      continue;
    }
    if (++steps > stepsMax) return { verdict: "undecided", steps };
    const call = choice.optional ? optional[choice.position]! : required[choice.position]!;
    // A revision that an answer claims for its call is no other call's.
    if (choice.optional && known.owned.has(node.state.revision + 1)) continue;
    if (call.record.mayBe?.includes(node.state.revision + 1) === false) continue;
    let state: State = node.state;
    let events: readonly KeyEvent[] = [];
    // A refusal changes nothing; whether it was right to refuse is the question of other checks.
    if (call.record.refused === undefined || choice.optional) {
      const result = step(node.state, call.request);
      const changes = result.state !== node.state;
      if (revisions && changes && !agrees(result.events, known.seen.get(result.state.revision))) continue;
      // Without an effect it makes no difference whether a call without an answer happened.
      if (choice.optional && !changes) continue;
      if (!choice.optional && mismatch(node.state, result.response, call.record, revisions) !== undefined) continue;
      state = result.state;
      if (changes) events = result.events;
    }
    const following: Node = advance(node, choice, call, state, events, required);
    const key = keyOf(following);
    if (dead.has(key)) continue;
    dead.add(key);
    // One that changes nothing and fits now can come now: whatever is possible without it stays possible.
    if (!choice.optional && call.reads) node.next = node.choices.length;
    node = { ...following, choices: choicesOf(following, required, optional) };
  }
  return { verdict: "violation", violation: explain(furthest!, required, revisions) };
}

/** What answers tell about revisions: which one a call made, and which keys some revision wrote. */
interface Known {
  readonly owned: ReadonlySet<number>;
  readonly seen: ReadonlyMap<number, KeyValue[]>;
}

function gatherKnown(records: readonly CallRecord[]): Known {
  const owned = new Set<number>();
  const seen = new Map<number, KeyValue[]>();
  const look = (response: Response): void => {
    for (const kv of [...(response.kvs ?? []), ...(response.prevKvs ?? [])]) {
      const at = seen.get(kv.mod);
      if (at === undefined) seen.set(kv.mod, [kv]);
      else if (at.length < 8 && !at.some((other) => other.key === kv.key)) at.push(kv);
    }
    for (const inner of response.responses ?? []) look(inner);
  };
  for (const { request, response } of records) {
    if (response === undefined) continue;
    if (request.kind === "range" && request.keysOnly === true) continue;
    look(response);
    if (response.revision > 0 && wrote(request, response)) owned.add(response.revision);
  }
  return { owned, seen };
}

function wrote(request: Request, response: Response): boolean {
  if (request.kind === "put") return true;
  if (request.kind === "delete") return (response.deleted ?? 0) > 0;
  if (request.kind !== "txn" || response.responses === undefined) return false;
  const branch = response.succeeded ? request.success : request.failure;
  return branch.some((operation, i) => wrote(operation, response.responses![i]!));
}

/** The answer says so: nothing was there to delete, or the branch that was taken only reads. */
function didNothing(request: Request, response: Response | undefined): boolean {
  if (response === undefined) return false;
  if (request.kind === "delete") return response.deleted === 0;
  return request.kind === "txn" && response.responses !== undefined && !wrote(request, response);
}

function agrees(events: readonly KeyEvent[], seen: readonly KeyValue[] | undefined): boolean {
  if (seen === undefined) return true;
  return seen.every((kv) =>
    events.some((event) => event.type === "put" && event.kv.key === kv.key && event.kv.value === kv.value),
  );
}

/** Why the answer does not fit the state; a look at the past is held to its header only, `history.ts` checks what it saw. */
function mismatch(state: State, expected: Response, record: CallRecord, revisions: boolean): string | undefined {
  const actual = record.response ?? { revision: 0 };
  const { request } = record;
  if (request.kind === "range" && request.revision > 0 && request.revision !== state.revision) {
    return difference({ revision: state.revision }, { revision: actual.revision }, revisions);
  }
  return difference(expected, actual, revisions);
}

function prepare(records: readonly CallRecord[], listed: boolean): { required: Call[]; optional: Call[] } {
  const required: Call[] = [];
  const optional: Call[] = [];
  const grants = new Map<string, CallRecord>();
  let seed = 1;
  const add = (record: CallRecord, request: Request, known: boolean): void => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    (known ? required : optional).push({
      record,
      request,
      callMs: record.callMs,
      returnMs: known ? record.returnMs! : Number.POSITIVE_INFINITY,
      optional: !known,
      reads: known && (record.refused !== undefined || readsOnly(request) || didNothing(request, record.response)),
      mark: seed * 2 ** 20 + ((seed ^ 0x5bd1e995) & 0xfffff),
    });
  };
  for (const record of records) {
    const known = record.returnMs !== undefined;
    if (record.request.kind === "grant") grants.set(record.request.lease, record);
    if (known || !readsOnly(record.request)) add(record, record.request, known);
  }
  // A lease may run out at any time after it was granted; whether that was early is the lease check's question.
  for (const { request } of records) if (request.kind === "expire") grants.delete(request.lease);
  if (!listed) for (const [lease, record] of grants) add(record, { kind: "expire", lease }, false);
  required.sort((a, b) => a.callMs - b.callMs || a.record.id - b.record.id);
  optional.sort((a, b) => a.callMs - b.callMs || a.record.id - b.record.id);
  return { required, optional };
}

function readsOnly(request: Request): boolean {
  if (request.kind === "txn") return [...request.success, ...request.failure].every(readsOnly);
  return request.kind === "range" || request.kind === "grant" || request.kind === "renew" || request.kind === "compact";
}

/** Required calls first: those that read, then those that write, then what may have happened. */
function choicesOf(node: Node, required: readonly Call[], optional: readonly Call[]): Node["choices"] {
  let firstReturn = Number.POSITIVE_INFINITY;
  const open: number[] = [];
  let beyond = 0;
  for (let i = node.low; i < required.length && required[i]!.callMs <= firstReturn; i++) {
    if (node.beyond[beyond] === i) {
      beyond++;
      continue;
    }
    open.push(i);
    firstReturn = Math.min(firstReturn, required[i]!.returnMs);
  }
  const choices: { optional: boolean; position: number }[] = [];
  const candidates = open.filter((i) => required[i]!.callMs <= firstReturn);
  for (const i of candidates) if (required[i]!.reads) choices.push({ optional: false, position: i });
  for (const i of candidates) if (!required[i]!.reads) choices.push({ optional: false, position: i });
  let taken = 0;
  for (let i = 0; i < optional.length && optional[i]!.callMs <= firstReturn; i++) {
    if (node.taken[taken] === i) {
      taken++;
      continue;
    }
    choices.push({ optional: true, position: i });
  }
  return choices;
}

function advance(
  node: Node,
  choice: Node["choices"][number],
  call: Call,
  state: State,
  events: readonly KeyEvent[],
  required: readonly Call[],
): Node {
  let { low, beyond, taken, takenSum } = node;
  if (choice.optional) {
    taken = insert(taken, choice.position);
    takenSum = (takenSum + call.mark) % Number.MAX_SAFE_INTEGER;
  } else if (choice.position === low) {
    low++;
    let skip = 0;
    while (low < required.length && beyond[skip] === low) {
      low++;
      skip++;
    }
    if (skip > 0) beyond = beyond.slice(skip);
  } else beyond = insert(beyond, choice.position);
  return {
    parent: node,
    call,
    state,
    events,
    low,
    beyond,
    taken,
    takenSum,
    depth: node.depth + 1,
    choices: [],
    next: 0,
  };
}

function insert(sorted: readonly number[], value: number): number[] {
  const at = sorted.findIndex((other) => other > value);
  return at === -1 ? [...sorted, value] : [...sorted.slice(0, at), value, ...sorted.slice(at)];
}

/** Two configurations with this text in common lead to the same: same calls left, same state. */
function keyOf(node: Node): string {
  return `${node.low}|${node.beyond.join(",")}|${node.taken.length}:${node.takenSum}|${node.state.revision}:${sumOf(node.state)}`;
}

const sums = new WeakMap<State, number>();

/** 32 bits over keys and values: states that differ in nothing else share a revision and are few. */
function sumOf(state: State): number {
  let sum = sums.get(state);
  if (sum !== undefined) return sum;
  sum = 0;
  for (const kv of state.keys) sum = (Math.imul(sum, 31) + sumOfKey(kv)) | 0;
  sums.set(state, sum);
  return sum;
}

const keySums = new WeakMap<KeyValue, number>();

/** States share their keys: most of a new one was summed up before. */
function sumOfKey(kv: KeyValue): number {
  let sum = keySums.get(kv);
  if (sum !== undefined) return sum;
  sum = kv.mod * 7 + kv.version;
  for (let i = 0; i < kv.value.length; i++) sum = (Math.imul(sum, 31) + kv.value.charCodeAt(i)) | 0;
  keySums.set(kv, sum);
  return sum;
}

function succeeded(node: Node): LinearizabilityResult {
  const order: number[] = [];
  const events: KeyEvent[][] = [];
  for (let at: Node | undefined = node; at?.call !== undefined; at = at.parent) {
    order.push(at.call.record.id);
    if (at.events.length > 0) events.push([...at.events]);
  }
  return { verdict: "linearizable", order: order.reverse(), events: events.reverse() };
}

/** The calls that could have come next where the search got furthest, and why none fits. */
function explain(node: Node, required: readonly Call[], revisions: boolean): Violation {
  const stuck = node.choices
    .filter((choice) => !choice.optional)
    .map(({ position }) => {
      const { record } = required[position]!;
      const why = mismatch(node.state, step(node.state, record.request).response, record, revisions);
      return { call: record, why: why ?? "fits, but nothing after it does" };
    });
  const first = stuck.find(({ why }) => !why.startsWith("fits")) ?? stuck[0];
  return {
    check: "linearizability",
    message: `no order explains the answers: after ${node.depth} calls at revision ${node.state.revision}, call ${first?.call.id} (${first?.call.request.kind}): ${first?.why}`,
    facts: { after: node.call?.record, stuck: stuck.slice(0, 8), optional: node.choices.length - stuck.length },
  };
}

/** Histories of keys that no call ties together. A call that touches no key, or a lease, ties nothing and is left out. */
function splitByKeys(records: readonly CallRecord[]): CallRecord[][] {
  const keys = [...new Set(records.flatMap(({ request }) => spansOf(request).map(([key]) => key)))].sort();
  const parent = keys.map((_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    parent[i] = root;
    return root;
  };
  const leaseHome = new Map<string, number>();
  const homes = records.map(({ request }) => {
    const touched = spansOf(request).flatMap(([low, end]) =>
      keys.flatMap((key, i) => (inRange(key, low, end) ? [i] : [])),
    );
    for (const lease of leasesOf(request)) {
      const home = leaseHome.get(lease);
      if (home !== undefined) touched.push(home);
      else if (touched.length > 0) leaseHome.set(lease, touched[0]!);
    }
    for (const other of touched.slice(1)) parent[find(other)] = find(touched[0]!);
    return touched[0];
  });
  const parts = new Map<number, CallRecord[]>();
  for (const [i, record] of records.entries()) {
    const { request } = record;
    const home = homes[i] ?? ("lease" in request ? leaseHome.get(request.lease) : undefined);
    if (home === undefined) continue;
    const root = find(home);
    const part = parts.get(root);
    if (part === undefined) parts.set(root, [record]);
    else part.push(record);
  }
  return [...parts.values()];
}

function spansOf(request: Request): (readonly [key: string, end: string])[] {
  switch (request.kind) {
    case "range":
    case "delete":
      return [[request.key, request.end]];
    case "put":
      return [[request.key, ""]];
    case "txn": {
      const inner = (operations: readonly Operation[]) => operations.flatMap(spansOf);
      return [
        ...request.compares.map(({ key, end }) => [key, end] as const),
        ...inner(request.success),
        ...inner(request.failure),
      ];
    }
    default:
      return [];
  }
}

function leasesOf(request: Request): string[] {
  switch (request.kind) {
    case "put":
      return request.lease === "" ? [] : [request.lease];
    case "txn":
      return [...request.success, ...request.failure].flatMap(leasesOf);
    case "revoke":
    case "expire":
      return [request.lease];
    default:
      return [];
  }
}
