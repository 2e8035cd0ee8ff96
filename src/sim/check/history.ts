import { difference } from "./model.ts";
import type { Truth } from "./truth.ts";
import type { CallRecord, Violation } from "./types.ts";

/**
 * Reads that say which state they saw are held to that state: looks at an older revision, and answers of one member alone,
 * which may be old but must be whole, and never newer than what was there when they came.
 */
export function checkReadsOfThePast(calls: readonly CallRecord[], truth: Truth): Violation | undefined {
  for (const call of calls) {
    const { request, response } = call;
    if (request.kind !== "range" || response === undefined) continue;
    if (request.revision === 0 && request.serializable !== true) continue;
    const seen = request.revision > 0 ? request.revision : response.revision;
    if (response.revision > truth.revision || seen > response.revision) {
      return violation(call, `answers with revision ${response.revision}, the newest is ${truth.revision}`, undefined);
    }
    const expected = truth.range(request, seen);
    const different = difference({ ...expected, revision: 0 }, response);
    if (different !== undefined) return violation(call, `at revision ${seen}: ${different}`, expected);
  }
  return undefined;
}

function violation(call: CallRecord, message: string, expected: unknown): Violation {
  return { check: "reads", message: `call ${call.id} ${message}`, facts: { call, expected } };
}

/** Every write that was answered is among what happened, at the very revision the answer named. */
export function checkAcknowledged(calls: readonly CallRecord[], truth: Truth): Violation | undefined {
  for (const call of calls) {
    const { request, response } = call;
    if (response === undefined || response.revision === 0) continue;
    if (request.kind === "put") {
      const event = truth.at(response.revision).find(({ kv }) => kv.key === request.key);
      if (event === undefined || event.type !== "put" || (!request.ignoreValue && event.kv.value !== request.value)) {
        return lost(call, event);
      }
    } else if (request.kind === "delete" && (response.deleted ?? 0) > 0) {
      if (truth.at(response.revision).length !== response.deleted) return lost(call, truth.at(response.revision));
    }
    if (response.revision > truth.revision) return lost(call, undefined);
  }
  return undefined;
}

function lost(call: CallRecord, found: unknown): Violation {
  return {
    check: "acknowledged",
    message: `call ${call.id} (${call.request.kind}) was acknowledged at revision ${call.response?.revision}; it is not there`,
    facts: { call, found },
  };
}
