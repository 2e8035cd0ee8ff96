import { type Env, utf8, utf8String } from "../../base/index.ts";
import { Bolt, isBoltError } from "../bolt/index.ts";
import { type Disk, isDiskError } from "../disk/index.ts";
import { metaKeys } from "./meta-keys.ts";

/** What a store's file says about who wrote it. */
export interface StoreFacts {
  /** Since etcd 3.6, such as `3.6.0`. */
  readonly storageVersion: string | undefined;
  /** Whether it tells the term of the last entry that it holds, as etcd does since 3.5. */
  readonly hasTerm: boolean;
}

/**
 * Looks into the store at `path` without a lock, and without writing anything. Undefined when there is none, or when it cannot be
 * read: opening it says what is wrong with it.
 */
export async function readStoreFacts(disk: Disk, path: string, env: Env): Promise<StoreFacts | undefined> {
  let bolt: Bolt | undefined;
  try {
    bolt = Bolt.open(disk, path, { readOnly: true }, env);
    const tx = bolt.begin(false);
    try {
      const meta = tx.bucket("meta");
      const version = meta?.get(utf8(metaKeys.storageVersion));
      return {
        storageVersion: version === undefined ? undefined : utf8String(version),
        hasTerm: meta?.get(utf8(metaKeys.term)) !== undefined,
      };
    } finally {
      tx.rollback();
    }
  } catch (error) {
    if (isBoltError(error) || isDiskError(error)) return undefined;
    throw error;
  } finally {
    await bolt?.close();
  }
}
