import {
  assert,
  type ClusterId,
  Code,
  compareSemVer,
  type Env,
  EtcdError,
  formatSemVer,
  hexId,
  type LeaseId,
  type MemberId,
  majorMinor,
  minorOnly,
  type Timer,
} from "../base/index.ts";
import { type ConfChange, ConfChangeType, type Entry, EntryType, type SoftState, StateType } from "../raft/index.ts";
import { AuthStore, type AuthTokens, type PasswordHasher } from "../state/auth/index.ts";
import { LeaseExpiry, Lessor, minimumTtlSeconds } from "../state/lease/index.ts";
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
import { membership as membershippb, raftpb, rpc } from "../wire/proto/index.ts";
import { AlarmStore, alarmText } from "./alarms.ts";
import { Applier } from "./applier.ts";
import { AuthService } from "./auth-service.ts";
import { type Boot, boot } from "./bootstrap.ts";
import { type Command, decodeCommand, type Envelope, encodeCommand } from "./command.ts";
import { type Compactor, startCompactor } from "./compactor.ts";
import { LogKeeper } from "./log-keeper.ts";
import type { MemberOptions } from "./options.ts";
import { noTransport, type Transport } from "./peer/index.ts";
import { Proposals, pendingMax } from "./proposals.ts";
import { leaseGrantCost, putCost, Quota, txnCost } from "./quota.ts";
import { RaftDriver } from "./raft-driver.ts";
import { Reads } from "./reads.ts";
import { RequestIds } from "./request-ids.ts";
import { requestTimeoutMs, timeoutError } from "./timeouts.ts";
import type { Health, Member, Principal, SnapshotSource } from "./types.ts";
import {
  checkDowngrade,
  decideClusterVersion,
  parseDowngradeTarget,
  SERVER_VERSION,
  serverVersion,
  VERSION_3_6,
} from "./version.ts";

/** How often a leader looks at the versions of its members (etcd: monitorVersionInterval). */
const versionPeriodMs = 4000;

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
  readonly #store: Store;
  readonly #mvcc: Mvcc;
  readonly #lessor: Lessor;
  readonly #leaseExpiry: LeaseExpiry;
  readonly #membership: Membership;
  readonly #alarms: AlarmStore;
  readonly #quota: Quota;
  readonly #applier: Applier;
  readonly #driver: RaftDriver;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #ids: RequestIds;
  readonly #logKeeper: LogKeeper;
  readonly #compactor: Compactor | undefined;
  readonly #timers: Timer[] = [];
  readonly #leaderListeners = new Set<(leader: MemberId | undefined) => void>();

  /** Last entry whose effects are in the state. Grows by one with each applied entry, never shrinks. */
  #applied: number;
  #appliedTerm = 0;
  /** Entries up to here had their effects in the store when it was opened; they are not applied to it again. */
  readonly #consistentIndex: number;
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
    const opened = await boot(options, parts.disk, parts.env, (error) => {
      early = error;
      member?.fail(error);
    });
    member = new ServerMember(options, parts, opened);
    if (early !== undefined) throw early;
    await member.#begin();
    return member;
  }

  private constructor(options: MemberOptions, parts: MemberParts, opened: Boot) {
    const { env } = parts;
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
    const authStore = new AuthStore(
      this.#store,
      {
        hasher: parts.hasher,
        bcryptCost: options.bcryptCost,
        tokenTtlSeconds: options.authTokenTtlSeconds,
        tokens: parts.authTokens,
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
    this.#proposals = new Proposals(requestTimeoutMs(options.electionMs), env);
    this.#driver = new RaftDriver(
      opened.node,
      opened.log,
      opened.wal,
      parts.transport ?? noTransport,
      {
        onCommitted: (entries) => this.#onCommitted(entries),
        onSoftState: (state) => this.#onSoftState(state),
        onReadStates: (states) => this.#reads.onReadStates(states),
        onSnapshot: () => assert(false, "a snapshot arrived where no peer can send one"),
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
        store: this.#store,
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
    this.#declareMetrics();
  }

  // ---- life ------------------------------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    const { scheduler } = this.#env;
    const ready = new Promise<void>((resolve, reject) => {
      this.#ready = { resolve, reject };
    });
    this.#timers.push(
      scheduler.every(this.#options.heartbeatMs, () => this.#tick()),
      scheduler.every(versionPeriodMs, () => this.#monitorVersions()),
    );
    this.#driver.runNow();
    this.#standAlone();
    await ready;
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
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#compactor?.close();
    this.#leaseExpiry.close();
    await this.#driver.stop();
    this.#proposals.rejectAll();
    this.#reads.stop();
    this.watchHub.close();
    this.#mvcc.close();
    this.#lessor.close();
    await this.#logKeeper.close();
    await this.#parts.transport?.close();
    const closed = await Promise.allSettled([this.#store.close(), this.#boot.wal.close()]);
    if (this.#failed !== undefined) return;
    for (const result of closed) if (result.status === "rejected") throw result.reason;
  }

  /** Nothing more is acknowledged; the composition root ends the process. */
  fail(error: unknown): void {
    if (this.#failed !== undefined || this.#stopped) return;
    this.#failed = error;
    this.#env.logger.fatal("member stops: it can no longer keep its promises", { error });
    this.#proposals.rejectAll();
    this.#reads.stop();
    this.#ready?.reject(error);
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
        connected: () => true,
      }),
    );
    if (gone.size > 0) this.#driver.withdraw(gone);
  }

  #onSoftState(state: SoftState): void {
    const before = this.#leader;
    this.#role = state.raftState;
    this.#leader = state.lead;
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
    const { node } = this.#boot;
    if (this.#role !== StateType.StateLeader || this.#appliedTerm !== node.term) {
      this.#alone = false;
      return;
    }
    const { voters, votersOutgoing } = node.status().config;
    this.#alone = voters.length === 1 && voters[0] === this.memberId && votersOutgoing.length === 0;
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
      }
    }
    this.#publishing = false;
    if (!this.#published) return;
    this.#env.logger.info("published local member to cluster through raft", {
      "local-member-id": hexId(this.memberId),
      "cluster-id": hexId(this.clusterId),
    });
    this.#ready?.resolve();
  }

  // ---- applying --------------------------------------------------------------------------------------------------------

  #onCommitted(entries: readonly Entry[]): void {
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
    this.#reads.onApplied();
    this.watchHub.flush();
    this.#logKeeper.onApplied(this.#applied, this.#appliedTerm);
  }

  #applyNormal(entry: Entry, fresh: boolean): void {
    if (entry.data.length === 0) {
      // A new leader's first entry. Term and role may have moved on since; then a later one follows.
      if (this.#role === StateType.StateLeader && entry.term === this.#boot.node.term) {
        this.#env.scheduler.endOfTurn(() => {
          if (this.#role === StateType.StateLeader) this.#onLeading();
        });
      }
      void this.#publish();
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
      const confState = node.applyConfChange(change);
      if (fresh) {
        this.#store.setConfState(confState);
        this.#membership.apply(change);
      }
    }
    this.#reckonAlone();
    if (pending !== undefined) this.#proposals.settle(pending, { response: this.#membership.members() });
    if (change.type === ConfChangeType.ConfChangeRemoveNode && change.nodeId === this.memberId && fresh) {
      this.fail(new Error("the member has been permanently removed from the cluster"));
    }
  }

  // ---- proposing -------------------------------------------------------------------------------------------------------

  #propose<R>(command: Command, by?: Principal): Promise<R> {
    this.#refuseWhenStopped();
    if (this.#proposals.size >= pendingMax) throw EtcdError.of("TooManyRequests");
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

  leaseRenew(id: LeaseId): Promise<number> {
    this.#refuseWhenStopped();
    return Promise.resolve(this.#lessor.renew(id));
  }

  async leaseTimeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse> {
    this.#refuseWhenStopped();
    const lease = this.#lessor.lookup(request.ID);
    const response = rpc.createLeaseTimeToLiveResponse({ header: this.header(), ID: request.ID, TTL: -1 });
    if (lease === undefined) return response;
    response.TTL = Math.trunc(lease.remainingMs() / 1000);
    response.grantedTTL = lease.ttlSeconds;
    if (request.keys) response.keys = lease.keys().map((key) => Buffer.from(key, "latin1"));
    return response;
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
        active: request.ID === this.memberId,
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

  async memberPromote(request: rpc.MemberPromoteRequest): Promise<rpc.MemberPromoteResponse> {
    const member = this.#membership.member(request.ID);
    if (member === undefined) throw EtcdError.of("MemberNotFound");
    if (!member.isLearner) throw EtcdError.of("MemberNotLearner");
    const { progress } = this.#boot.node.status();
    const refused = learnerReady(progress.get(request.ID)?.match, progress.get(this.memberId)?.match ?? 0);
    if (refused !== undefined) throw refused;
    this.#strict(() => mayPromote(this.#membership.votingMembers()));
    await this.#proposeConfChange({
      type: ConfChangeType.ConfChangeAddNode,
      nodeId: request.ID,
      context: encodePromotion(request.ID),
    });
    return rpc.createMemberPromoteResponse({ header: this.#memberHeader(), members: this.#memberMessages() });
  }

  #strict(check: () => EtcdError | undefined): void {
    if (!this.#options.strictReconfigCheck) return;
    const refused = check();
    if (refused !== undefined) throw refused;
  }

  #connected(): number {
    return 1 + (this.#parts.transport?.activePeers() ?? 0);
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
    this.#driver.withNode((node) => node.transferLeader(request.targetID));
    await new Promise<void>((resolve, reject) => {
      const timer = this.#env.scheduler.after(requestTimeoutMs(this.#options.electionMs), () => {
        stopListening();
        reject(EtcdError.of("TimeoutLeaderTransfer"));
      });
      const stopListening = this.onLeaderChange((leader) => {
        if (leader !== request.targetID) return;
        timer.cancel();
        stopListening();
        resolve();
      });
    });
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

  /** Leader's duty: keep the cluster version where the members' versions want it. Everyone's: let the store's version follow. */
  #monitorVersions(): void {
    if (this.#stopped || this.#failed !== undefined) return;
    if (this.isLeader() && this.#appliedTerm === this.#boot.node.term) {
      const versions = new Map<string, string | undefined>();
      for (const member of this.#membership.members()) {
        versions.set(hexId(member.id), member.id === this.memberId ? SERVER_VERSION : undefined);
      }
      const { clusterVersion, downgrade } = this.#membership;
      const next = decideClusterVersion(clusterVersion, versions, downgrade, this.#env.logger);
      if (next !== undefined) {
        const ver = formatSemVer(next);
        this.#propose({ kind: "clusterVersionSet", value: { ver } }).then(
          () => this.#followStorageVersion(),
          (error: unknown) => this.#env.logger.warn("failed to update cluster version", { ver, error }),
        );
      }
    }
    this.#followStorageVersion();
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
    "quorate: this version does not speak the peer protocol yet; a cluster cannot grow beyond one member",
  );
}
