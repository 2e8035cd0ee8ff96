import { keyBytes, keyString, prefixEnd } from "../../base/index.ts";
import { bytesOf, textOf } from "../command/text.ts";

/** The end of the range of all keys that start with `prefix`; "\0" when there is no end. */
export function prefixEndOf(prefix: string): string {
  return textOf(keyBytes(prefixEnd(keyString(bytesOf(prefix)))));
}

/** A range as etcdctl's flags describe it. */
export function rangeOf(
  key: string,
  end: string | undefined,
  prefix: boolean,
  fromKey: boolean,
): { readonly key: Uint8Array; readonly rangeEnd: Uint8Array } {
  const start = key === "" && (prefix || fromKey) ? "\0" : key;
  const open = fromKey || (prefix && key === "");
  const rangeEnd = open ? "\0" : prefix ? prefixEndOf(key) : (end ?? "");
  return { key: bytesOf(start), rangeEnd: bytesOf(rangeEnd) };
}
