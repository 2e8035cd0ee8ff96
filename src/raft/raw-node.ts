import type { Config } from "./config.ts";
import type { RaftError } from "./errors.ts";
import type { BasicStatus, Status } from "./status.ts";
import type { ConfChange, ConfChangeV2, ConfState, Message, Peer, Ready, SnapshotStatus, StateType } from "./types.ts";

export declare class RawNode {
  /** Throws RaftError `ConfigInvalid`. */
  constructor(config: Config);
  readonly id: bigint;
  readonly term: number;
  readonly lead: bigint;
  readonly state: StateType;
  /** Highest index known committed / applied; last index of the log. */
  readonly committed: number;
  readonly applied: number;
  readonly lastIndex: number;
  tick(): void;
  campaign(): RaftError | undefined;
  propose(data: Uint8Array): RaftError | undefined;
  /** Appends all in one step, all or nothing. */
  proposeMany(datas: readonly Uint8Array[]): RaftError | undefined;
  proposeConfChange(change: ConfChange | ConfChangeV2): RaftError | undefined;
  /** Throws RaftError `ConfChangeInvalid` and changes nothing when the change is impossible. */
  applyConfChange(change: ConfChange | ConfChangeV2): ConfState;
  step(message: Message): RaftError | undefined;
  hasReady(): boolean;
  ready(): Ready;
  advance(ready?: Ready): void;
  readIndex(context: Uint8Array): RaftError | undefined;
  transferLeader(transferee: bigint): void;
  forgetLeader(): RaftError | undefined;
  reportUnreachable(id: bigint): void;
  reportSnapshot(id: bigint, status: SnapshotStatus): void;
  status(): Status;
  basicStatus(): BasicStatus;
  bootstrap(peers: readonly Peer[]): RaftError | undefined;
}
