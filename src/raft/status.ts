import type { Progress } from "./tracker/progress.ts";
import type { ConfState, HardState, SoftState } from "./types.ts";

/** The node's view in a few numbers. */
export interface BasicStatus extends HardState, SoftState {
  id: bigint;
  applied: number;
  /** The member that leadership is being handed to, or NONE. */
  leadTransferee: bigint;
}

/** All that a node can tell, copied. */
export interface Status extends BasicStatus {
  /** The active membership, ids ascending. */
  config: ConfState;
  /** Copies, by id ascending; empty unless this node leads. */
  progress: Map<bigint, Progress>;
}
