import { sameKeyValue } from "./model.ts";
import type { Truth } from "./truth.ts";
import type { KeyEvent, Violation, WatchRecord } from "./types.ts";

export interface WatchOptions {
  /** Every watcher whose stream is still open must have seen everything up to here; 0 asks nothing. */
  readonly mustReach?: number;
  /** Streams that are still open. Default: none is known to be. */
  readonly open?: (watch: WatchRecord) => boolean;
  /** Greatest revision that was ever asked to be compacted; a cancel beyond it is unfounded. */
  readonly compacted?: number;
}

/**
 * The promises of a watch (etcd's API guarantees): events come in the order of their revisions, none twice, none left out
 * between the first and the last, all of one revision together, and a bookmark is never ahead of the events before it.
 * Whoever resumes at the next revision goes on without a gap: each watcher is held to the truth from its own start.
 */
export function checkWatch(watch: WatchRecord, truth: Truth, options: WatchOptions = {}): Violation | undefined {
  const fail = (message: string, facts: unknown): Violation => ({
    check: "watch",
    message: `watch ${watch.id} of ${watch.client}: ${message}`,
    facts,
  });
  /** Everything below was seen, or does not concern this watcher. */
  let next = watch.startRevision;
  /** Revision of the events last seen, and whether more of that revision may follow. */
  let last = 0;
  let openRevision = false;
  let created = false;
  let canceled = false;
  const pending: KeyEvent[] = [];

  /** Compares what was gathered up to `to` with what happened. */
  const settle = (to: number, reply: unknown): Violation | undefined => {
    let at = 0;
    for (const event of truth.changes(watch.key, watch.end, next, to)) {
      if ((event.type === "put" && watch.noPut) || (event.type === "delete" && watch.noDelete)) continue;
      const got = pending[at++];
      const different = got === undefined ? "was left out" : eventDifference(event, got, watch.prevKv === true);
      if (different !== undefined) {
        return fail(`revision ${event.kv.mod}, key ${JSON.stringify(event.kv.key)}: ${different}`, {
          event,
          got,
          reply,
        });
      }
    }
    if (at < pending.length) return fail(`an event that never happened`, { event: pending[at], reply });
    pending.length = 0;
    next = to + 1;
    return undefined;
  };

  for (const reply of watch.replies) {
    if (canceled) return fail("a reply after the end", reply);
    if (reply.created) {
      if (created) return fail("created twice", reply);
      created = true;
      if (watch.startRevision === 0) next = reply.revision + 1;
    } else if (!created) return fail("a reply before the created one", reply);
    if (reply.canceled) {
      canceled = true;
      const { compactRevision = 0 } = reply;
      if (compactRevision > 0) {
        if (next > compactRevision) return fail(`cancelled by compaction ${compactRevision}, wanted ${next}`, reply);
        if (options.compacted !== undefined && compactRevision > options.compacted) {
          return fail(`cancelled by a compaction ${compactRevision} that nobody asked for`, reply);
        }
      }
      continue;
    }
    if (reply.events.length === 0) {
      if (reply.created) continue;
      // A bookmark: there is nothing at or below it that has not been sent.
      const failure = settle(Math.max(reply.revision, next - 1), reply);
      if (failure !== undefined) return failure;
      continue;
    }
    for (const event of reply.events) {
      const { mod } = event.kv;
      if (mod < next) return fail(`revision ${mod} again, or before its start ${next}`, { event, reply });
      if (mod < last) return fail(`revision ${mod} after ${last}`, { event, reply });
      if (mod === last && !openRevision) return fail(`revision ${mod} came in two pieces`, { event, reply });
      last = mod;
      openRevision = true;
      pending.push(event);
    }
    if (reply.revision < last) return fail(`header revision ${reply.revision} below its events'`, reply);
    if (reply.fragment !== true) {
      openRevision = false;
      const failure = settle(last, reply);
      if (failure !== undefined) return failure;
    }
  }
  const { mustReach = 0 } = options;
  if (mustReach > 0 && created && !canceled && options.open?.(watch) === true) {
    for (const event of truth.changes(watch.key, watch.end, next, mustReach)) {
      if ((event.type === "put" && watch.noPut) || (event.type === "delete" && watch.noDelete)) continue;
      return fail(`never came: revision ${event.kv.mod}, key ${JSON.stringify(event.kv.key)}`, { event });
    }
  }
  return undefined;
}

export function checkWatches(
  watches: readonly WatchRecord[],
  truth: Truth,
  options: WatchOptions = {},
): Violation | undefined {
  for (const watch of watches) {
    const failure = checkWatch(watch, truth, options);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function eventDifference(expected: KeyEvent, actual: KeyEvent, withPrevious: boolean): string | undefined {
  if (expected.kv.mod !== actual.kv.mod || expected.kv.key !== actual.kv.key) {
    return `was left out; instead came revision ${actual.kv.mod}, key ${JSON.stringify(actual.kv.key)}`;
  }
  if (expected.type !== actual.type) return `${actual.type}, expected ${expected.type}`;
  if (!sameKeyValue(expected.kv, actual.kv))
    return `${JSON.stringify(actual.kv)}, expected ${JSON.stringify(expected.kv)}`;
  if (!withPrevious) return actual.prev === undefined ? undefined : "a previous value that nobody asked for";
  // What was before may be compacted away meanwhile: then it is missing, never wrong.
  if (actual.prev === undefined) return undefined;
  if (expected.prev === undefined || !sameKeyValue(expected.prev, actual.prev)) {
    return `previous value ${JSON.stringify(actual.prev)}, expected ${JSON.stringify(expected.prev)}`;
  }
  return undefined;
}
