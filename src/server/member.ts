import {
  type ClusterId,
  type Env,
  EtcdError,
  formatSemVer,
  hexId,
  type LeaseId,
  type MemberId,
  type Timer,
} from "../base/index.ts";
import type { RawNode, SoftState } from "../raft/index.ts";
import type { Lessor } from "../state/lease/index.ts";
import { applyTxn, type Mvcc, rangeRequest } from "../state/mvcc/index.ts";
import type { WatchHub } from "../state/watch/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import type { AlarmRaiser } from "./alarm-raiser.ts";
import type { Applied } from "./applied.ts";
import { type Assembly, assemble } from "./assemble.ts";
import type { AuthService } from "./auth-service.ts";
import { type Boot, boot } from "./bootstrap.ts";
import type { Command } from "./command.ts";
import type { Core } from "./core.ts";
import type { Leadership } from "./leadership.ts";
import type { Life } from "./life.ts";
import type { MemberOptions, MemberParts } from "./options.ts";
import { noTransport, type Transport } from "./peer/index.ts";
import { makePeerHost } from "./peer-host.ts";
import { promised, type Waiter } from "./proposals.ts";
import type { Proposer } from "./proposer.ts";
import { costOf } from "./quota.ts";
import type { Reads } from "./reads.ts";
import { Remote } from "./remote.ts";
import { neverProposed, timeoutError } from "./timeouts.ts";
import type { Health, Member, Principal, SnapshotSource } from "./types.ts";
import { SERVER_VERSION } from "./version.ts";

/** A removed member goes on this long, so that the others hear that the removal is committed. */
const removedGraceMs = 1000;

/** What the answer to a compaction entry holds: what the client gets, and the end of the physical work. */
interface Compacted {
  readonly response: rpc.CompactionResponse;
  readonly physical: Promise<void>;
}

/** Why a member ends that is no part of its cluster any more: no fault of its own. */
export class RemovedError extends Error {
  override readonly name = "RemovedError";

  constructor() {
    super("the member has been permanently removed from the cluster");
  }
}

/**
 * One member: raft node, log, store and state tied together. `start` opens a data directory and resolves once the member
 * has applied what was committed, knows a leader and has published itself; from then on it serves.
 *
 * Here its parts are started and stopped, and requests that the log or the keys answer are met; the rest is the parts'.
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
  readonly #onStarted: ((member: Member) => void) | undefined;
  readonly #onFatal: (error: unknown) => void;
  readonly #parts: Assembly;
  readonly #core: Core;
  readonly #boot: Boot;
  // What each request meets is at hand here.
  readonly #life: Life;
  readonly #node: RawNode;
  readonly #leadership: Leadership;
  readonly #applied: Applied;
  readonly #mvcc: Mvcc;
  readonly #lessor: Lessor;
  readonly #proposer: Proposer;
  readonly #reads: Reads;
  readonly #alarmRaiser: AlarmRaiser;
  readonly #timers: Timer[] = [];
  #removed = false;

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
    this.#options = options;
    this.#env = parts.env;
    this.#onStarted = parts.onStarted;
    this.#onFatal = parts.onFatal;
    this.#boot = opened;
    const assembly = assemble(options, parts, opened, transport, remote, {
      linearizable: () => this.linearizable(),
      header: (revision) => this.header(revision),
      compact: (request) => this.compact(request),
      onSoftState: (state) => this.#onSoftState(state),
      onLeading: () => this.#onLeading(),
      onRemoved: () => this.#onRemoved(),
      onFatal: (error) => this.fail(error),
    });
    const { core } = assembly;
    this.#parts = assembly;
    this.#core = core;
    this.#life = core.life;
    this.#node = core.node;
    this.#leadership = core.leadership;
    this.#applied = core.applied;
    this.#mvcc = core.state.mvcc;
    this.#lessor = core.state.lessor;
    this.#proposer = core.proposer;
    this.#reads = assembly.reads;
    this.#alarmRaiser = assembly.alarmRaiser;
    this.memberId = opened.memberId;
    this.clusterId = opened.clusterId;
    this.requestBytesMax = options.requestBytesMax;
    this.txnOpsMax = options.txnOpsMax;
    this.watchHub = core.state.watchHub;
    this.auth = assembly.auth;
  }

  // ---- life ------------------------------------------------------------------------------------------------------------

  async #begin(): Promise<void> {
    const { scheduler } = this.#env;
    const options = this.#options;
    const { transport, connections } = this.#core;
    transport.start(
      { memberId: this.memberId, clusterId: this.clusterId, peerURLs: options.advertisePeerUrls },
      makePeerHost(this.#core, {
        elections: this.#parts.elections,
        snapshots: this.#parts.snapshots,
        members: this.#parts.members,
        auth: this.auth,
        leases: this.#parts.leases,
        onRemoved: () => this.#onRemoved(),
      }),
    );
    for (const member of this.#boot.peers) transport.setPeer(member.id, member.peerURLs);
    connections.setPeers();
    if (options.initialCorruptCheck) await this.#parts.corruption.initial();
    this.#timers.push(
      scheduler.every(options.heartbeatMs, () => this.#tick()),
      this.#parts.versionMonitor.start(),
    );
    const downgrading = this.#parts.downgrade.start();
    if (downgrading !== undefined) this.#timers.push(downgrading);
    const asLeader = (periodMs: number, check: () => Promise<void>): void => {
      const act = (): void => {
        if (this.isLeader() && !this.#life.stopped) void check();
      };
      if (periodMs > 0) this.#timers.push(scheduler.every(periodMs, act));
    };
    asLeader(options.corruptCheckMs, () => this.#parts.corruption.periodic());
    if (options.compactHashCheck) asLeader(options.compactHashCheckMs, () => this.#parts.corruption.compactions());
    this.#core.driver.runNow();
    this.#parts.elections.standAlone();
    this.#parts.majority.start();
    const advancing = this.#parts.elections.advanceTicks();
    if (advancing !== undefined) this.#timers.push(advancing);
    this.#onStarted?.(this);
    await this.#parts.publisher.ready;
  }

  /** Ends the member: what is in flight is finished or refused, files are committed and closed. Idempotent. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life.stopped) return;
    if (life.failure === undefined) await this.#handOver();
    if (life.stopped) return;
    life.stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#parts.majority.stop();
    await this.#core.transport.close();
    this.#parts.compactor?.close();
    this.#parts.leases.close();
    await this.#core.driver.stop();
    await this.#parts.applyLoop.settled();
    this.#parts.proposals.rejectAll();
    this.#reads.stop();
    this.#core.state.close();
    await this.#parts.logKeeper.close();
    const closed = await Promise.allSettled([this.#core.state.store.close(), this.#boot.wal.close()]);
    if (life.failure !== undefined) return;
    for (const result of closed) if (result.status === "rejected") throw result.reason;
  }

  /** A leader that stops hands over first, so that the others need not find out by a time-out. */
  async #handOver(): Promise<void> {
    if (!this.isLeader()) return;
    const heir = this.#core.connections.steadiestVoter();
    if (heir === undefined) return;
    try {
      // Raft gives a transfer up after an election timeout.
      await this.#leadership.transferTo(heir, this.#options.electionMs);
    } catch (error) {
      this.#env.logger.warn("leadership transfer failed", { "local-member-id": hexId(this.memberId), error });
    }
  }

  /** Nothing more is acknowledged; the composition root ends the process. */
  fail(error: unknown): void {
    if (this.#life.over) return;
    this.#env.logger.fatal("member stops: it can no longer keep its promises", { error });
    this.#end(error);
  }

  #end(error: unknown): void {
    this.#life.failure = error;
    this.#parts.proposals.rejectAll();
    this.#reads.stop();
    this.#parts.publisher.fail(error);
    void this.#core.transport.close();
    void this.#core.driver.stop();
    this.#onFatal(error);
  }

  /** This member is no part of the cluster any more, as its own log or a peer says. */
  #onRemoved(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.#env.scheduler.after(removedGraceMs, () => {
      if (this.#life.over) return;
      const error = new RemovedError();
      this.#env.logger.warn("server error", { error });
      this.#env.logger.warn("data-dir used by this member must be removed", { "data-dir": this.#options.dataDir });
      this.#end(error);
    });
  }

  #tick(): void {
    this.#core.driver.tick();
    const nowMs = this.#env.clock.monotonicMs();
    this.#leadership.ticked(nowMs);
    const { leader, electedMs } = this.#leadership;
    const gone = this.#parts.proposals.expire(nowMs, ({ startedMs, term }) => {
      if (term === 0) return neverProposed();
      return timeoutError({
        startedMs,
        leaderElectedMs: electedMs,
        electionTimeoutMs: this.#options.electionMs,
        leader: leader === 0n ? "none" : leader === this.memberId ? "self" : "other",
        connected: () => this.#core.connections.connectedSince(startedMs),
      });
    });
    if (gone.size > 0) this.#proposer.withdraw(gone);
    this.#proposer.proposeChanges();
  }

  #onSoftState(state: SoftState): void {
    const changed = this.#leadership.update(state);
    if (state.lead !== 0n) void this.#parts.publisher.publish();
    if (this.isLeader()) this.#parts.compactor?.resume();
    else {
      this.#parts.compactor?.pause();
      if (this.#lessor.primary) this.#lessor.demote();
    }
    if (!changed) return;
    if (state.lead !== 0n) {
      this.#reads.onLeader();
      this.#proposer.proposeChanges();
    }
    this.#leadership.tell();
  }

  #onLeading(): void {
    this.#lessor.promote(this.#options.electionMs);
    this.#parts.versionMonitor.look();
  }

  // ---- writing ---------------------------------------------------------------------------------------------------------

  /** Quota at the door: what does not fit is refused here, and the alarm raised, before it ever reaches the log. */
  submit(command: Command, by: Principal | undefined, waiter: Waiter): void {
    if (this.#core.state.quota.fits(costOf(command))) this.#proposer.submit(command, by, waiter);
    else void this.#alarmRaiser.noSpace().then(() => waiter.settled({ error: EtcdError.of("NoSpace") }));
  }

  #submitted<R>(command: Command, by: Principal | undefined): Promise<R> {
    return promised((waiter) => this.submit(command, by, waiter));
  }

  put(request: rpc.PutRequest, by?: Principal): Promise<rpc.PutResponse> {
    return this.#submitted({ kind: "put", value: request }, by);
  }

  deleteRange(request: rpc.DeleteRangeRequest, by?: Principal): Promise<rpc.DeleteRangeResponse> {
    return this.#submitted({ kind: "deleteRange", value: request }, by);
  }

  txn(request: rpc.TxnRequest, by?: Principal): Promise<rpc.TxnResponse> {
    return this.#submitted({ kind: "txn", value: request }, by);
  }

  async compact(request: rpc.CompactionRequest, by?: Principal): Promise<rpc.CompactionResponse> {
    const { response, physical } = await this.#proposer.propose<Compacted>({ kind: "compaction", value: request }, by);
    if (request.physical) {
      await physical;
      await this.#core.state.store.commit();
    }
    return response;
  }

  leaseGrant(request: rpc.LeaseGrantRequest, by?: Principal): Promise<rpc.LeaseGrantResponse> {
    return this.#submitted({ kind: "leaseGrant", value: this.#parts.leases.withId(request) }, by);
  }

  leaseRevoke(request: rpc.LeaseRevokeRequest, by?: Principal): Promise<rpc.LeaseRevokeResponse> {
    return this.#proposer.propose({ kind: "leaseRevoke", value: request }, by);
  }

  alarm(request: rpc.AlarmRequest): Promise<rpc.AlarmResponse> {
    return this.#proposer.propose({ kind: "alarm", value: request });
  }

  // ---- reading ---------------------------------------------------------------------------------------------------------

  linearizable(): Promise<void> | undefined {
    this.#life.mustRun();
    if (this.#leadership.alone && this.#applied.index >= this.#node.committed) return undefined;
    return this.#reads.wait();
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

  header(revision = this.#mvcc.revision): rpc.ResponseHeader {
    return {
      clusterId: this.clusterId,
      memberId: this.memberId,
      revision,
      raftTerm: this.#node.term,
    };
  }

  revision(): number {
    return this.#mvcc.revision;
  }

  term(): number {
    return this.#node.term;
  }

  leader(): MemberId {
    return this.#leadership.leader;
  }

  isLeader(): boolean {
    return this.#leadership.isLeader;
  }

  onLeaderChange(listener: (leader: MemberId | undefined) => void): () => void {
    return this.#leadership.onChange(listener);
  }

  versions(): { server: string; cluster: string | undefined; storage: string | undefined } {
    const cluster = this.#core.state.membership.clusterVersion;
    return {
      server: SERVER_VERSION,
      cluster: cluster === undefined ? undefined : formatSemVer(cluster),
      storage: this.#core.state.store.storageVersion(),
    };
  }

  // ---- the services' ---------------------------------------------------------------------------------------------------

  leaseRenew(id: LeaseId): number | Promise<number> {
    return this.#parts.leases.renew(id);
  }

  leaseTimeToLive(request: rpc.LeaseTimeToLiveRequest): Promise<rpc.LeaseTimeToLiveResponse> {
    return this.#parts.leases.timeToLive(request);
  }

  async leaseLeases(): Promise<rpc.LeaseLeasesResponse> {
    return this.#parts.leases.leases();
  }

  memberList(request: rpc.MemberListRequest): Promise<rpc.MemberListResponse> {
    return this.#parts.members.list(request);
  }

  memberAdd(request: rpc.MemberAddRequest): Promise<rpc.MemberAddResponse> {
    return this.#parts.members.add(request);
  }

  memberRemove(request: rpc.MemberRemoveRequest): Promise<rpc.MemberRemoveResponse> {
    return this.#parts.members.remove(request);
  }

  memberUpdate(request: rpc.MemberUpdateRequest): Promise<rpc.MemberUpdateResponse> {
    return this.#parts.members.update(request);
  }

  memberPromote(request: rpc.MemberPromoteRequest, token?: string, by?: Principal): Promise<rpc.MemberPromoteResponse> {
    return this.#parts.members.promote(request, token, by);
  }

  health(): Health {
    return this.#parts.maintenance.health();
  }

  status(): rpc.StatusResponse {
    return this.#parts.maintenance.status();
  }

  defragment(): Promise<void> {
    return this.#parts.maintenance.defragment();
  }

  hash(): Promise<rpc.HashResponse> {
    return this.#parts.maintenance.hash();
  }

  hashKv(request: rpc.HashKVRequest): Promise<rpc.HashKVResponse> {
    return this.#parts.maintenance.hashKv(request);
  }

  snapshot(): Promise<SnapshotSource> {
    return this.#parts.maintenance.snapshot();
  }

  moveLeader(request: rpc.MoveLeaderRequest): Promise<void> {
    return this.#parts.maintenance.moveLeader(request);
  }

  downgrade(request: rpc.DowngradeRequest): Promise<rpc.DowngradeResponse> {
    return this.#parts.downgrade.call(request);
  }

  raftStatus(): Record<string, unknown> {
    return this.#parts.maintenance.raftStatus();
  }
}
