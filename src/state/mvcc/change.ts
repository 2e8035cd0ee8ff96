import { encodeEvent, encodeWithPrevious, eventAroundPut, eventAroundTombstone } from "./encoder.ts";
import type { Change, PreviousReader } from "./types.ts";

/** A change as it stands in the store: its events are encoded when first asked for, each form once. */
class StoredChange implements Change {
  readonly key: string;
  readonly revision: number;
  readonly tombstone: boolean;
  readonly creates: boolean;
  /** What the store holds: a KeyValue, or the key alone for a tombstone. */
  readonly #stored: Uint8Array;
  #event: Uint8Array | undefined = undefined;
  #withPrevious: Uint8Array | undefined = undefined;

  constructor(key: string, revision: number, tombstone: boolean, creates: boolean, stored: Uint8Array) {
    this.key = key;
    this.revision = revision;
    this.tombstone = tombstone;
    this.creates = creates;
    this.#stored = stored;
  }

  get bytes(): number {
    return this.#stored.length + 16;
  }

  event(): Uint8Array {
    this.#event ??= this.encode(this.#stored);
    return this.#event;
  }

  protected encode(stored: Uint8Array): Uint8Array {
    return encodeEvent(stored, this.tombstone, this.revision);
  }

  /**
   * The event with what the key was one revision before. As in etcd a put that creates has none, and one whose
   * predecessor was compacted away goes without; that answer is kept, too, for it never changes back.
   */
  eventWithPrevious(reader: PreviousReader): Uint8Array {
    if (this.#withPrevious !== undefined) return this.#withPrevious;
    const event = this.event();
    const previous = this.creates ? undefined : reader.getAt(this.key, this.revision - 1);
    this.#withPrevious = previous === undefined ? event : encodeWithPrevious(event, previous);
    return this.#withPrevious;
  }
}

/** A change whose stored bytes lie within its event already, as the encoder of writes lays them down. */
class WrittenChange extends StoredChange {
  protected override encode(stored: Uint8Array): Uint8Array {
    return this.tombstone ? eventAroundTombstone(stored, this.revision) : eventAroundPut(stored);
  }
}

export function storedChange(
  key: string,
  revision: number,
  tombstone: boolean,
  creates: boolean,
  stored: Uint8Array,
): Change {
  return new StoredChange(key, revision, tombstone, creates, stored);
}

/** `stored` comes from `encodePut` or `encodeTombstone`. */
export function writtenChange(
  key: string,
  revision: number,
  tombstone: boolean,
  creates: boolean,
  stored: Uint8Array,
): Change {
  return new WrittenChange(key, revision, tombstone, creates, stored);
}
