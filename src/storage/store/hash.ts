import { crc32c, equalBytes, utf8 } from "../../base/index.ts";

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
