import { type Interval, IntervalShape } from "./interval-shape.ts";

/** Above every key. Keys are latin1 strings, so no key reaches this character. */
const TOP = "\uffff";

/** Ends as the API writes them: "\0" means no end. */
function endOf(rangeEnd: string): string {
  return rangeEnd === "\0" ? TOP : rangeEnd;
}

/** Whether a permission may be given for this range: a key, a range that is not empty, or one without end. */
export function isValidPermissionRange(key: string, rangeEnd: string): boolean {
  return key !== "" && (rangeEnd === "" || rangeEnd === "\0" || key < rangeEnd);
}

/**
 * A set of keys, as a union of ranges: which keys a user may read, or write. Ranges that touch or overlap are one, so a request over two
 * neighbouring permissions is allowed when they leave no gap.
 */
export class KeyRanges {
  /** Ascending, neither touching nor overlapping: `#ends[i] < #begins[i + 1]`. */
  readonly #begins: string[] = [];
  /** Exclusive. */
  readonly #ends: string[] = [];
  /** As they were given; their order matters for inverted requests alone. */
  readonly #given: readonly Interval[];
  #shape: IntervalShape | undefined;

  /** @param ranges pairs of key and range end as the API writes them, in the order of roles and of their permissions */
  constructor(ranges: Iterable<readonly [key: string, rangeEnd: string]>) {
    this.#given = [...ranges].map(([key, end]) => ({ begin: key, end: end === "" ? `${key}\0` : endOf(end) }));
    const sorted = [...this.#given].sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0));
    for (const { begin, end } of sorted) {
      const last = this.#ends.length - 1;
      if (last >= 0 && begin <= this.#ends[last]!) {
        if (end > this.#ends[last]!) this.#ends[last] = end;
      } else {
        this.#begins.push(begin);
        this.#ends.push(end);
      }
    }
  }

  /** Whether every key of the request lies inside. An inverted request, which holds no key, is judged as etcd judges it. */
  covers(key: string, rangeEnd: string): boolean {
    if (rangeEnd !== "" && rangeEnd !== "\0" && rangeEnd <= key) {
      this.#shape ??= new IntervalShape(this.#given);
      return this.#shape.reaches(key, rangeEnd);
    }
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#begins[middle]! <= key) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return false;
    const end = this.#ends[low - 1]!;
    return key < end && (rangeEnd === "" || endOf(rangeEnd) <= end);
  }
}
