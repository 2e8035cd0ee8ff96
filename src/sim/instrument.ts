import { type Entry, RawNode, type Ready } from "../raft/index.ts";
import { Wal, type WalOpenOptions } from "../storage/wal/index.ts";

/*
 * Where the simulator looks into members, and where it makes their sizes small enough for something to happen. The production
 * code is not told: methods are wrapped from here, for as long as this process runs.
 */

/** Told of what raft hands to its member as committed. */
let onCommitted: ((node: RawNode, entries: readonly Entry[]) => void) | undefined;
/** Told of every step of every node. */
let onReady: ((node: RawNode, committed: readonly Entry[]) => void) | undefined;
/** Size of a log file; etcd's 64 MB would never be full in a run. */
let segmentBytes: number | undefined;

let wrapped = false;

export function instrument(changes: {
  onCommitted: typeof onCommitted;
  onReady: typeof onReady;
  segmentBytes: number;
}): void {
  onReady = changes.onReady;
  onCommitted = changes.onCommitted;
  segmentBytes = changes.segmentBytes;
  if (wrapped) return;
  wrapped = true;
  const { ready } = RawNode.prototype;
  RawNode.prototype.ready = function (this: RawNode): Ready {
    const made = ready.call(this);
    onReady?.(this, made.committedEntries);
    if (made.committedEntries.length > 0) onCommitted?.(this, made.committedEntries);
    return made;
  };
  const { create, open } = Wal;
  Wal.create = (disk, dir, metadata, env, options) =>
    create.call(Wal, disk, dir, metadata, env, segmentBytes === undefined ? options : { ...options, segmentBytes });
  Wal.open = (disk, dir, options: WalOpenOptions, env) =>
    open.call(Wal, disk, dir, segmentBytes === undefined ? options : { ...options, segmentBytes }, env);
}
