import type { Env } from "../base/index.ts";
import type { Sha1 } from "../state/membership/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import type { Transport } from "./peer/index.ts";
import type { Secrets } from "./state.ts";
import type { Member } from "./types.ts";

/** How a member runs. Values are checked by `node/config`; names and defaults are those of etcd's flags. */
export interface MemberOptions {
  readonly name: string;
  /** Directory that holds `member/`. */
  readonly dataDir: string;
  /** Directory of the log; default `<dataDir>/member/wal`. */
  readonly walDir?: string | undefined;
  /** Members of a cluster that is made now: name to peer URLs. Ignored once a log exists. */
  readonly initialCluster: ReadonlyMap<string, readonly string[]>;
  readonly initialClusterToken: string;
  readonly initialClusterState: "new" | "existing";
  /** URLs told to clients. */
  readonly advertiseClientUrls: readonly string[];
  /** URLs told to other members. */
  readonly advertisePeerUrls: readonly string[];
  /** Makes a cluster of this member alone out of its data (flag force-new-cluster). */
  readonly forceNewCluster: boolean;
  /** Whether a member that starts skips most of its first election timeout (flag initial-election-tick-advance). */
  readonly initialElectionTickAdvance: boolean;
  /** Corruption checks: before serving (gate InitialCorruptCheck); by the leader every so many ms, 0 = never; of compactions' hashes. */
  readonly initialCorruptCheck: boolean;
  readonly corruptCheckMs: number;
  readonly compactHashCheck: boolean;
  readonly compactHashCheckMs: number;
  /** How often the leader looks whether a downgrade is complete; 0 = never (flag downgrade-check-time). */
  readonly downgradeCheckMs: number;

  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly preVote: boolean;
  readonly snapshotCount: number;
  readonly snapshotCatchUpEntries: number;
  /** Newest files kept; 0 keeps all. */
  readonly snapshotsMax: number;
  readonly walsMax: number;
  readonly learnersMax: number;
  readonly strictReconfigCheck: boolean;

  /** 0 = 2 GiB, negative = no quota. */
  readonly quotaBackendBytes: number;
  readonly batchIntervalMs: number;
  readonly batchLimit: number;
  /** Memory for pages of the database that were read, and for KeyValues written or read lately. */
  readonly pageCacheBytes: number;
  readonly valueCacheBytes: number;
  /** Defragments at the start when that frees at least so many MiB; 0 = never. */
  readonly bootstrapDefragMebibytes: number;
  readonly txnOpsMax: number;
  readonly requestBytesMax: number;

  readonly autoCompactionMode: "periodic" | "revision";
  /** Milliseconds for periodic, revisions for revision; 0 switches it off. */
  readonly autoCompactionRetention: number;
  readonly compactionBatchLimit: number;
  readonly compactionSleepMs: number;
  readonly watchProgressIntervalMs: number;
  readonly warningApplyMs: number;
  readonly leaseCheckpoint: boolean;
  readonly leaseCheckpointPersist: boolean;
  /** Whether a leader that knows a lease renews it without waiting for what is committed to be applied (gate FastLeaseKeepAlive). */
  readonly fastLeaseKeepAlive: boolean;
  /** Whether a busy member takes revocations of leases when it refuses anything else (gate PriorityRequest). */
  readonly priorityRequest: boolean;
  readonly unsafeNoFsync: boolean;
  readonly authTokenTtlSeconds: number;
  readonly bcryptCost: number;
  /** Flag client-cert-auth. */
  readonly clientCertAuth: boolean;

  readonly sha1: Sha1;
}

/** What the composition root hands in besides the options. */
export interface MemberParts extends Secrets {
  readonly disk: Disk;
  readonly env: Env;
  readonly transport?: Transport | undefined;
  /** The member takes part in its cluster from now on, though it may know no leader for long: `start` resolves only once it serves. */
  readonly onStarted?: ((member: Member) => void) | undefined;
  /** The disk failed or an invariant broke. The member has stopped acknowledging; end the process. */
  readonly onFatal: (error: unknown) => void;
  /** Told, as a sentence, what the member logs while it waits for a majority: for a person who sees no log. */
  readonly onWaiting?: ((line: string) => void) | undefined;
}

/** etcd's defaults; `initialCluster` is this member alone. */
export function defaultMemberOptions(dataDir: string, sha1: Sha1, changes: Partial<MemberOptions> = {}): MemberOptions {
  const name = changes.name ?? "default";
  return {
    name,
    dataDir,
    initialCluster: new Map([[name, ["http://localhost:2380"]]]),
    initialClusterToken: "etcd-cluster",
    initialClusterState: "new",
    advertiseClientUrls: ["http://localhost:2379"],
    advertisePeerUrls: [],
    forceNewCluster: false,
    initialElectionTickAdvance: true,
    initialCorruptCheck: false,
    corruptCheckMs: 0,
    compactHashCheck: false,
    compactHashCheckMs: 60_000,
    downgradeCheckMs: 5000,
    heartbeatMs: 100,
    electionMs: 1000,
    preVote: true,
    snapshotCount: 10_000,
    snapshotCatchUpEntries: 5000,
    snapshotsMax: 5,
    walsMax: 5,
    learnersMax: 1,
    strictReconfigCheck: true,
    quotaBackendBytes: 0,
    batchIntervalMs: 100,
    batchLimit: 10_000,
    pageCacheBytes: 128 * 1024 * 1024,
    valueCacheBytes: 32 * 1024 * 1024,
    bootstrapDefragMebibytes: 0,
    txnOpsMax: 128,
    requestBytesMax: 1_572_864,
    autoCompactionMode: "periodic",
    autoCompactionRetention: 0,
    compactionBatchLimit: 1000,
    compactionSleepMs: 10,
    watchProgressIntervalMs: 600_000,
    warningApplyMs: 100,
    leaseCheckpoint: false,
    leaseCheckpointPersist: false,
    fastLeaseKeepAlive: true,
    priorityRequest: false,
    unsafeNoFsync: false,
    authTokenTtlSeconds: 300,
    bcryptCost: 10,
    clientCertAuth: false,
    sha1,
    ...changes,
  };
}
