import { readFileSync } from "node:fs";
import { messageOf } from "../base/index.ts";

/**
 * Reads a file that a setting names. Throws an `Error` whose message is etcd's: `open ca.pem: no such file or directory`.
 * @internal Speaks of Buffer: left out of the package's types.
 */
export function readGivenFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(messageOf(error, path), { cause: error });
  }
}
