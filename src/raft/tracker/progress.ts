/** How the leader deals with one follower. */
export const ProgressState = { StateProbe: 0, StateReplicate: 1, StateSnapshot: 2 } as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

export declare class Progress {
  match: number;
  next: number;
  state: ProgressState;
  pendingSnapshot: number;
  recentActive: boolean;
  isLearner: boolean;
}
