import type { Env } from "../../base/index.ts";
import type { Mvcc } from "../mvcc/index.ts";
import type { WatchHubOptions, WatchSink, WatchStream } from "./types.ts";

export type * from "./types.ts";

/** Carries what transactions changed to those who watch. */
export declare class WatchHub {
  constructor(mvcc: Mvcc, options: WatchHubOptions, env: Env);
  stream(sink: WatchSink): WatchStream;
  /** Sends what was gathered in this turn now instead of at its end. */
  flush(): void;
  close(): void;
}
