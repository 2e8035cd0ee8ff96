export { WatchHub } from "./hub.ts";
export type * from "./types.ts";
