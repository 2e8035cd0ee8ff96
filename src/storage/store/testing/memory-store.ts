import type { Store } from "../types.ts";
import { TwinStore } from "./twin.ts";

/** A store in memory, for the tests of other rooms. */
export function openMemoryStore(): Store {
  return new TwinStore();
}
