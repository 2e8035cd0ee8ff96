import { crc32c } from "../../base/index.ts";
import type { KeyIndex } from "./key-index.ts";
import type { KeyValueHash } from "./types.ts";

/** CRC-32C of the bucket's name, with which every hash of keys begins. */
const seed = crc32c(Buffer.from("key", "latin1"));
const rowKey = Buffer.alloc(18);
rowKey[8] = 0x5f;
rowKey[17] = 0x74;

/**
 * etcd's hash of the key bucket up to `revision`, as it stands (or would stand) after the compaction at `compactRevision`:
 * a CRC-32C over bucket name, then each row's raw key and raw value, in order, without
 *
 * - rows above `revision`;
 * - rows up to `compactRevision` that are not kept at `revision`. Where no row at all is, etcd takes the empty set for "no
 *   set" and hashes every row that is there: before a compaction all that it will take, after it what it has kept;
 * - a tombstone exactly at `compactRevision`: etcd before 3.5.16 had deleted it, and hashes must agree.
 */
export class RevisionHasher {
  readonly #compactRevision: number;
  readonly #revision: number;
  readonly #anyKept: boolean;
  #sum = seed;

  constructor(compactRevision: number, revision: number, anyKept: boolean) {
    this.#compactRevision = compactRevision;
    this.#revision = revision;
    this.#anyKept = anyKept;
  }

  /** Whether `kept` matters for a row: spares looking it up. */
  asksKept(main: number): boolean {
    return main <= this.#compactRevision && this.#anyKept;
  }

  /** A row whose value is bytes[start..end). */
  write(
    main: number,
    sub: number,
    tombstone: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    kept: boolean,
  ): void {
    if (main > this.#revision) return;
    if (main <= this.#compactRevision) {
      if (this.#anyKept && !kept) return;
      if (tombstone && main === this.#compactRevision) return;
    }
    rowKey.writeUInt32BE(Math.floor(main / 0x1_0000_0000), 0);
    rowKey.writeUInt32BE(main >>> 0, 4);
    rowKey.writeUInt32BE(Math.floor(sub / 0x1_0000_0000), 9);
    rowKey.writeUInt32BE(sub >>> 0, 13);
    this.#sum = crc32c(bytes, crc32c(rowKey, this.#sum, 0, tombstone ? 18 : 17), start, end);
  }

  result(): KeyValueHash {
    return { hash: this.#sum, compactRevision: this.#compactRevision, revision: this.#revision };
  }
}

/** Whether a revision of the key of `row` (-1: not known) is kept for a hash at `revision`: the newest there, and no tombstone. */
export function isKeptAt(index: KeyIndex, row: number, revision: number, main: number, sub: number): boolean {
  return row >= 0 && index.seek(row, revision) && index.foundMain === main && index.foundSub === sub;
}
