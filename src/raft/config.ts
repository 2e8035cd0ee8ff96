import { type Logger, silentLogger } from "../base/pure.ts";
import { RaftError } from "./errors.ts";
import type { Storage } from "./storage.ts";
import { LOCAL_APPLY_THREAD, NONE } from "./types.ts";

/** How a leader makes sure that it still leads before it answers a read (thesis 6.4). */
export const ReadOnlyOption = {
  /** A quorum confirms the leader for each batch of reads. */
  ReadOnlySafe: 0,
  /** The leader trusts its lease, hence every member's clock. Needs `checkQuorum`. */
  ReadOnlyLeaseBased: 1,
} as const;
export type ReadOnlyOption = (typeof ReadOnlyOption)[keyof typeof ReadOnlyOption];

/** How to run a node. Sizes are bytes, times are ticks; `Infinity` is "no limit". */
export interface Config {
  /** Our identity: not NONE, not one of the two local threads. */
  id: bigint;
  /** Ticks without a leader before a follower campaigns (it waits this long to almost twice as long). Above `heartbeatTick`. */
  electionTick: number;
  /** Ticks between a leader's heartbeats. At least 1. */
  heartbeatTick: number;
  storage: Storage;
  /** A whole number in [0, n), uniform: the election jitter. The only randomness of raft, and it comes from outside. */
  random: (n: number) => number;
  /** The last entry the application has applied, after a restart. Raft hands out nothing up to it again. Default 0. */
  applied?: number;
  /** Storage work travels as messages to local threads instead of Ready/advance (README). Default false. */
  asyncStorageWrites?: boolean;
  /** Encoded size of the entries of one append; always at least one entry. Default Infinity, 0 = one entry a message. */
  maxSizePerMsg?: number;
  /** Encoded size of the committed entries being applied at a time, always at least one. Default: `maxSizePerMsg`. */
  maxCommittedSizePerReady?: number;
  /** Payload of the uncommitted tail of a leader's log; beyond it proposals are dropped. Default and 0: no limit. */
  maxUncommittedEntriesSize?: number;
  /** Appends in flight to one follower. Default 256. */
  maxInflightMsgs?: number;
  /** Payload in flight to one follower. Default and 0: no limit; else at least `maxSizePerMsg`. */
  maxInflightBytes?: number;
  /** A leader that hears no quorum for an election timeout steps down; followers with a leader ignore candidates. */
  checkQuorum?: boolean;
  /** Ask before raising the term (thesis 9.6). */
  preVote?: boolean;
  readOnlyOption?: ReadOnlyOption;
  /** Reads that may wait on a leader for their index; beyond it `readIndex` is refused with `ReadDropped`. Default 65536. */
  maxPendingReads?: number;
  /**
   * A follower's own proposals go to the leader with the follower's term, and only the leader of that very term appends them: once an
   * entry of a later term is committed, a proposal that is not in the log before it never will be (README). Default false, as etcd,
   * whose members understand it all the same.
   */
  proposalTerms?: boolean;
  /** Followers drop proposals instead of sending them to the leader. */
  disableProposalForwarding?: boolean;
  /** Conf changes enter the log unchecked; the application answers for their order. */
  disableConfChangeValidation?: boolean;
  /** A leader that is removed or demoted becomes follower when it applies the change. */
  stepDownOnRemoval?: boolean;
  logger?: Logger;
  /**
   * Log appends that storage acknowledges when the log knows of them already, or has overwritten them. Where appends overlap
   * (`asyncStorageWrites`) that is nothing unusual: each names the log's last index, also one that an earlier one will have saved.
   * Default true.
   */
  logStaleAppends?: boolean;
}

/** A config with every default filled in. */
export type ResolvedConfig = Required<Config>;

/** Checks and completes. Throws RaftError `ConfigInvalid`: a wrong config is the embedding program's mistake. */
export function resolveConfig(config: Config): ResolvedConfig {
  const maxSizePerMsg = config.maxSizePerMsg ?? Number.POSITIVE_INFINITY;
  const resolved: ResolvedConfig = {
    id: config.id,
    electionTick: config.electionTick,
    heartbeatTick: config.heartbeatTick,
    storage: config.storage,
    random: config.random,
    applied: config.applied ?? 0,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    maxSizePerMsg,
    maxCommittedSizePerReady: config.maxCommittedSizePerReady || maxSizePerMsg,
    maxUncommittedEntriesSize: config.maxUncommittedEntriesSize || Number.POSITIVE_INFINITY,
    maxInflightMsgs: config.maxInflightMsgs ?? 256,
    maxInflightBytes: config.maxInflightBytes || Number.POSITIVE_INFINITY,
    checkQuorum: config.checkQuorum ?? false,
    preVote: config.preVote ?? false,
    readOnlyOption: config.readOnlyOption ?? ReadOnlyOption.ReadOnlySafe,
    maxPendingReads: config.maxPendingReads ?? 65_536,
    proposalTerms: config.proposalTerms ?? false,
    disableProposalForwarding: config.disableProposalForwarding ?? false,
    disableConfChangeValidation: config.disableConfChangeValidation ?? false,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
    logger: config.logger ?? silentLogger,
    logStaleAppends: config.logStaleAppends ?? true,
  };
  const wrong = faultOf(resolved);
  if (wrong !== undefined) throw new RaftError("ConfigInvalid", wrong);
  return resolved;
}

function faultOf(config: ResolvedConfig): string | undefined {
  if (config.id === NONE) return "cannot use none as id";
  if (config.id < 0n || config.id >= LOCAL_APPLY_THREAD) return "cannot use local target as id";
  if (!(config.heartbeatTick > 0)) return "heartbeat tick must be greater than 0";
  if (!(config.electionTick > config.heartbeatTick)) return "election tick must be greater than heartbeat tick";
  if (!(config.maxInflightMsgs > 0)) return "max inflight messages must be greater than 0";
  if (config.maxInflightBytes < config.maxSizePerMsg) return "max inflight bytes must be >= max message size";
  if (config.readOnlyOption === ReadOnlyOption.ReadOnlyLeaseBased && !config.checkQuorum) {
    return "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased";
  }
  return undefined;
}
