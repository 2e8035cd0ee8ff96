import type { Truth } from "./truth.ts";
import type { CallRecord, Operation, Request } from "./types.ts";

/** The form of a request under which the truth names causes. */
export type Canonical = (request: Request) => string;

/** A lease that ran out is a request of its own, as a revocation is. */
const expiry = (lease: string): Request => ({ kind: "expire", lease });

/**
 * Settles calls without an answer where the truth, known whole, settles them: values are unique, so one that was written tells
 * that its call happened, and at which revision; one that never was, that it did not. Of the others the causes tell which
 * revisions they can have made. Leases that ended are added as calls, for the search to put them in their place. `leases` are those that were there before the first call.
 */
export function resolveOutcomes(
  calls: readonly CallRecord[],
  truth: Truth,
  canonical: Canonical,
  leases: Iterable<string> = [],
): CallRecord[] {
  const written = new Map<string, number>();
  const byCause = new Map<string, number[]>();
  for (let revision = 2; revision <= truth.revision; revision++) {
    for (const event of truth.at(revision)) if (event.type === "put") written.set(event.kv.value, revision);
    const cause = truth.cause(revision);
    if (cause === undefined) continue;
    const known = byCause.get(cause);
    if (known === undefined) byCause.set(cause, [revision]);
    else known.push(revision);
  }
  const resolved: CallRecord[] = [];
  let inheritedId = -1;
  for (const lease of leases) {
    const mayBe = byCause.get(canonical(expiry(lease)));
    if (mayBe === undefined) continue;
    resolved.push({ type: "call", id: inheritedId--, client: "log", callMs: 0, request: expiry(lease), mayBe });
  }
  for (const call of calls) {
    if (call.request.kind === "grant") {
      const mayBe = byCause.get(canonical(expiry(call.request.lease)));
      const { id, client, callMs } = call;
      if (mayBe !== undefined) {
        resolved.push({ type: "call", id, client, callMs, request: expiry(call.request.lease), mayBe });
      }
    }
    if (call.returnMs !== undefined) {
      resolved.push(call);
      continue;
    }
    const { any, every } = valuesOf(call.request);
    const revision = any.map((value) => written.get(value)).find((at) => at !== undefined);
    if (revision !== undefined) {
      resolved.push({ ...call, returnMs: Number.POSITIVE_INFINITY, response: { revision } });
    } else if (every.length === 0) {
      const mayBe = byCause.get(canonical(call.request));
      if (mayBe !== undefined) resolved.push({ ...call, mayBe });
    }
  }
  return resolved;
}

/** Values that the request may write, and those that it writes whatever branch it takes. */
function valuesOf(request: Request): { any: string[]; every: string[] } {
  // The empty value is nobody's own.
  if (request.kind === "put")
    return request.ignoreValue || request.value === "" ? none : { any: [request.value], every: [request.value] };
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
