import {
  assert,
  below,
  type ClusterId,
  Code,
  type Counter,
  compareSemVer,
  type Env,
  EtcdError,
  formatSemVer,
  hexId,
  isEtcdError,
  type LeaseId,
  type MemberId,
  majorMinor,
  minorOnly,
  type Timer,
} from "../base/index.ts";
import {
  type ConfChange,
  ConfChangeType,
  type Entry,
  EntryType,
  type Message,
  type Snapshot,
  SnapshotStatus,
  type SoftState,
  StateType,
} from "../raft/index.ts";
import { AuthStore, type AuthTokens, type PasswordHasher } from "../state/auth/index.ts";
import { isNotPrimary, LeaseExpiry, Lessor, minimumTtlSeconds } from "../state/lease/index.ts";
import {
  encodeChangeContext,
  encodePromotion,
  learnerReady,
  type Member as MemberInfo,
  Membership,
  mayAdd,
  mayPromote,
  mayRemove,
  newMember,
  parseURLs,
} from "../state/membership/index.ts";
import { applyTxn, Mvcc, rangeRequest } from "../state/mvcc/index.ts";
import { WatchHub } from "../state/watch/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import type { Store } from "../storage/store/index.ts";
import { membershipSnapshotData } from "../storage/wal/index.ts";
import { membership as membershippb, raftpb, rpc } from "../wire/proto/index.ts";
import { AlarmStore, alarmText } from "./alarms.ts";
import { Applier } from "./applier.ts";
import { AuthService } from "./auth-service.ts";
import { type Boot, boot, openDatabase, paths } from "./bootstrap.ts";
import { type Command, decodeCommand, type Envelope, encodeCommand } from "./command.ts";
import { type Compactor, startCompactor } from "./compactor.ts";
import { CorruptionCheck, type PeerHash } from "./corruption.ts";
import { LogKeeper } from "./log-keeper.ts";
import type { MemberOptions } from "./options.ts";
import { noTransport, type PeerHost, type Transport } from "./peer/index.ts";
import { PeerService } from "./peer-service.ts";
import { Proposals, pendingMax } from "./proposals.ts";
import { leaseGrantCost, putCost, Quota, txnCost } from "./quota.ts";
import { RaftDriver } from "./raft-driver.ts";
import { Reads } from "./reads.ts";
import { Remote } from "./remote.ts";
import { RequestIds } from "./request-ids.ts";
import { installDatabase, receiveDatabase } from "./snapshot-files.ts";
import { APPLY_GAP_MAX, APPLY_TIMEOUT_MS, HEALTH_INTERVAL_MS, requestTimeoutMs, timeoutError } from "./timeouts.ts";
import type { Health, Member, Principal, SnapshotSource } from "./types.ts";
import {
  allRun,
  checkDowngrade,
  decideClusterVersion,
  parseDowngradeTarget,
  SERVER_VERSION,
  serverVersion,
  VERSION_3_6,
  versionsJson,
} from "./version.ts";

/** How often a leader looks at the versions of its members (etcd: monitorVersionInterval). */
const versionPeriodMs = 4000;
/** How often a leader looks whether a downgrade is complete (etcd: downgrade-check-time). */
const downgradePeriodMs = 5000;
/** Pause between attempts to reach the leader for what does not go through the log. */
const forwardRetryMs = 50;
/** Elections that a member tries at once when the leader's process is gone, before it waits for its timeout like any other. */
const goneCampaigns = 5;
/** Pause before a member tells its name and URLs again. */
const publishRetryMs = 100;
/** A removed member goes on this long, so that the others hear that the removal is committed. */
const removedGraceMs = 1000;
/** How long a member that starts waits for its peers before it lets the election timer run as it is. */
const advanceTicksWithinMs = 5000;
const advanceTicksPollMs = 50;

/** What the composition root hands in besides the options. */
export interface MemberParts {
  readonly disk: Disk;
  readonly env: Env;
  readonly transport?: Transport | undefined;
  /** bcrypt. */
  readonly hasher: PasswordHasher;
  /** Flag auth-token with its keys loaded; left out: simple tokens. */
  readonly authTokens?: AuthTokens | undefined;
  /** The disk failed or an invariant broke. The member has stopped acknowledging; end the process. */
  readonly onFatal: (error: unknown) => void;
}

/** Rows of the answer to a compaction entry: what the client gets, and the end of the physical work. */
interface Compacted {
  readonly response: rpc.CompactionResponse;
  readonly physical: Promise<void>;
}

/**
 * One member: raft node, log, store and state tied together. `start` opens a data directory and resolves once the member
 * has applied what was committed, knows a leader and has published itself; from then on it serves.
 */
export class ServerMember implements Member {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  readonly watchHub: WatchHub;
  readonly requestBytesMax: number;
  readonly txnOpsMax: number;
  readonly auth: AuthService;

  readonly #options: MemberOptions;
  readonly #env: Env;
  readonly #parts: MemberParts;
  readonly #boot: Boot;
  /** Replaced when a database from the leader takes its place. */
  #store: Store;
  readonly #mvcc: Mvcc;
  readonly #lessor: Lessor;
  readonly #leaseExpiry: LeaseExpiry;
  readonly #membership: Membership;
  readonly #alarms: AlarmStore;
  readonly #promotions: Counter;
  readonly #promotionsFailed: Counter;
  readonly #quota: Quota;
  readonly #applier: Applier;
  readonly #driver: RaftDriver;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #ids: RequestIds;
  readonly #logKeeper: LogKeeper;
  readonly #transport: Transport;
  readonly #remote: Remote;
  readonly #peerService: PeerService;
  readonly #corruption: CorruptionCheck;
  readonly #compactor: Compactor | undefined;
  readonly #timers: Timer[] = [];
  readonly #leaderListeners = new Set<(leader: MemberId | undefined) => void>();

  /** Last entry whose effects are in the state. Grows by one with each applied entry, never shrinks. */
  #applied: number;
  /** Term of entry `#applied`; goes out with it in snapshots. */
  #appliedTerm: number;
  /** Entries up to here had their effects in the store when it was opened; they are not applied to it again. */
  #consistentIndex: number;
  /** A database from the leader is taking the place of the store; entries wait in `#held` until it has. */
  #restoring: Promise<void> | undefined;
  #held: Entry[] = [];
  /** Calls that wait for an entry to be applied; each has a time-out of its own. */
  readonly #applyWaiters = new Set<() => void>();
  #leader: MemberId = 0n;
  #leaderElectedMs: number | undefined;
  #role: StateType = StateType.StateFollower;
  /** This member is the only voter, leads, and has applied an entry of its term: its applied state is the newest there is. */
  #alone = false;
  #defragmenting = false;
  #failed: unknown;
  #stopped = false;
  #ready: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  static async start(options: MemberOptions, parts: MemberParts): Promise<ServerMember> {
    let member: ServerMember | undefined;
    let early: Error | undefined;
    const transport = parts.transport ?? noTransport;
    const remote = new Remote(transport, parts.env);
    let opened: Boot;
    try {
      opened = await boot(options, parts.disk, remote, parts.env, (error) => {
        early = error;
        member?.fail(error);
      });
    } catch (error) {
      await transport.close();
      throw error;
    }
    member = new ServerMember(options, parts, opened, transport, remote);
    if (early !== undefined) throw early;
    await member.#begin();
    return member;
  }

  private constructor(options: MemberOptions, parts: MemberParts, opened: Boot, transport: Transport, remote: Remote) {
    const { env } = parts;
    this.#transport = transport;
    this.#remote = remote;
    this.#options = options;
    this.#parts = parts;
    this.#env = env;
    this.#boot = opened;
    this.#store = opened.store;
    this.memberId = opened.memberId;
    this.clusterId = opened.clusterId;
    this.requestBytesMax = options.requestBytesMax;
    this.txnOpsMax = options.txnOpsMax;
    this.#applied = opened.snapshotIndex;
    this.#appliedTerm = opened.snapshotTerm;
    this.#consistentIndex = opened.store.consistentIndex().index;

    const electionTicks = Math.floor(options.electionMs / options.heartbeatMs);
    this.#membership = new Membership(
      this.#store,
      {
        localId: opened.memberId,
        clusterId: opened.clusterId,
        maxLearners: options.learnersMax,
        serverVersion,
      },
      env,
    );
    this.#membership.onVersionChange(() => {
      this.#serveWhenDecided();
      env.scheduler.endOfTurn(() => {
        if (!this.#stopped) this.#followStorageVersion();
      });
    });
    this.#membership.recover();
    this.#lessor = new Lessor(
      this.#store,
      {
        minimumTtlSeconds: minimumTtlSeconds(electionTicks, options.heartbeatMs),
        persistCheckpoints: () =>
          options.leaseCheckpointPersist ||
          compareSemVer(this.#membership.clusterVersion ?? { ...VERSION_3_6, minor: 0 }, VERSION_3_6) >= 0,
      },
      env,
    );
    this.#mvcc = Mvcc.open(
      this.#store,
      this.#lessor,
      { compactionBatchLimit: options.compactionBatchLimit, compactionSleepIntervalMs: options.compactionSleepMs },
      env,
    );
    this.#alarms = new AlarmStore(this.#store, env);
    this.#promotions = env.metrics.counter({
      name: "etcd_server_learner_promote_successes",
      help: "The total number of successful learner promotions while this member is leader.",
    });
    this.#promotionsFailed = env.metrics.counter({
      name: "etcd_server_learner_promote_failures",
      help: "The total number of failed learner promotions (likely learner not ready) while this member is leader.",
      labels: ["failure"],
    });
    const authStore = new AuthStore(
      this.#store,
      {
        hasher: parts.hasher,
        bcryptCost: options.bcryptCost,
        tokenTtlSeconds: options.authTokenTtlSeconds,
        tokens: parts.authTokens,
        waitApplied: (index) => (index <= this.#applied ? undefined : this.#waitApplied(index)),
      },
      env,
    );
    this.auth = new AuthService(
      authStore,
      {
        leases: this.#lessor,
        linearizable: () => this.linearizable(),
        propose: (command, by) => this.#propose(command, by),
      },
      options.clientCertAuth,
    );
    this.#quota = new Quota(options.quotaBackendBytes, () => this.#store.size(), env);
    this.watchHub = new WatchHub(
      this.#mvcc,
      {
        progressNotifyIntervalMs: options.watchProgressIntervalMs,
        fragmentBytes: options.requestBytesMax + 512 * 1024,
      },
      env,
    );
    this.#applier = new Applier(
      {
        mvcc: this.#mvcc,
        lessor: this.#lessor,
        membership: this.#membership,
        alarms: this.#alarms,
        auth: authStore,
        quota: this.#quota,
        header: (revision) => this.header(revision),
        forceSnapshot: () => this.#logKeeper.force(),
      },
      options.warningApplyMs,
      env,
    );
    this.#ids = new RequestIds(opened.memberId, env.clock.wallMs());
    this.#proposals = new Proposals(requestTimeoutMs(options.electionMs), (id) => this.#ids.made(id), env);
    this.#driver = new RaftDriver(
      opened.node,
      opened.log,
      opened.wal,
      transport,
      {
        onCommitted: (entries) => this.#onCommitted(entries),
        onSoftState: (state) => this.#onSoftState(state),
        onReadStates: (states) => this.#reads.onReadStates(states),
        onSaveSnapshot: (snapshot) => opened.snapshotter.save(snapshot),
        onSnapshot: (snapshot) => this.#onSnapshot(snapshot),
        onSendSnapshot: (message) => this.#sendSnapshot(message),
        onFatal: (error) => this.fail(error),
      },
      env,
    );
    this.#reads = new Reads(
      (act) => this.#driver.withNode(act),
      () => this.#applied,
      () => this.#ids.next(),
      requestTimeoutMs(options.electionMs),
      env,
    );
    this.#logKeeper = new LogKeeper(
      {
        log: opened.log,
        store: () => this.#store,
        wal: opened.wal,
        snapshotter: opened.snapshotter,
        membership: this.#membership,
        snapshotIndex: opened.snapshotIndex,
      },
      {
        snapshotCount: options.snapshotCount,
        catchUpEntries: options.snapshotCatchUpEntries,
        snapshotsMax: options.snapshotsMax,
        walsMax: options.walsMax,
      },
      (error) => this.fail(error),
      env,
    );
    if (options.leaseCheckpoint) {
      this.#lessor.setCheckpointer(async (lines) => {
        const checkpoints = lines.map((line) =>
          rpc.createLeaseCheckpoint({ ID: line.id, remainingTTL: line.remainingTtlSeconds }),
        );
        await this.#propose({ kind: "leaseCheckpoint", value: rpc.createLeaseCheckpointRequest({ checkpoints }) });
      });
    }
    this.#leaseExpiry = new LeaseExpiry(
      this.#lessor,
      {
        revoke: (id) => this.#propose({ kind: "leaseRevoke", value: { ID: id } }, authStore.rootPrincipal()),
        ensureLeadership: () => this.#ensureLeadership(),
      },
      env,
    );
    this.#compactor =
      options.autoCompactionRetention > 0
        ? startCompactor(
            options.autoCompactionMode,
            options.autoCompactionRetention,
            {
              revision: () => this.#mvcc.revision,
              compact: (revision) => this.compact({ revision, physical: false }),
            },
            env,
          )
        : undefined;
    this.#peerService = new PeerService(this.#peerServiceHost(), env);
    this.#corruption = new CorruptionCheck(
      {
        memberId: this.memberId,
        hash: (revision) => this.#mvcc.hashKvSliced(revision),
        compactionHashes: () => this.#mvcc.compactionHashes(),
        peerHashes: (revision) => this.#peerHashes(revision),
        linearizable: async () => this.linearizable(),
        raise: (id) => this.#raiseCorrupt(id),
      },
      env,
    );
    this.#declareMetrics();
  }

  // ---- life ------------------------------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    const { scheduler } = this.#env;
    const ready = new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    const options = this.#options;
    this.#transport.start(
      { memberId: this.memberId, clusterId: this.clusterId, peerURLs: options.advertisePeerUrls },
      this.#peerHost(),
    );
    for (const member of this.#boot.peers) this.#transport.setPeer(member.id, member.peerURLs);
    this.#setPeers();
    if (options.initialCorruptCheck) await this.#corruption.initial();
    this.#timers.push(
      scheduler.every(options.heartbeatMs, () => this.#tick()),
      scheduler.every(versionPeriodMs, () => this.#monitorVersions()),
      scheduler.every(downgradePeriodMs, () => void this.#endDowngrade()),
    );
    const asLeader = (check: () => Promise<void>) => (): void => {
      if (this.isLeader() && !this.#stopped) void check();
    };
    if (options.corruptCheckMs > 0) {
      this.#timers.push(
        scheduler.every(
          options.corruptCheckMs,
          asLeader(() => this.#corruption.periodic()),
        ),
      );
    }
    if (options.compactHashCheck && options.compactHashCheckMs > 0) {
      this.#timers.push(
        scheduler.every(
          options.compactHashCheckMs,
          asLeader(() => this.#corruption.compactions()),
        ),
      );
    }
    this.#driver.runNow();
    this.#standAlone();
    this.#advanceTicks();
    await ready;
  }

  /** Connects to everyone the membership knows; who was connected to for another reason stays. */
  #setPeers(): void {
    for (const member of this.#membership.members()) {
      if (member.id !== this.memberId) this.#transport.setPeer(member.id, member.peerURLs);
    }
    for (const id of this.#membership.removedIds()) this.#transport.removePeer(id);
  }

  /** A cluster that starts need not wait a whole election timeout for its first leader, once a quorum is connected. */
  #advanceTicks(): void {
    if (!this.#options.initialElectionTickAdvance) return;
    const { node } = this.#boot;
    const { scheduler, clock } = this.#env;
    const startedMs = clock.monotonicMs();
    const poll = scheduler.every(advanceTicksPollMs, () => {
      const { voters } = node.status().config;
      const others = voters.filter((id) => id !== this.memberId);
      const active = others.filter((id) => this.#transport.activeSinceMs(id) !== undefined).length;
      const over = clock.monotonicMs() - startedMs > advanceTicksWithinMs || this.#stopped || this.#leader !== 0n;
      const quorum = active + 1 >= Math.floor(voters.length / 2) + 1;
      if (!over && (!quorum || others.length === 0)) return;
      poll.cancel();
      if (over) return;
      const ticks = Math.floor(this.#options.electionMs / this.#options.heartbeatMs) - 2;
      this.#env.logger.info("initialized peer connections; fast-forwarding election ticks", {
        "local-member-id": hexId(this.memberId),
        "forward-ticks": ticks,
        "active-remote-members": active,
      });
      for (let i = 0; i < ticks; i++) this.#driver.tick();
    });
    this.#timers.push(poll);
  }

  /**
   * Where nobody else could win, there is no reason to wait for an election timeout: the only voter campaigns as soon as
   * all that was committed before is applied (raft refuses earlier).
   */
  #standAlone(): void {
    if (this.#campaigned || this.#stopped) return;
    this.#env.scheduler.endOfTurn(() => {
      const { node } = this.#boot;
      if (this.#campaigned || node.applied < node.committed) return;
      const { voters, votersOutgoing } = node.status().config;
      this.#campaigned = voters.length > 0;
      if (voters.length !== 1 || voters[0] !== this.memberId || votersOutgoing.length > 0) return;
      this.#driver.withNode(() => {
        node.campaign();
      });
    });
  }

  #campaigned = false;

  /** Ends the member: what is in flight is finished or refused, files are committed and closed. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    if (this.#failed === undefined) await this.#handOver();
    if (this.#stopped) return;
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#transport.close();
    this.#compactor?.close();
    this.#leaseExpiry.close();
    await this.#driver.stop();
    await this.#restoring;
    this.#proposals.rejectAll();
    this.#reads.stop();
    this.watchHub.close();
    this.#mvcc.close();
    this.#lessor.close();
    await this.#logKeeper.close();
    const closed = await Promise.allSettled([this.#store.close(), this.#boot.wal.close()]);
    if (this.#failed !== undefined) return;
    for (const result of closed) if (result.status === "rejected") throw result.reason;
  }

  /** A leader that stops hands over first, so that the others need not find out by a time-out. */
  async #handOver(): Promise<void> {
    if (!this.isLeader()) return;
    const { electionMs } = this.#options;
    let heir: { id: MemberId; sinceMs: number } | undefined;
    for (const { id } of this.#membership.votingMembers()) {
      const sinceMs = this.#transport.activeSinceMs(id);
      if (sinceMs !== undefined && (heir === undefined || sinceMs < heir.sinceMs)) heir = { id, sinceMs };
    }
    if (heir === undefined) return;
    try {
      // Raft gives a transfer up after an election timeout.
      await this.#transferTo(heir.id, electionMs);
    } catch (error) {
      this.#env.logger.warn("leadership transfer failed", { "local-member-id": hexId(this.memberId), error });
    }
  }

  /** Nothing more is acknowledged; the composition root ends the process. */
  fail(error: unknown): void {
    if (this.#failed !== undefined || this.#stopped) return;
    this.#env.logger.fatal("member stops: it can no longer keep its promises", { error });
    this.#end(error);
  }

  #end(error: unknown): void {
    this.#failed = error;
    this.#proposals.rejectAll();
    this.#reads.stop();
    this.#ready?.reject(error);
    void this.#transport.close();
    void this.#driver.stop();
    this.#parts.onFatal(error);
  }

  #tick(): void {
    this.#driver.tick();
    const nowMs = this.#env.clock.monotonicMs();
    const gone = this.#proposals.expire(nowMs, (startedMs) =>
      timeoutError({
        startedMs,
        leaderElectedMs: this.#leaderElectedMs,
        electionTimeoutMs: this.#options.electionMs,
        leader: this.#leader === 0n ? "none" : this.#leader === this.memberId ? "self" : "other",
        connected: () => this.#connectedSince(startedMs),
      }),
    );
    if (gone.size > 0) this.#driver.withdraw(gone);
  }

  #onSoftState(state: SoftState): void {
    const before = this.#leader;
    this.#role = state.raftState;
    this.#leader = state.lead;
    if (state.lead !== 0n) void this.#publish();
    if (state.raftState === StateType.StateLeader) this.#compactor?.resume();
    else {
      this.#compactor?.pause();
      if (this.#lessor.primary) this.#lessor.demote();
    }
    if (before !== state.lead) {
      if (state.lead !== 0n) {
        this.#leaderElectedMs = this.#env.clock.monotonicMs();
        this.#leaderChanges++;
      }
      this.#reads.onLeaderChange();
      const leader = state.lead === 0n ? undefined : state.lead;
      for (const listener of this.#leaderListeners) listener(leader);
    }
    this.#reckonAlone();
  }

  #leaderChanges = 0;

  #reckonAlone(): void {
    this.#alone = this.#isAlone();
    // No other voter waits for messages of ours while the log is written.
    this.#boot.wal.mayWait = this.#alone;
  }

  #isAlone(): boolean {
    const { node } = this.#boot;
    if (this.#role !== StateType.StateLeader || this.#appliedTerm !== node.term) return false;
    const { voters, votersOutgoing } = node.status().config;
    return voters.length === 1 && voters[0] === this.memberId && votersOutgoing.length === 0;
  }

  /** Runs once this member leads and has applied an entry of its own term. */
  #onLeading(): void {
    this.#lessor.promote(this.#options.electionMs);
    this.#monitorVersions();
  }

  #published = false;
  #publishing = false;

  /** Tells the cluster this member's name and client URLs; serving starts once that is applied. */
  async #publish(): Promise<void> {
    if (this.#published || this.#publishing) return;
    this.#publishing = true;
    const value = membershippb.createClusterMemberAttrSetRequest({
      memberID: this.memberId,
      memberAttributes: membershippb.createAttributes({
        name: this.#options.name,
        clientUrls: [...this.#options.advertiseClientUrls],
      }),
    });
    while (!this.#published && !this.#stopped && this.#failed === undefined) {
      try {
        await this.#propose({ kind: "clusterMemberAttrSet", value });
        this.#published = true;
      } catch (error) {
        this.#env.logger.warn("failed to publish local member to cluster through raft", { error });
        await new Promise<void>((resolve) => this.#env.scheduler.after(publishRetryMs, resolve));
      }
    }
    this.#publishing = false;
    if (!this.#published) return;
    this.#env.logger.info("published local member to cluster through raft", {
      "local-member-id": hexId(this.memberId),
      "cluster-id": hexId(this.clusterId),
    });
    this.#serveWhenDecided();
  }

  /** Before the cluster has a version, clients would be told that it is not capable. */
  #serveWhenDecided(): void {
    if (!this.#published) return;
    if (this.#membership.clusterVersion !== undefined) this.#ready?.resolve();
  }

  // ---- applying --------------------------------------------------------------------------------------------------------

  #onCommitted(entries: readonly Entry[]): Promise<void> | undefined {
    if (this.#restoring === undefined) {
      this.#apply(entries);
      return undefined;
    }
    this.#held.push(...entries);
    // A change of members must be in force before raft goes on; and what waits has a bound.
    const mustWait = this.#held.length > APPLY_GAP_MAX || entries.some((entry) => entry.type !== EntryType.EntryNormal);
    return mustWait ? this.#restoring : undefined;
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.#applied + 1, "entries are applied without a gap");
      const fresh = entry.index > this.#consistentIndex;
      if (fresh) this.#store.setConsistentIndex(entry.index, entry.term);
      if (entry.type === EntryType.EntryNormal) this.#applyNormal(entry, fresh);
      else if (entry.type === EntryType.EntryConfChange) this.#applyConfChange(entry, fresh);
      else assert(false, "an entry of a kind that etcd never writes");
      this.#applied = entry.index;
      if (entry.term !== this.#appliedTerm) {
        this.#appliedTerm = entry.term;
        this.#reckonAlone();
      }
    }
    if (!this.#campaigned) this.#standAlone();
    this.#afterApply();
  }

  #afterApply(): void {
    this.#reads.onApplied();
    for (const look of this.#applyWaiters) look();
    this.watchHub.flush();
    this.#logKeeper.onApplied(this.#applied, this.#appliedTerm);
  }

  /** Resolves once `index` is applied. @throws EtcdError TimeoutWaitAppliedIndex after a second */
  #waitApplied(index: number): Promise<void> {
    if (this.#applied >= index) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (error?: EtcdError): void => {
        timer.cancel();
        this.#applyWaiters.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = this.#env.scheduler.after(APPLY_TIMEOUT_MS, () => end(EtcdError.of("TimeoutWaitAppliedIndex")));
      const look = (): void => {
        if (this.#applied >= index) end();
      };
      this.#applyWaiters.add(look);
    });
  }

  // ---- snapshots -------------------------------------------------------------------------------------------------------

  /** Raft's snapshot is durable in the log: put its database in the place of the store while raft goes on. */
  #onSnapshot(snapshot: Snapshot): void {
    const index = snapshot.metadata!.index;
    // It stands for these, too.
    this.#held = this.#held.filter((entry) => entry.index > index);
    const before = this.#restoring ?? Promise.resolve();
    const restoring = before
      .then(() => this.#restore(snapshot))
      .then(() => {
        if (this.#restoring !== restoring) return;
        this.#restoring = undefined;
        const held = this.#held;
        this.#held = [];
        if (held.length > 0) this.#apply(held);
        else this.#afterApply();
      })
      .catch((error: unknown) => this.fail(error));
    this.#restoring = restoring;
  }

  /** Order as etcd's: lessor before keys, which attach themselves to leases. Reads go on in the old store until the new one stands. */
  async #restore(snapshot: Snapshot): Promise<void> {
    const { logger } = this.#env;
    const { disk } = this.#parts;
    const { index, term } = snapshot.metadata!;
    const fields = { "current-applied-index": this.#applied, "incoming-leader-snapshot-index": index };
    logger.info("applying snapshot", { ...fields, "incoming-leader-snapshot-term": term });
    assert(index > this.#applied, "a snapshot older than what is applied");
    const { snapshotter } = this.#boot;
    if (!installDatabase(disk, snapshotter, index, paths(this.#options).db)) {
      throw new Error(`the database of snapshot ${index} is missing: ${snapshotter.databasePath(index)}`);
    }
    const old = this.#store;
    const fresh = await openDatabase(this.#options, disk, this.#env, (error) => this.fail(error));
    this.#lessor.recover(fresh);
    await this.#mvcc.restore(fresh);
    this.#store = fresh;
    this.#alarms.recover(fresh);
    this.auth.store.recover(fresh);
    this.#membership.recover(fresh);
    this.#consistentIndex = fresh.consistentIndex().index;
    if (this.#consistentIndex < index) {
      this.#consistentIndex = index;
      fresh.setConsistentIndex(index, term);
      await fresh.commit();
    }
    this.#applied = index;
    this.#appliedTerm = term;
    this.#logKeeper.onReceived(index);
    this.#setPeers();
    this.#serveWhenDecided();
    logger.info("applied snapshot", fields);
    old.close().catch((error: unknown) => logger.warn("failed to close the old database", { error }));
  }

  /** A follower is too far behind for the log: it gets the state as of now, the database streamed from a frozen image. */
  #sendSnapshot(message: Message): void {
    const index = this.#applied;
    const term = this.#appliedTerm;
    const confState = this.#store.confState();
    if (index === 0 || confState === undefined || this.#restoring !== undefined) {
      this.#env.scheduler.endOfTurn(() => {
        this.#driver.withNode((node) => node.reportSnapshot(message.to, SnapshotStatus.SnapshotFailure));
      });
      return;
    }
    const data = membershipSnapshotData({
      members: this.#membership.members(),
      removed: this.#membership.removedIds(),
      clusterVersion: this.#membership.clusterVersion,
    });
    const image = this.#store.snapshot();
    const release = this.#logKeeper.hold();
    this.#transport.sendSnapshot(
      { ...message, snapshot: { data, metadata: { confState, index, term } } },
      {
        size: image.size,
        chunks: (chunkBytes) => image.chunks(chunkBytes),
        close: () => {
          image.close();
          release();
        },
      },
    );
  }

  async #receiveSnapshot(message: Message, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#refuseWhenStopped();
    const index = message.snapshot?.metadata?.index ?? 0;
    await receiveDatabase(this.#parts.disk, this.#boot.snapshotter, index, chunks, this.#env);
    this.#driver.step(message);
  }

  // ---- peers -----------------------------------------------------------------------------------------------------------

  #peerHost(): PeerHost {
    return {
      receive: (message) => this.#driver.step(message),
      receiveSnapshot: (message, chunks) => this.#receiveSnapshot(message, chunks),
      serve: (request) => this.#peerService.serve(request),
      unreachable: (id) => this.#driver.withNode((node) => node.reportUnreachable(id)),
      snapshotSent: (id, delivered) =>
        this.#driver.withNode((node) =>
          node.reportSnapshot(id, delivered ? SnapshotStatus.SnapshotFinish : SnapshotStatus.SnapshotFailure),
        ),
      isRemoved: (id) => this.#membership.isRemoved(id),
      removed: () => this.#onRemoved(),
      gone: (id) => this.#onGone(id),
    };
  }

  #peerServiceHost(): ConstructorParameters<typeof PeerService>[0] {
    return {
      clusterId: this.clusterId,
      members: () => this.#membership.members(),
      promote: async (id, token) => {
        if (this.auth.store.enabled) {
          const by = this.auth.principal({ get: (name) => (name === "token" ? token : undefined) }, {});
          this.auth.requireRoot(by);
        }
        await this.#promoteHere(id);
      },
      hashKv: (revision) => this.#mvcc.hashKvSliced(revision),
      applied: () => this.#waitApplied(this.#boot.node.committed),
      leaseRenew: (id) => this.#lessor.renew(id),
      leaseLookup: (id) => this.#lessor.lookup(id),
      downgradeEnabled: async () => {
        await this.linearizable();
        return this.#membership.downgrade.enabled;
      },
      versionJson: () => versionsJson(this.#membership.clusterVersion, this.#store.storageVersion()),
    };
  }

  /**
   * The leader's process is gone: no reason to wait for an election timeout. Safe by pre-vote: voters that still hear a leader
   * do not answer, so at worst nothing comes of it.
   */
  #onGone(id: MemberId): void {
    if (id !== this.#leader || !this.#options.preVote || this.#stopped || this.#membership.isLocalLearner()) return;
    this.#env.logger.info("the leader's process is gone", {
      "local-member-id": hexId(this.memberId),
      leader: hexId(id),
    });
    this.#driver.withNode((node) => {
      node.forgetLeader();
    });
    this.#campaignSoon(goneCampaigns);
  }

  /** Voters wait for different times, so that one of them is ahead; who meets another starts over. */
  #campaignSoon(tries: number): void {
    const waitMs = below(this.#env.random, 2 * this.#options.heartbeatMs);
    this.#env.scheduler.after(waitMs, () => {
      if (this.#stopped || this.#leader !== 0n || tries === 0) return;
      this.#driver.withNode((node) => {
        if (node.lead === 0n) node.campaign();
      });
      this.#env.scheduler.after(this.#options.heartbeatMs, () => this.#campaignSoon(tries - 1));
    });
  }

  #removalKnown = false;

  /** This member is no part of the cluster any more, as its own log or a peer says. */
  #onRemoved(): void {
    if (this.#removalKnown) return;
    this.#removalKnown = true;
    this.#env.scheduler.after(removedGraceMs, () => {
      if (this.#stopped || this.#failed !== undefined) return;
      const error = new Error("the member has been permanently removed from the cluster");
      this.#env.logger.warn("server error", { error });
      this.#env.logger.warn("data-dir used by this member must be removed", { "data-dir": this.#options.dataDir });
      this.#end(error);
    });
  }

  /** Voters, self included, that have been connected since then without a break. */
  #votersSince(sinceMs: number): number {
    let count = 0;
    for (const { id } of this.#membership.votingMembers()) {
      const activeMs = this.#transport.activeSinceMs(id);
      if (id === this.memberId || (activeMs !== undefined && activeMs <= sinceMs)) count++;
    }
    return count;
  }

  /** With the leader, or, as the leader, with a quorum. */
  #connectedSince(sinceMs: number): boolean {
    if (this.#leader === this.memberId) {
      return this.#votersSince(sinceMs) >= Math.floor(this.#membership.votingMembers().length / 2) + 1;
    }
    const activeMs = this.#transport.activeSinceMs(this.#leader);
    return activeMs !== undefined && activeMs <= sinceMs;
  }

  /**
   * Asks the leader on its peer port, again and again until the time is up: leaders change, and so do addresses.
   * @throws EtcdError what `final` lets through, else Timeout
   */
  async #askLeader<T>(
    ask: (url: string, timeoutMs: number) => Promise<T>,
    final: (error: unknown) => boolean,
  ): Promise<T> {
    const { clock, scheduler, logger } = this.#env;
    const endMs = clock.monotonicMs() + requestTimeoutMs(this.#options.electionMs);
    for (;;) {
      this.#refuseWhenStopped();
      const leader = this.#leader === 0n ? undefined : this.#membership.member(this.#leader);
      if (leader !== undefined && leader.id !== this.memberId) {
        for (const url of leader.peerURLs) {
          const leftMs = endMs - clock.monotonicMs();
          if (leftMs <= 0) break;
          try {
            return await ask(url, leftMs);
          } catch (error) {
            if (final(error)) throw error;
            logger.debug("the leader did not answer", { url, error });
          }
        }
      } else if (leader?.id === this.memberId) {
        // Leadership came to us meanwhile.
        throw EtcdError.of("LeaderChanged");
      }
      if (clock.monotonicMs() + forwardRetryMs >= endMs) throw EtcdError.of("Timeout");
      await new Promise<void>((resolve) => scheduler.after(forwardRetryMs, resolve));
    }
  }

  async #peerHashes(revision: number): Promise<PeerHash[]> {
    const timeoutMs = requestTimeoutMs(this.#options.electionMs);
    const others = this.#membership.members().filter((member) => member.id !== this.memberId);
    return Promise.all(
      others.map((member) =>
        this.#remote.hashKv(member, hexId(this.clusterId), revision, timeoutMs).then(
          (hash) => ({ id: member.id, hash, error: undefined }),
          (error: unknown) => ({ id: member.id, hash: undefined, error }),
        ),
      ),
    );
  }

  #raiseCorrupt(id: MemberId): void {
    this.#propose({
      kind: "alarm",
      value: { action: rpc.AlarmAction.ACTIVATE, memberID: id, alarm: rpc.AlarmType.CORRUPT },
    }).catch((error: unknown) => this.#env.logger.warn("failed to raise alarm", { error }));
  }

  #applyNormal(entry: Entry, fresh: boolean): void {
    if (entry.data.length === 0) {
      // A new leader's first entry. Term and role may have moved on since; then a later one follows.
      if (this.#role === StateType.StateLeader && entry.term === this.#boot.node.term) {
        this.#env.scheduler.endOfTurn(() => {
          if (this.#role === StateType.StateLeader) this.#onLeading();
        });
      }
      return;
    }
    let pending = this.#proposals.byData(entry.data);
    let envelope: Envelope | undefined;
    if (pending !== undefined) {
      envelope = pending.request as Envelope;
    } else {
      envelope = decodeCommand(entry.data);
      if (envelope === undefined) {
        this.#env.logger.warn("passed over an entry that holds no known request", { index: entry.index });
        return;
      }
      pending = this.#proposals.byId(envelope.id);
    }
    if (!fresh) return;
    const outcome = this.#applier.apply(entry.index, envelope, pending !== undefined);
    const full = outcome.error?.is("NoSpace") === true && !this.#alarms.has(rpc.AlarmType.NOSPACE);
    if (full) {
      const waiting = pending;
      void this.#raiseNoSpace().finally(() => {
        if (waiting !== undefined) this.#proposals.settle(waiting, outcome);
      });
    } else if (pending !== undefined) {
      this.#proposals.settle(pending, outcome);
    }
  }

  async #raiseNoSpace(): Promise<void> {
    this.#env.logger.warn("message exceeded backend quota; raising alarm", {
      "quota-size-bytes": this.#quota.limitBytes,
      "db-size-bytes": this.#store.size(),
    });
    try {
      await this.#propose({
        kind: "alarm",
        value: { action: rpc.AlarmAction.ACTIVATE, memberID: this.memberId, alarm: rpc.AlarmType.NOSPACE },
      });
    } catch (error) {
      this.#env.logger.warn("failed to raise alarm", { error });
    }
  }

  #applyConfChange(entry: Entry, fresh: boolean): void {
    const change = raftpb.decodeConfChange(entry.data) as ConfChange;
    const { node } = this.#boot;
    const pending = this.#proposals.byData(entry.data) ?? this.#proposals.byId(change.id);
    const refusal = fresh ? this.#membership.validate(change) : undefined;
    if (refusal !== undefined) {
      this.#env.logger.error("validation on configuration change failed", { error: refusal });
      // Raft must hear of it all the same: a change to nobody frees the way for the next one.
      node.applyConfChange({ ...change, nodeId: 0n });
      const error = refusal.client ?? EtcdError.raw(Code.Unknown, refusal.message);
      if (pending !== undefined) this.#proposals.settle(pending, { error });
      return;
    }
    if (fresh || entry.index > this.#boot.confIndex) {
      const confState = node.applyConfChange(change, entry.index);
      if (fresh) {
        this.#store.setConfState(confState);
        const changed = this.#membership.apply(change);
        if (changed.kind === "removed") this.#transport.removePeer(changed.id);
        else if (changed.member.id !== this.memberId) {
          this.#transport.setPeer(changed.member.id, changed.member.peerURLs);
        }
      }
    }
    this.#reckonAlone();
    if (pending !== undefined) this.#proposals.settle(pending, { response: this.#membership.members() });
    if (change.type === ConfChangeType.ConfChangeRemoveNode && change.nodeId === this.memberId && fresh) {
      this.#onRemoved();
    }
  }

  // ---- proposing -------------------------------------------------------------------------------------------------------

  #propose<R>(command: Command, by?: Principal): Promise<R> {
    this.#refuseWhenStopped();
    const behind = this.#boot.node.committed - this.#applied > APPLY_GAP_MAX;
    if (behind || this.#proposals.size >= pendingMax) throw EtcdError.of("TooManyRequests");
    const id = this.#ids.next();
    const data = encodeCommand(id, command, by);
    if (data.length > this.requestBytesMax) throw EtcdError.of("RequestTooLarge");
    const envelope: Envelope = { id, command, username: by?.username ?? "", authRevision: by?.authRevision ?? 0 };
    const answer = this.#proposals.add<R>(id, data, envelope);
    this.#driver.propose(data);
    return answer;
  }

  #proposeConfChange(change: Omit<ConfChange, "id">): Promise<readonly MemberInfo[]> {
    this.#refuseWhenStopped();
    const full: ConfChange = { ...change, id: this.#ids.next() };
    const data = raftpb.encodeConfChange(full);
    const answer = this.#proposals.add<readonly MemberInfo[]>(full.id, data, undefined);
    this.#driver.withNode((node) => {
      const refused = node.proposeConfChange(full);
      if (refused !== undefined) this.#env.logger.warn("configuration change was not proposed", { error: refused });
    });
    return answer;
  }

  #refuseWhenStopped(): void {
    if (this.#stopped || this.#failed !== undefined) throw EtcdError.of("Stopped");
  }

  /** Quota at the door: what does not fit is refused here, and the alarm raised, before it ever reaches the log. */
  #checkQuota(cost: number): Promise<never> | undefined {
    if (this.#quota.fits(cost)) return undefined;
    return this.#raiseNoSpace().then(() => {
      throw EtcdError.of("NoSpace");
    });
  }

  put(request: rpc.PutRequest, by?: Principal): Promise<rpc.PutResponse> {
    return this.#checkQuota(putCost(request)) ?? this.#propose({ kind: "put", value: request }, by);
  }

  deleteRange(request: rpc.DeleteRangeRequest, by?: Principal): Promise<rpc.DeleteRangeResponse> {
    return this.#propose({ kind: "deleteRange", value: request }, by);
  }

  txn(request: rpc.TxnRequest, by?: Principal): Promise<rpc.TxnResponse> {
    return this.#checkQuota(txnCost(request)) ?? this.#propose({ kind: "txn", value: request }, by);
  }

  async compact(request: rpc.CompactionRequest, by?: Principal): Promise<rpc.CompactionResponse> {
    const { response, physical } = await this.#propose<Compacted>({ kind: "compaction", value: request }, by);
    if (request.physical) {
      await physical;
      await this.#store.commit();
    }
    return response;
  }

  leaseGrant(request: rpc.LeaseGrantRequest, by?: Principal): Promise<rpc.LeaseGrantResponse> {
    let value = request;
    while (value.ID === 0n) value = { ID: this.#ids.next() & 0x7fff_ffff_ffff_ffffn, TTL: request.TTL };
    return this.#checkQuota(leaseGrantCost()) ?? this.#propose({ kind: "leaseGrant", value }, by);
  }

  leaseRevoke(request: rpc.LeaseRevokeRequest, by?: Principal): Promise<rpc.LeaseRevokeResponse> {
    return this.#propose({ kind: "leaseRevoke", value: request }, by);
  }

  alarm(request: rpc.AlarmRequest): Promise<rpc.AlarmResponse> {
    return this.#propose({ kind: "alarm", value: request });
  }

  // ---- reading ---------------------------------------------------------------------------------------------------------

  linearizable(): Promise<void> | undefined {
    this.#refuseWhenStopped();
    if (this.#alone && this.#applied >= this.#boot.node.committed) return undefined;
    return this.#reads.wait();
  }

  async #ensureLeadership(): Promise<boolean> {
    if (this.#alone) return true;
    await this.linearizable();
    return this.isLeader();
  }

  range(request: rpc.RangeRequest): rpc.RangeResponse {
    const { kvs, count, more, revision } = rangeRequest(this.#mvcc, request);
    return { header: this.header(revision), kvs, count, more };
  }

  readTxn(request: rpc.TxnRequest): rpc.TxnResponse {
    const response = applyTxn(this.#mvcc, this.#lessor, request);
    response.header = this.header(response.header?.revision);
    return response;
  }

  async leaseRenew(id: LeaseId): Promise<number> {
    this.#refuseWhenStopped();
    if (this.#alone) return this.#lessor.renew(id);
    if (this.isLeader()) {
      // A leader that was cut off or stuck must not renew what its successor lets expire.
      await this.linearizable();
      if (this.#lessor.lookup(id) === undefined) await this.#waitApplied(this.#boot.node.committed);
      try {
        return await this.#lessor.renew(id);
      } catch (error) {
        if (!isNotPrimary(error)) throw error;
      }
    }
    return this.#askLeader(
      (url, timeoutMs) => this.#remote.leaseRenew(url, id, timeoutMs),
      (error) => isEtcdError(error, "LeaseNotFound"),
    );
  }

  async leaseTimeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse> {
    this.#refuseWhenStopped();
    const response = rpc.createLeaseTimeToLiveResponse({ header: this.header(), ID: request.ID, TTL: -1 });
    if (this.#alone || this.isLeader()) {
      if (!this.#alone) await this.#waitApplied(this.#boot.node.committed);
      const lease = this.#lessor.lookup(request.ID);
      if (lease === undefined) return response;
      if (this.#lessor.primary) {
        response.TTL = Math.trunc(lease.remainingMs() / 1000);
        response.grantedTTL = lease.ttlSeconds;
        if (request.keys) response.keys = lease.keys().map((key) => Buffer.from(key, "latin1"));
        return response;
      }
    }
    try {
      const answer = await this.#askLeader(
        (url, timeoutMs) => this.#remote.leaseTimeToLive(url, request, timeoutMs),
        (error) => isEtcdError(error, "LeaseNotFound"),
      );
      return { ...answer, header: this.header() };
    } catch (error) {
      if (isEtcdError(error, "LeaseNotFound")) return response;
      throw error;
    }
  }

  async leaseLeases(): Promise<rpc.LeaseLeasesResponse> {
    this.#refuseWhenStopped();
    const leases = this.#lessor.leases().map((lease) => ({ ID: lease.id }));
    return rpc.createLeaseLeasesResponse({ header: this.header(), leases });
  }

  // ---- members ---------------------------------------------------------------------------------------------------------

  async memberList(request: rpc.MemberListRequest): Promise<rpc.MemberListResponse> {
    if (request.linearizable) await this.linearizable();
    return rpc.createMemberListResponse({ header: this.#memberHeader(), members: this.#memberMessages() });
  }

  async memberAdd(request: rpc.MemberAddRequest): Promise<rpc.MemberAddResponse> {
    let peerURLs: string[];
    try {
      peerURLs = parseURLs(request.peerURLs);
    } catch {
      throw EtcdError.of("MemberBadUrls");
    }
    if (this.#parts.transport === undefined) throw noPeers();
    const member = newMember(this.#options.sha1, peerURLs, this.#env.clock.wallMs(), { isLearner: request.isLearner });
    this.#strict(() => mayAdd(this.#membership.votingMembers(), request.isLearner, this.#connected()));
    await this.#proposeConfChange({
      type: request.isLearner ? ConfChangeType.ConfChangeAddLearnerNode : ConfChangeType.ConfChangeAddNode,
      nodeId: member.id,
      context: encodeChangeContext(member),
    });
    return rpc.createMemberAddResponse({
      header: this.#memberHeader(),
      member: messageOf(member),
      members: this.#memberMessages(),
    });
  }

  async memberRemove(request: rpc.MemberRemoveRequest): Promise<rpc.MemberRemoveResponse> {
    const member = this.#membership.member(request.ID);
    if (member !== undefined) {
      const target = {
        id: request.ID,
        isSelf: request.ID === this.memberId,
        isLearner: member.isLearner,
        active: this.#transport.activeSinceMs(request.ID) !== undefined,
      };
      this.#strict(() => mayRemove(this.#membership.votingMembers(), target, this.#connected()));
    }
    await this.#proposeConfChange({
      type: ConfChangeType.ConfChangeRemoveNode,
      nodeId: request.ID,
      context: new Uint8Array(0),
    });
    return rpc.createMemberRemoveResponse({ header: this.#memberHeader(), members: this.#memberMessages() });
  }

  async memberUpdate(request: rpc.MemberUpdateRequest): Promise<rpc.MemberUpdateResponse> {
    const known = this.#membership.member(request.ID);
    const member: MemberInfo = {
      id: request.ID,
      name: "",
      peerURLs: [...request.peerURLs],
      clientURLs: [],
      isLearner: known?.isLearner ?? false,
    };
    await this.#proposeConfChange({
      type: ConfChangeType.ConfChangeUpdateNode,
      nodeId: request.ID,
      context: encodeChangeContext(member),
    });
    return rpc.createMemberUpdateResponse({ header: this.#memberHeader(), members: this.#memberMessages() });
  }

  async memberPromote(request: rpc.MemberPromoteRequest, token?: string): Promise<rpc.MemberPromoteResponse> {
    if (this.isLeader()) await this.#promoteHere(request.ID);
    else {
      // Only the leader knows how far a learner has come.
      await this.#askLeader(
        (url, timeoutMs) => this.#remote.promote(url, request.ID, token, timeoutMs),
        (error) =>
          isEtcdError(error, "MemberNotFound") ||
          isEtcdError(error, "MemberNotLearner") ||
          isEtcdError(error, "LearnerNotReady"),
      );
      // What the leader has done is to be seen in our answer.
      await this.linearizable();
    }
    return rpc.createMemberPromoteResponse({ header: this.#memberHeader(), members: this.#memberMessages() });
  }

  async #promoteHere(id: MemberId): Promise<void> {
    const member = this.#membership.member(id);
    if (member === undefined) throw EtcdError.of("MemberNotFound");
    if (!this.isLeader()) throw EtcdError.of("NotLeader");
    try {
      const { progress } = this.#boot.node.status();
      const refused = learnerReady(progress.get(id)?.match, progress.get(this.memberId)?.match ?? 0);
      if (refused !== undefined && member.isLearner) throw refused;
      if (!member.isLearner) throw EtcdError.of("MemberNotLearner");
      this.#strict(() => mayPromote(this.#membership.votingMembers()));
      await this.#proposeConfChange({
        type: ConfChangeType.ConfChangeAddNode,
        nodeId: id,
        context: encodePromotion(id),
      });
    } catch (error) {
      this.#promotionsFailed.with(error instanceof Error ? error.message : String(error)).inc();
      throw error;
    }
    this.#promotions.inc();
  }

  #strict(check: () => EtcdError | undefined): void {
    if (!this.#options.strictReconfigCheck) return;
    const refused = check();
    if (refused !== undefined) throw refused;
  }

  #connected(): number {
    return this.#votersSince(this.#env.clock.monotonicMs() - HEALTH_INTERVAL_MS);
  }

  /** Answers about members leave the revision out, as etcd's do. */
  #memberHeader(): rpc.ResponseHeader {
    return this.header(0);
  }

  #memberMessages(): rpc.Member[] {
    return this.#membership.members().map(messageOf);
  }

  // ---- maintenance -----------------------------------------------------------------------------------------------------

  header(revision = this.#mvcc.revision): rpc.ResponseHeader {
    return {
      clusterId: this.clusterId,
      memberId: this.memberId,
      revision,
      raftTerm: this.#boot.node.term,
    };
  }

  revision(): number {
    return this.#mvcc.revision;
  }

  term(): number {
    return this.#boot.node.term;
  }

  leader(): MemberId {
    return this.#leader;
  }

  isLeader(): boolean {
    return this.#role === StateType.StateLeader;
  }

  health(): Health {
    return {
      alarms: this.#alarms.get(rpc.AlarmType.NONE),
      hasLeader: this.#leader !== 0n,
      isLearner: this.#membership.isLocalLearner(),
      defragmenting: this.#defragmenting,
    };
  }

  onLeaderChange(listener: (leader: MemberId | undefined) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  status(): rpc.StatusResponse {
    const errors = this.#alarms.get(rpc.AlarmType.NONE).map(alarmText);
    if (this.#leader === 0n) errors.unshift(EtcdError.of("NoLeader").message);
    const { downgrade } = this.#membership;
    return rpc.createStatusResponse({
      header: this.header(),
      version: SERVER_VERSION,
      dbSize: this.#store.size(),
      leader: this.#leader,
      raftIndex: this.#boot.node.committed,
      raftAppliedIndex: this.#applied,
      raftTerm: this.#boot.node.term,
      errors,
      dbSizeInUse: this.#store.sizeInUse(),
      isLearner: this.#membership.isLocalLearner(),
      storageVersion: this.#store.storageVersion() ?? "",
      dbSizeQuota: this.#quota.limitBytes,
      downgradeInfo: rpc.createDowngradeInfo({
        enabled: downgrade.enabled,
        targetVersion: downgrade.enabled ? downgrade.targetVersion : "",
      }),
    });
  }

  async defragment(): Promise<void> {
    this.#refuseWhenStopped();
    this.#defragmenting = true;
    try {
      await this.#store.defragment();
    } finally {
      this.#defragmenting = false;
    }
  }

  async hash(): Promise<rpc.HashResponse> {
    this.#refuseWhenStopped();
    const hash = await this.#store.hashSliced();
    return rpc.createHashResponse({ header: this.header(), hash });
  }

  async hashKv(request: rpc.HashKVRequest): Promise<rpc.HashKVResponse> {
    this.#refuseWhenStopped();
    const { hash, compactRevision, revision, currentRevision } = await this.#mvcc.hashKvSliced(request.revision);
    return rpc.createHashKVResponse({
      header: this.header(currentRevision),
      hash,
      compactRevision,
      hashRevision: revision,
    });
  }

  snapshot(): SnapshotSource {
    this.#refuseWhenStopped();
    const image = this.#store.snapshot();
    return {
      size: image.size,
      version: this.#store.storageVersion() ?? "",
      chunks: (chunkBytes) => image.chunks(chunkBytes),
      close: () => image.close(),
    };
  }

  async moveLeader(request: rpc.MoveLeaderRequest): Promise<void> {
    if (!this.isLeader()) throw EtcdError.of("NotLeader");
    const target = this.#membership.member(request.targetID);
    if (target === undefined || target.isLearner) throw EtcdError.of("BadLeaderTransferee");
    if (request.targetID === this.memberId) return;
    await this.#transferTo(request.targetID, requestTimeoutMs(this.#options.electionMs));
  }

  async #transferTo(id: MemberId, timeoutMs: number): Promise<void> {
    const { logger, scheduler } = this.#env;
    const fields = { "local-member-id": hexId(this.memberId), "transferee-member-id": hexId(id) };
    logger.info("leadership transfer starting", fields);
    await new Promise<void>((resolve, reject) => {
      const timer = scheduler.after(timeoutMs, () => {
        stopListening();
        reject(EtcdError.of("TimeoutLeaderTransfer"));
      });
      const stopListening = this.onLeaderChange((leader) => {
        if (leader !== id) return;
        timer.cancel();
        stopListening();
        resolve();
      });
      this.#driver.withNode((node) => node.transferLeader(id));
    });
    logger.info("leadership transfer finished", fields);
  }

  async downgrade(request: rpc.DowngradeRequest): Promise<rpc.DowngradeResponse> {
    switch (request.action) {
      case rpc.DowngradeAction.VALIDATE:
        await this.#checkedDowngrade(request.version);
        break;
      case rpc.DowngradeAction.ENABLE: {
        const target = await this.#checkedDowngrade(request.version);
        await this.#setDowngrade(true, target);
        this.#monitorVersions();
        break;
      }
      case rpc.DowngradeAction.CANCEL:
        // As in etcd, without a job this does nothing and succeeds.
        await this.linearizable();
        await this.#setDowngrade(false, "");
        break;
      default:
        throw EtcdError.of("UnknownMethod");
    }
    const version = this.#membership.clusterVersion;
    return rpc.createDowngradeResponse({
      header: this.header(),
      version: version === undefined ? "" : majorMinor(version),
    });
  }

  /** The target as text, e.g. `3.6.0`, once it is known to be allowed. */
  async #checkedDowngrade(version: string): Promise<string> {
    const target = parseDowngradeTarget(version);
    await this.linearizable();
    checkDowngrade(target, this.#membership.clusterVersion, this.#membership.downgrade);
    return formatSemVer(target);
  }

  #setDowngrade(enabled: boolean, ver: string): Promise<unknown> {
    return this.#propose({ kind: "downgradeInfoSet", value: { enabled, ver } });
  }

  #versionsAsked = false;

  /** Leader's duty: keep the cluster version where the members' versions want it. Everyone's: let the store's version follow. */
  #monitorVersions(): void {
    if (this.#stopped || this.#failed !== undefined) return;
    if (this.isLeader() && this.#appliedTerm === this.#boot.node.term && !this.#versionsAsked) {
      this.#versionsAsked = true;
      this.#updateClusterVersion()
        .catch((error: unknown) => this.#env.logger.warn("failed to update cluster version", { error }))
        .finally(() => {
          this.#versionsAsked = false;
        });
    }
    this.#followStorageVersion();
  }

  async #updateClusterVersion(): Promise<void> {
    const { clusterVersion, downgrade } = this.#membership;
    const others = this.#membership.members().length > 1;
    const versions = others ? await this.#memberVersions() : new Map([[hexId(this.memberId), SERVER_VERSION]]);
    if (this.#stopped || !this.isLeader()) return;
    const next = decideClusterVersion(clusterVersion, versions, downgrade, this.#env.logger);
    if (next === undefined) return;
    await this.#propose({ kind: "clusterVersionSet", value: { ver: formatSemVer(next) } });
    this.#followStorageVersion();
    // A cluster that began at the lowest version since a member was not heard yet need not wait a whole period.
    if (clusterVersion === undefined) this.#env.scheduler.endOfTurn(() => this.#monitorVersions());
  }

  /** Server version of each member, by hex id; undefined for one that does not answer. */
  async #memberVersions(): Promise<Map<string, string | undefined>> {
    const timeoutMs = requestTimeoutMs(this.#options.electionMs);
    const members = this.#membership.members();
    const said = await Promise.all(
      members.map(async (member) =>
        member.id === this.memberId ? SERVER_VERSION : (await this.#remote.versions(member, timeoutMs))?.server,
      ),
    );
    return new Map(members.map((member, i) => [hexId(member.id), said[i]]));
  }

  /** Leader's duty: a downgrade is over once all members run the target. */
  async #endDowngrade(): Promise<void> {
    const { downgrade } = this.#membership;
    if (!downgrade.enabled || !this.isLeader() || this.#stopped) return;
    const target = parseDowngradeTarget(downgrade.targetVersion);
    try {
      if (!allRun(await this.#memberVersions(), target)) return;
      this.#env.logger.info("the cluster has been downgraded", { "cluster-version": downgrade.targetVersion });
      await this.#setDowngrade(false, "");
    } catch (error) {
      this.#env.logger.warn("failed to cancel downgrade", { error });
    }
  }

  #followStorageVersion(): void {
    const cluster = this.#membership.clusterVersion;
    // Before 3.6 the store carries no version.
    if (cluster === undefined || compareSemVer(cluster, VERSION_3_6) < 0) return;
    const wanted = formatSemVer(minorOnly(cluster));
    const stored = this.#store.storageVersion();
    if (stored === wanted) return;
    this.#store.setStorageVersion(wanted);
    this.#env.logger.info("updated storage version", { "new-storage-version": wanted, "old-storage-version": stored });
    const { downgrade } = this.#membership;
    if (downgrade.enabled) {
      this.#env.logger.info("The server is ready to downgrade", {
        "target-version": downgrade.targetVersion,
        "server-version": SERVER_VERSION,
      });
    }
  }

  versions(): { server: string; cluster: string | undefined; storage: string | undefined } {
    const cluster = this.#membership.clusterVersion;
    return {
      server: SERVER_VERSION,
      cluster: cluster === undefined ? undefined : formatSemVer(cluster),
      storage: this.#store.storageVersion(),
    };
  }

  raftStatus(): Record<string, unknown> {
    const status = this.#boot.node.status();
    const states = ["StateFollower", "StateCandidate", "StateLeader", "StatePreCandidate"];
    return {
      id: hexId(status.id),
      term: status.term,
      vote: hexId(status.vote),
      commit: status.commit,
      lead: hexId(status.lead),
      raftState: states[status.raftState],
      applied: status.applied,
      progress: Object.fromEntries(
        [...status.progress].map(([id, progress]) => [hexId(id), { match: progress.match, next: progress.next }]),
      ),
      leadtransferee: hexId(status.leadTransferee),
    };
  }

  #declareMetrics(): void {
    const { metrics } = this.#env;
    metrics.gaugeFrom(
      {
        name: "etcd_server_snapshot_apply_in_progress_total",
        help: "1 if the server is applying the incoming snapshot. 0 if none.",
      },
      () => (this.#restoring === undefined ? 0 : 1),
    );
    const node = this.#boot.node;
    metrics.gaugeFrom({ name: "etcd_server_has_leader", help: "1 while a leader is known, else 0." }, () =>
      this.#leader === 0n ? 0 : 1,
    );
    metrics.gaugeFrom({ name: "etcd_server_is_leader", help: "1 while this member leads, else 0." }, () =>
      this.isLeader() ? 1 : 0,
    );
    metrics.counterFrom(
      { name: "etcd_server_leader_changes_seen_total", help: "Leaders that this member has seen come." },
      () => this.#leaderChanges,
    );
    metrics.gaugeFrom(
      { name: "etcd_server_proposals_committed_total", help: "Index of the last committed entry." },
      () => node.committed,
    );
    metrics.gaugeFrom(
      { name: "etcd_server_proposals_applied_total", help: "Index of the last applied entry." },
      () => this.#applied,
    );
    metrics
      .gauge({ name: "etcd_server_version", help: "1 for the version that runs.", labels: ["server_version"] })
      .with(SERVER_VERSION)
      .set(1);
    metrics
      .gauge({ name: "etcd_server_id", help: "1 for this member's id in hex.", labels: ["server_id"] })
      .with(hexId(this.memberId))
      .set(1);
  }
}

function messageOf(member: MemberInfo): rpc.Member {
  return rpc.createMember({
    ID: member.id,
    name: member.name,
    peerURLs: [...member.peerURLs],
    clientURLs: [...member.clientURLs],
    isLearner: member.isLearner,
  });
}

function noPeers(): EtcdError {
  return EtcdError.raw(
    Code.Unimplemented,
    "quorate: this member was started without a peer address; its cluster cannot grow beyond one member",
  );
}
