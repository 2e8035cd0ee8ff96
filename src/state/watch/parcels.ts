import type { Change, PreviousReader } from "../mvcc/index.ts";
import { NO_DELETE, NO_PUT, VARIANTS, type Watcher, WITH_PREVIOUS } from "./watcher.ts";

/** Most revisions in one reply, as etcd has it. */
const revisionsMax = 1000;

/**
 * Part of a group's changes that goes out as one reply: whole revisions only. The events of each variant are put together
 * once, and every watcher gets the same array.
 */
export class Parcel {
  readonly #changes: readonly Change[];
  readonly #variants: (readonly Uint8Array[] | undefined)[] = new Array(VARIANTS).fill(undefined);
  readonly firstRevision: number;
  readonly lastRevision: number;

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
    this.firstRevision = changes[0]!.revision;
    this.lastRevision = changes.at(-1)!.revision;
  }

  get changes(): number {
    return this.#changes.length;
  }

  eventsFor(watcher: Watcher, reader: PreviousReader): readonly Uint8Array[] {
    if (watcher.next > this.firstRevision) return this.#build(watcher.variant, watcher.next, reader);
    let events = this.#variants[watcher.variant];
    if (events === undefined) {
      events = this.#build(watcher.variant, 0, reader);
      this.#variants[watcher.variant] = events;
    }
    return events;
  }

  #build(variant: number, from: number, reader: PreviousReader): readonly Uint8Array[] {
    const events: Uint8Array[] = [];
    for (const change of this.#changes) {
      if (change.revision < from || (variant & (change.tombstone ? NO_DELETE : NO_PUT)) !== 0) continue;
      events.push((variant & WITH_PREVIOUS) !== 0 ? change.eventWithPrevious(reader) : change.event());
    }
    return events;
  }
}

/** Cuts ascending changes into parcels of about `bytesMax`; a single revision is never cut. */
export function parcelsOf(changes: readonly Change[], bytesMax: number): Parcel[] {
  const parcels: Parcel[] = [];
  let from = 0;
  let bytes = 0;
  let revisions = 0;
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i]!;
    if (i === 0 || changes[i - 1]!.revision !== change.revision) {
      if (i > from && (bytes >= bytesMax || revisions >= revisionsMax)) {
        parcels.push(new Parcel(changes.slice(from, i)));
        from = i;
        bytes = 0;
        revisions = 0;
      }
      revisions++;
    }
    bytes += change.bytes;
  }
  if (from < changes.length) parcels.push(new Parcel(from === 0 ? changes : changes.slice(from)));
  return parcels;
}

/** Room for what a WatchResponse holds besides events. */
const envelopeBytes = 64;

/** Cuts the events of one reply as etcd cuts a fragmented response: pieces below `bytesMax` where an event alone is not longer. */
export function fragmentsOf(events: readonly Uint8Array[], bytesMax: number): (readonly Uint8Array[])[] {
  const pieces: Uint8Array[][] = [];
  let piece: Uint8Array[] = [];
  let bytes = envelopeBytes;
  for (const event of events) {
    // Tag and length of the event's field.
    const size =
      event.length + (event.length < 0x80 ? 2 : event.length < 0x4000 ? 3 : event.length < 0x20_0000 ? 4 : 6);
    if (piece.length > 0 && bytes + size >= bytesMax) {
      pieces.push(piece);
      piece = [];
      bytes = envelopeBytes;
    }
    piece.push(event);
    bytes += size;
  }
  pieces.push(piece);
  return pieces;
}
