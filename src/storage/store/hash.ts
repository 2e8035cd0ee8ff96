import { crc32c, EMPTY, type Env, equalBytes, utf8 } from "../../base/index.ts";
import type { Tx } from "../bolt/index.ts";

/** How long the loop is held at a time. */
const sliceMs = 3;
const rowsBetweenLooks = 64;

const meta = utf8("meta");
const ignored = ["term", "consistent_index", "storageVersion"].map((name) => utf8(name));

/**
 * The hash of Maintenance.Hash: CRC-32C over, bucket by bucket, its name and then every key and value, but for the rows of
 * `meta` that differ between members by nature.
 */
export class WholeHash {
  #sum = 0;
  #meta = false;

  bucket(name: Uint8Array): void {
    this.#meta = equalBytes(name, meta);
    this.#sum = crc32c(name, this.#sum);
  }

  row(key: Uint8Array, value: Uint8Array): void {
    if (this.#meta && ignored.some((name) => equalBytes(name, key))) return;
    this.#sum = crc32c(value, crc32c(key, this.#sum));
  }

  get sum(): number {
    return this.#sum;
  }
}

/** The hash over what `tx` sees; gives the loop back every few milliseconds. */
export async function hashSliced(tx: Tx, { clock, scheduler }: Env): Promise<number> {
  const hash = new WholeHash();
  let sliceEnd = clock.monotonicMs() + sliceMs;
  const names = tx.cursor();
  for (let more = names.first(); more; more = names.next()) {
    hash.bucket(names.key);
    const rows = tx.bucket(names.key)!.cursor();
    let count = 0;
    for (let row = rows.first(); row; row = rows.next()) {
      hash.row(rows.key, rows.value ?? EMPTY);
      if (++count % rowsBetweenLooks === 0 && clock.monotonicMs() >= sliceEnd) {
        await new Promise<void>((resolve) => {
          scheduler.endOfTurn(resolve);
        });
        sliceEnd = clock.monotonicMs() + sliceMs;
      }
    }
  }
  return hash.sum;
}
