import { assert } from "../../base/index.ts";

interface Pending {
  /** Page ids, overflow pages one by one. */
  readonly ids: number[];
  /** Transaction that allocated the page of the same place, 0 when nobody noted it. */
  readonly allocatedBy: number[];
}

/**
 * Which pages may be given out again. A page freed by transaction T waits as *pending* until
 *   1. meta T is durable: before that, a crash falls back to a tree that still holds the page; and
 *   2. no open reader sees a tree that holds it: readers of T' < T do, unless the page was allocated after T'.
 *
 * Free pages are a bitmap, so the lowest fitting run is found without sorting anything: 64 KiB for a file of 2 GiB.
 */
export class Freelist {
  /** Bit set = may be given out. */
  #free = new Uint32Array(64);
  /** Bit set = free or pending. Catches a page that is freed twice. */
  #freed = new Uint32Array(64);
  #freeCount = 0;
  #pendingCount = 0;
  /** By the transaction that freed. */
  readonly #pending = new Map<number, Pending>();
  /** Transaction ids of open readers, with how many have it open. */
  readonly #readers = new Map<number, number>();
  /** Who allocated a page (first of a run), noted only while readers are open: others could not profit from it. */
  readonly #allocatedBy = new Map<number, number>();
  /** No free page below this one. */
  #lowest = 0;
  /** The shortest run that was looked for in vain since the last release; a longer one is not there either. */
  #missing = Number.POSITIVE_INFINITY;

  /** Free pages, pending ones not counted: bbolt's FreePageN. */
  get freeCount(): number {
    return this.#freeCount;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  get readers(): number {
    let count = 0;
    for (const n of this.#readers.values()) count += n;
    return count;
  }

  /** Starts anew with these free pages. */
  load(ids: Iterable<number>): void {
    this.#free.fill(0);
    this.#freed.fill(0);
    this.#pending.clear();
    this.#allocatedBy.clear();
    this.#freeCount = 0;
    this.#pendingCount = 0;
    this.#lowest = 0;
    this.#missing = Number.POSITIVE_INFINITY;
    for (const id of ids) {
      this.#reserve(id);
      this.#set(this.#freed, id);
      this.#set(this.#free, id);
      this.#freeCount++;
    }
  }

  addReader(txid: number): void {
    this.#readers.set(txid, (this.#readers.get(txid) ?? 0) + 1);
  }

  removeReader(txid: number): void {
    const count = this.#readers.get(txid) ?? 0;
    assert(count > 0, "a reader closed twice");
    if (count > 1) this.#readers.set(txid, count - 1);
    else this.#readers.delete(txid);
    if (this.#readers.size === 0) this.#allocatedBy.clear();
  }

  /** Frees a page and its overflow pages on behalf of `txid`. */
  free(txid: number, id: number, overflow: number): void {
    assert(id > 1, "the meta pages are never freed");
    let pending = this.#pending.get(txid);
    if (pending === undefined) {
      pending = { ids: [], allocatedBy: [] };
      this.#pending.set(txid, pending);
    }
    const allocatedBy = this.#allocatedBy.get(id) ?? 0;
    if (allocatedBy !== 0) this.#allocatedBy.delete(id);
    this.#reserve(id + overflow);
    for (let page = id; page <= id + overflow; page++) {
      assert(!this.#has(this.#freed, page), "a page was freed twice");
      this.#set(this.#freed, page);
      pending.ids.push(page);
      pending.allocatedBy.push(allocatedBy);
    }
    this.#pendingCount += overflow + 1;
  }

  /** Forgets what `txid` freed. Pages it allocated come back by `giveBack`. */
  rollback(txid: number): void {
    const pending = this.#pending.get(txid);
    if (pending === undefined) return;
    this.#pending.delete(txid);
    this.#pendingCount -= pending.ids.length;
    for (let i = 0; i < pending.ids.length; i++) {
      this.#clear(this.#freed, pending.ids[i]!);
      if (pending.allocatedBy[i]! !== 0) this.#allocatedBy.set(pending.ids[i]!, pending.allocatedBy[i]!);
    }
  }

  /**
   * What the transactions after `first` up to `last` freed and no reader sees: should `first` to `last` become durable in one write,
   * nobody will ever read of these what the same write would bring to the disk. First pages of runs, and those behind them.
   */
  *passed(first: number, last: number): Iterable<number> {
    for (const [txid, { ids, allocatedBy }] of this.#pending) {
      if (txid <= first || txid > last) continue;
      for (let i = 0; i < ids.length; i++) {
        if (!this.#seenByReader(allocatedBy[i]!, txid)) yield ids[i]!;
      }
    }
  }

  /** Makes pending pages free as far as both conditions of the class hold; tells each to `onFree`. */
  release(durableTxid: number, onFree: (id: number) => void): void {
    if (this.#pending.size === 0) return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const reader of this.#readers.keys()) if (reader < oldest) oldest = reader;
    for (const [txid, pending] of this.#pending) {
      if (txid > durableTxid) continue;
      if (txid <= oldest) {
        for (const id of pending.ids) this.#makeFree(id, onFree);
        this.#pending.delete(txid);
        continue;
      }
      let kept = 0;
      const { ids, allocatedBy } = pending;
      for (let i = 0; i < ids.length; i++) {
        if (this.#seenByReader(allocatedBy[i]!, txid)) {
          ids[kept] = ids[i]!;
          allocatedBy[kept++] = allocatedBy[i]!;
        } else this.#makeFree(ids[i]!, onFree);
      }
      ids.length = kept;
      allocatedBy.length = kept;
      if (kept === 0) this.#pending.delete(txid);
    }
  }

  /** First page of the lowest free run of `count` pages, now taken by `txid`; 0 when there is none. */
  allocate(txid: number, count: number): number {
    if (this.#freeCount < count || count >= this.#missing) return 0;
    const id = count === 1 ? this.#lowestFree() : this.#lowestRun(count);
    if (id === 0) {
      this.#missing = count;
      return 0;
    }
    for (let page = id; page < id + count; page++) {
      this.#clear(this.#free, page);
      this.#clear(this.#freed, page);
    }
    this.#freeCount -= count;
    this.noteAllocated(txid, id);
    return id;
  }

  /** A run taken from the end of the file instead of from here. */
  noteAllocated(txid: number, id: number): void {
    if (this.#readers.size > 0) this.#allocatedBy.set(id, txid);
  }

  /** Takes back a run that a transaction allocated before it was rolled back. */
  giveBack(id: number, count: number): void {
    this.#allocatedBy.delete(id);
    for (let page = id; page < id + count; page++) {
      this.#reserve(page);
      this.#set(this.#freed, page);
      this.#set(this.#free, page);
    }
    this.#freeCount += count;
    if (id < this.#lowest) this.#lowest = id;
    this.#missing = Number.POSITIVE_INFINITY;
  }

  /** Forgets a run from the end of the file: the high-water mark falls back below it. */
  forget(id: number): void {
    this.#allocatedBy.delete(id);
  }

  isFreed(id: number): boolean {
    return this.#has(this.#freed, id);
  }

  /** All free and pending ids, ascending: what a freelist page holds. */
  all(): number[] {
    const ids: number[] = [];
    const words = this.#freed;
    for (let w = 0; w < words.length; w++) {
      let word = words[w]!;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        ids.push(w * 32 + bit);
        word &= word - 1;
      }
    }
    return ids;
  }

  /** Whether a page that lives in [allocatedBy, freedBy) is in the tree of some open reader. */
  #seenByReader(allocatedBy: number, freedBy: number): boolean {
    for (const reader of this.#readers.keys()) if (reader >= allocatedBy && reader < freedBy) return true;
    return false;
  }

  #makeFree(id: number, onFree: (id: number) => void): void {
    this.#set(this.#free, id);
    this.#freeCount++;
    this.#pendingCount--;
    if (id < this.#lowest) this.#lowest = id;
    this.#missing = Number.POSITIVE_INFINITY;
    onFree(id);
  }

  #lowestFree(): number {
    const words = this.#free;
    for (let w = this.#lowest >>> 5; w < words.length; w++) {
      const word = words[w]!;
      if (word === 0) continue;
      const id = w * 32 + 31 - Math.clz32(word & -word);
      this.#lowest = id;
      return id;
    }
    this.#lowest = words.length * 32;
    return 0;
  }

  #lowestRun(count: number): number {
    const words = this.#free;
    let start = 0;
    let length = 0;
    for (let w = this.#lowest >>> 5; w < words.length; w++) {
      const word = words[w]!;
      if (word === 0) {
        length = 0;
        continue;
      }
      if (word === 0xffff_ffff && count > 32 && length + 32 < count) {
        if (length === 0) start = w * 32;
        length += 32;
        continue;
      }
      for (let bit = 0; bit < 32; bit++) {
        if ((word & (1 << bit)) === 0) length = 0;
        else {
          if (length === 0) start = w * 32 + bit;
          if (++length === count) return start;
        }
      }
    }
    return 0;
  }

  #reserve(id: number): void {
    const need = (id >>> 5) + 1;
    if (need <= this.#free.length) return;
    const size = Math.max(need, this.#free.length * 2);
    const free = new Uint32Array(size);
    free.set(this.#free);
    this.#free = free;
    const freed = new Uint32Array(size);
    freed.set(this.#freed);
    this.#freed = freed;
  }

  #has(words: Uint32Array, id: number): boolean {
    const word = words[id >>> 5];
    return word !== undefined && (word & (1 << (id & 31))) !== 0;
  }

  #set(words: Uint32Array, id: number): void {
    words[id >>> 5]! |= 1 << (id & 31);
  }

  #clear(words: Uint32Array, id: number): void {
    words[id >>> 5]! &= ~(1 << (id & 31));
  }
}
