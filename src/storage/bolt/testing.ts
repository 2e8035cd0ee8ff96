import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import type { Bucket } from "./bucket.ts";
import type { Tx } from "./tx.ts";

/** An environment whose clock stands still; enough for whoever only reads and writes. */
export function testEnv(time = new ManualTime()): Env {
  return { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
}

/** What a bucket holds, keys as latin1: values as latin1, nested buckets as the same again. */
export type Dump = { [key: string]: string | Dump };

export function dumpBucket(bucket: Bucket): Dump {
  const out: Dump = {};
  bucket.forEach((key, value) => {
    out[text(key)] = value === undefined ? dumpBucket(bucket.bucket(key)!) : text(value);
  });
  return out;
}

export function dump(tx: Tx): Dump {
  return dumpBucket(tx.root);
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function bytes(latin1: string): Uint8Array {
  return Buffer.from(latin1, "latin1");
}
