import type { Truth } from "./truth.ts";
import type { CallRecord, Operation, Request } from "./types.ts";

/**
 * Settles calls without an answer where the truth, known whole, settles them: values are unique, so one that was written tells
 * that its call happened, and at which revision; one that never was, that it did not. The others stay open.
 */
export function resolveOutcomes(calls: readonly CallRecord[], truth: Truth): CallRecord[] {
  const written = new Map<string, number>();
  for (let revision = 2; revision <= truth.revision; revision++) {
    for (const event of truth.at(revision)) if (event.type === "put") written.set(event.kv.value, revision);
  }
  const resolved: CallRecord[] = [];
  for (const call of calls) {
    if (call.returnMs !== undefined) {
      resolved.push(call);
      continue;
    }
    const { any, every } = valuesOf(call.request);
    const revision = any.map((value) => written.get(value)).find((at) => at !== undefined);
    if (revision !== undefined) {
      resolved.push({ ...call, returnMs: Number.POSITIVE_INFINITY, response: { revision } });
    } else if (every.length === 0) resolved.push(call);
  }
  return resolved;
}

/** Values that the request may write, and those that it writes whatever branch it takes. */
function valuesOf(request: Request): { any: string[]; every: string[] } {
  if (request.kind === "put") return request.ignoreValue ? none : { any: [request.value], every: [request.value] };
  if (request.kind !== "txn") return none;
  const branch = (operations: readonly Operation[]) => operations.map(valuesOf);
  const success = branch(request.success);
  const failure = branch(request.failure);
  const surely = (parts: { every: string[] }[]) => parts.flatMap(({ every }) => every);
  const both = surely(success).length > 0 && surely(failure).length > 0;
  return {
    any: [...success, ...failure].flatMap(({ any }) => any),
    every: both ? [...surely(success), ...surely(failure)] : [],
  };
}

const none: { any: string[]; every: string[] } = { any: [], every: [] };
