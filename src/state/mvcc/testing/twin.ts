import { crc32c, EtcdError, utf8 } from "../../../base/index.ts";
import { revisionKey } from "../../../storage/store/index.ts";
import { keyValue } from "../../../wire/proto/index.ts";
import { show } from "./setup.ts";

interface Row {
  main: number;
  sub: number;
  key: string;
  tombstone: boolean;
  created: number;
  version: number;
  value: string;
  lease: bigint;
}

/** The dumb twin of mvcc: every revision ever written in one array, every question answered by walking it. */
export class Twin {
  readonly #rows: Row[] = [];
  #main = 1;
  #sub = 0;
  compactRevision = -1;

  get changes(): number {
    return this.#sub;
  }

  /** As the reader inside a transaction sees it. */
  get current(): number {
    return this.#main + (this.#sub > 0 ? 1 : 0);
  }

  begin(): void {
    this.#sub = 0;
  }

  end(): void {
    if (this.#sub > 0) this.#main++;
    this.#sub = 0;
  }

  /** Newest row of each key at `revision`, ascending. */
  #newest(revision: number): Map<string, Row> {
    const newest = new Map<string, Row>();
    for (const row of this.#rows) if (row.main <= revision) newest.set(row.key, row);
    return new Map([...newest].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #live(key: string, end: string, revision: number): Row[] {
    return [...this.#newest(revision).values()].filter(
      (row) => !row.tombstone && (end === "" ? row.key === key : row.key >= key && (end === "\0" || row.key < end)),
    );
  }

  put(key: string, value: string, lease: bigint): number {
    const [before] = this.#live(key, "", this.current);
    const main = this.#main + 1;
    const created = before?.created ?? main;
    const version = (before?.version ?? 0) + 1;
    this.#rows.push({ main, sub: this.#sub++, key, tombstone: false, created, version, value, lease });
    return main;
  }

  remove(key: string, end: string): number {
    const gone = this.#live(key, end, this.current);
    for (const row of gone) {
      this.#rows.push({ ...row, main: this.#main + 1, sub: this.#sub++, tombstone: true });
    }
    return gone.length;
  }

  range(key: string, end: string, revision: number): string[] {
    if (revision > this.current) throw EtcdError.of("FutureRevision");
    if (revision > 0 && revision < this.compactRevision) throw EtcdError.of("Compacted");
    return this.#live(key, end, revision > 0 ? revision : this.current).map((row) => show(this.#encode(row)));
  }

  #encode(row: Row): Uint8Array {
    if (row.tombstone) return keyValue.encodeKeyValueFrom(row.key, 0, 0, 0, utf8(""), 0n);
    return keyValue.encodeKeyValueFrom(row.key, row.created, row.main, row.version, utf8(row.value), row.lease);
  }

  compact(revision: number): boolean {
    if (revision <= this.compactRevision) throw EtcdError.of("Compacted");
    if (revision > this.#main) throw EtcdError.of("FutureRevision");
    this.compactRevision = revision;
    return true;
  }

  leases(): Map<string, bigint> {
    const live = this.#live("\0", "\0", this.current).filter((row) => row.lease !== 0n);
    return new Map(live.map((row) => [row.key, row.lease] as const).sort());
  }

  /** Rows that a store holds once everything is compacted. */
  #remaining(): Row[] {
    const newest = this.#newest(this.compactRevision);
    return this.#rows.filter(
      (row) =>
        row.main > this.compactRevision ||
        (newest.get(row.key) === row && (!row.tombstone || row.main === this.compactRevision)),
    );
  }

  rows(): string[] {
    return this.#remaining().map((row) => `${row.main}/${row.sub}${row.tombstone ? "t" : ""}`);
  }

  /** By the rules of etcd's kvHasher, over the store as it is when the compaction has finished. */
  hash(wanted: number): number {
    if (wanted > 0 && wanted < this.compactRevision) throw EtcdError.of("Compacted");
    if (wanted > this.#main) throw EtcdError.of("FutureRevision");
    const revision = wanted === 0 ? this.#main : wanted;
    const keep = new Set([...this.#newest(revision).values()].filter((row) => !row.tombstone));
    let sum = crc32c(utf8("key"));
    for (const row of this.#remaining()) {
      if (row.main > revision) continue;
      if (row.main <= this.compactRevision && keep.size > 0 && !keep.has(row)) continue;
      if (row.main === this.compactRevision && row.tombstone) continue;
      sum = crc32c(this.#encode(row), crc32c(revisionKey(row.main, row.sub, row.tombstone), sum));
    }
    return sum;
  }
}
