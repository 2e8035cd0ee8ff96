import { hexId } from "../base/index.ts";
import type { SoftState } from "../raft/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import { AlarmRaiser } from "./alarm-raiser.ts";
import { Applied } from "./applied.ts";
import { Applier } from "./applier.ts";
import { ApplyLoop } from "./apply-loop.ts";
import { AuthService } from "./auth-service.ts";
import type { Boot } from "./bootstrap.ts";
import { type Compactor, startCompactor } from "./compactor.ts";
import { Connections } from "./connections.ts";
import type { Core } from "./core.ts";
import { CorruptionCheck } from "./corruption.ts";
import { Downgrade } from "./downgrade.ts";
import { Elections } from "./elections.ts";
import { Leadership } from "./leadership.ts";
import { LeaseService } from "./lease-service.ts";
import { Life } from "./life.ts";
import { LogKeeper } from "./log-keeper.ts";
import { Maintenance } from "./maintenance.ts";
import { MajorityWatch } from "./majority-watch.ts";
import { declareMemberMetrics } from "./member-metrics.ts";
import { MemberService } from "./member-service.ts";
import type { MemberOptions, MemberParts } from "./options.ts";
import type { Transport } from "./peer/index.ts";
import { Proposals } from "./proposals.ts";
import { Proposer } from "./proposer.ts";
import { Publisher } from "./publisher.ts";
import { RaftDriver } from "./raft-driver.ts";
import { Reads } from "./reads.ts";
import type { Remote } from "./remote.ts";
import { RequestIds } from "./request-ids.ts";
import { SnapshotTransfer } from "./snapshot-transfer.ts";
import { State } from "./state.ts";
import { requestTimeoutMs } from "./timeouts.ts";
import { VersionMonitor } from "./version-monitor.ts";

/** What the parts ask of the member as a whole. */
export interface Hooks {
  linearizable(): Promise<void> | undefined;
  header(revision?: number): rpc.ResponseHeader;
  compact(request: rpc.CompactionRequest): Promise<unknown>;
  onSoftState(state: SoftState): void;
  /** It leads and has applied an entry of its own term. */
  onLeading(): void;
  /** It was removed from the cluster, as its own log says. */
  onRemoved(): void;
  onFatal(error: unknown): void;
}

/** A member's parts, tied to each other. */
export interface Assembly {
  readonly core: Core;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly applyLoop: ApplyLoop;
  readonly logKeeper: LogKeeper;
  readonly snapshots: SnapshotTransfer;
  readonly alarmRaiser: AlarmRaiser;
  readonly elections: Elections;
  readonly publisher: Publisher;
  readonly majority: MajorityWatch;
  readonly auth: AuthService;
  readonly leases: LeaseService;
  readonly members: MemberService;
  readonly maintenance: Maintenance;
  readonly versionMonitor: VersionMonitor;
  readonly downgrade: Downgrade;
  readonly corruption: CorruptionCheck;
  /** Undefined where nothing is compacted of the member's own accord. */
  readonly compactor: Compactor | undefined;
}

/** Builds the parts of a member from the ground up. Raft does not run before `driver.runNow`, nor the transport before its `start`. */
export function assemble(
  options: MemberOptions,
  parts: MemberParts,
  opened: Boot,
  transport: Transport,
  remote: Remote,
  hooks: Hooks,
): Assembly {
  const { env } = parts;
  const { memberId, clusterId, node, log, wal, snapshotter } = opened;
  const timeoutMs = requestTimeoutMs(options.electionMs);

  // What all share.
  const life = new Life();
  const applied = new Applied(opened.snapshotIndex, opened.snapshotTerm, env.scheduler);
  const state = new State(options, opened, parts, applied, env);
  const { mvcc, membership } = state;
  const ids = new RequestIds(memberId, env.clock.wallMs());
  const proposals = new Proposals(timeoutMs, (id) => ids.made(id), env);
  const driver = new RaftDriver(
    node,
    log,
    wal,
    transport,
    {
      onCommitted: (entries) => applyLoop.onCommitted(entries),
      onNotLeader: (dropped) => core.proposer.onNotLeader(dropped),
      onSoftState: (soft) => hooks.onSoftState(soft),
      onReadStates: (states) => reads.onReadStates(states),
      onSaveSnapshot: (snapshot) => snapshotter.save(snapshot),
      onSnapshot: (snapshot) => applyLoop.onSnapshot(snapshot),
      onSendSnapshot: (message) => snapshots.send(message),
      onFatal: (error) => hooks.onFatal(error),
    },
    env,
  );
  const leadership = new Leadership({ memberId, options, env, node, driver, wal, applied });
  const core: Core = {
    memberId,
    clusterId,
    options,
    env,
    life,
    disk: parts.disk,
    wal,
    snapshotter,
    node,
    driver,
    leadership,
    proposer: new Proposer({ options, env, life, node, driver, leadership, applied }, proposals, ids),
    state,
    applied,
    transport,
    connections: new Connections({ memberId, env, state, transport, leadership }),
    remote,
    linearizable: () => hooks.linearizable(),
    header: (revision) => hooks.header(revision),
  };

  // The way of an entry.
  const reads = new Reads(
    (act) => driver.withNode(act),
    () => applied.index,
    () => ids.next(),
    timeoutMs,
    env,
  );
  const logKeeper = new LogKeeper(
    {
      log,
      node,
      store: () => state.store,
      wal,
      snapshotter,
      membership,
      snapshotIndex: opened.snapshotIndex,
      forced: opened.healing,
    },
    {
      snapshotCount: options.snapshotCount,
      catchUpEntries: options.snapshotCatchUpEntries,
      snapshotsMax: options.snapshotsMax,
      walsMax: options.walsMax,
    },
    (error) => hooks.onFatal(error),
    env,
  );
  const alarmRaiser = new AlarmRaiser(core);
  const elections = new Elections(core);
  const publisher = new Publisher(core);
  const majority = new MajorityWatch(core, parts.onWaiting ?? (() => {}));
  const applyLoop = new ApplyLoop(
    core,
    {
      applier: new Applier(
        {
          mvcc,
          lessor: state.lessor,
          membership,
          alarms: state.alarms,
          auth: state.auth,
          quota: state.quota,
          header: (revision) => hooks.header(revision),
          forceSnapshot: () => logKeeper.force(),
        },
        options.warningApplyMs,
        env,
      ),
      proposals,
      reads,
      logKeeper,
      alarmRaiser,
      elections,
      onTerm: (term) => core.proposer.onTerm(term),
      onRestored: () => publisher.serveWhenDecided(),
      onLeading: () => hooks.onLeading(),
      onRemoved: () => hooks.onRemoved(),
      onFatal: (error) => hooks.onFatal(error),
    },
    opened.confIndex,
  );
  const snapshots = new SnapshotTransfer(core, applyLoop, logKeeper, log);

  // Services, and watches over the cluster.
  const auth = new AuthService(
    state.auth,
    {
      leases: state.lessor,
      linearizable: () => hooks.linearizable(),
      propose: (command, by) => core.proposer.propose(command, by),
    },
    options.clientCertAuth,
  );
  const leases = new LeaseService(core, ids);
  const compactor =
    options.autoCompactionRetention > 0
      ? startCompactor(
          options.autoCompactionMode,
          options.autoCompactionRetention,
          { revision: () => mvcc.revision, compact: (revision) => hooks.compact({ revision, physical: false }) },
          env,
        )
      : undefined;
  const versionMonitor = new VersionMonitor(core);
  const corruption = new CorruptionCheck(
    {
      memberId,
      hash: (revision) => mvcc.hashKvSliced(revision),
      compactionHashes: () => mvcc.compactionHashes(),
      peerHashes: (revision) => {
        const others = membership.members().filter((member) => member.id !== memberId);
        return remote.hashKvs(others, hexId(clusterId), revision, timeoutMs);
      },
      linearizable: async () => hooks.linearizable(),
      raise: (id) => void alarmRaiser.corrupt(id),
    },
    env,
  );
  declareMemberMetrics(core, applyLoop);
  return {
    core,
    proposals,
    reads,
    applyLoop,
    logKeeper,
    snapshots,
    alarmRaiser,
    elections,
    publisher,
    majority,
    auth,
    leases,
    members: new MemberService(core),
    maintenance: new Maintenance(core),
    versionMonitor,
    downgrade: new Downgrade(core, versionMonitor),
    corruption,
    compactor,
  };
}
