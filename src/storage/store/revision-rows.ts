/**
 * Rows of bucket `key` that wait for a commit, in ascending order of (main, sub): parallel arrays, since there may be ten
 * thousand and each is written and often read once. A deleted row leaves a hole.
 */
export class RevisionRows {
  readonly mains: number[] = [];
  readonly subs: number[] = [];
  readonly tombstones: boolean[] = [];
  /** undefined = deleted again. */
  readonly values: (Uint8Array | undefined)[] = [];

  get length(): number {
    return this.mains.length;
  }

  /** (main, sub) must be above all rows so far. */
  push(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    this.mains.push(main);
    this.subs.push(sub);
    this.tombstones.push(tombstone);
    this.values.push(value);
  }

  /** Whether (main, sub) is above all rows. */
  isNext(main: number, sub: number): boolean {
    const last = this.mains.length - 1;
    if (last < 0) return true;
    const lastMain = this.mains[last]!;
    return main > lastMain || (main === lastMain && sub > this.subs[last]!);
  }

  /** Index of the first row at or above (main, sub). */
  lowerBound(main: number, sub: number): number {
    const { mains, subs } = this;
    let low = 0;
    let high = mains.length;
    // The newest revision is what is asked for most.
    if (high > 0 && (mains[high - 1]! < main || (mains[high - 1] === main && subs[high - 1]! < sub))) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = mains[middle]!;
      if (at < main || (at === main && subs[middle]! < sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of exactly this row, -1 when there is none or it was deleted. */
  indexOf(main: number, sub: number): number {
    const index = this.lowerBound(main, sub);
    if (index === this.mains.length || this.mains[index] !== main || this.subs[index] !== sub) return -1;
    return this.values[index] === undefined ? -1 : index;
  }
}
