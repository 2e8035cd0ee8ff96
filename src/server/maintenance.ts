import { EtcdError, hexId } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { alarmText } from "./alarms.ts";
import type { Core } from "./core.ts";
import { requestTimeoutMs } from "./timeouts.ts";
import type { Health, SnapshotSource } from "./types.ts";
import { SERVER_VERSION } from "./version.ts";

type Needs = Pick<Core, "memberId" | "options" | "life" | "node" | "leadership" | "state" | "applied" | "header">;

const raftStates = ["StateFollower", "StateCandidate", "StateLeader", "StatePreCandidate"];

/** What operators ask of one member: how it is, its space, its hashes, its database, its leadership. */
export class Maintenance {
  readonly #core: Needs;
  #defragmenting = false;

  constructor(core: Needs) {
    this.#core = core;
  }

  health(): Health {
    const { leadership, state } = this.#core;
    return {
      alarms: state.alarms.get(rpc.AlarmType.NONE),
      hasLeader: leadership.leader !== 0n,
      isLearner: state.membership.isLocalLearner(),
      defragmenting: this.#defragmenting,
    };
  }

  status(): rpc.StatusResponse {
    const { node, leadership, state, applied } = this.#core;
    const { store, membership, quota } = state;
    const errors = state.alarms.get(rpc.AlarmType.NONE).map(alarmText);
    if (leadership.leader === 0n) errors.unshift(EtcdError.of("NoLeader").message);
    const { downgrade } = membership;
    return rpc.createStatusResponse({
      header: this.#core.header(),
      version: SERVER_VERSION,
      dbSize: store.size(),
      leader: leadership.leader,
      raftIndex: node.committed,
      raftAppliedIndex: applied.index,
      raftTerm: node.term,
      errors,
      dbSizeInUse: store.sizeInUse(),
      isLearner: membership.isLocalLearner(),
      storageVersion: store.storageVersion() ?? "",
      dbSizeQuota: quota.limitBytes,
      downgradeInfo: rpc.createDowngradeInfo({
        enabled: downgrade.enabled,
        targetVersion: downgrade.enabled ? downgrade.targetVersion : "",
      }),
    });
  }

  async defragment(): Promise<void> {
    this.#core.life.mustRun();
    this.#defragmenting = true;
    try {
      await this.#core.state.store.defragment();
    } finally {
      this.#defragmenting = false;
    }
  }

  async hash(): Promise<rpc.HashResponse> {
    this.#core.life.mustRun();
    const hash = await this.#core.state.store.hashSliced();
    return rpc.createHashResponse({ header: this.#core.header(), hash });
  }

  async hashKv(request: rpc.HashKVRequest): Promise<rpc.HashKVResponse> {
    this.#core.life.mustRun();
    const { mvcc } = this.#core.state;
    const { hash, compactRevision, revision, currentRevision } = await mvcc.hashKvSliced(request.revision);
    return rpc.createHashKVResponse({
      header: this.#core.header(currentRevision),
      hash,
      compactRevision,
      hashRevision: revision,
    });
  }

  async snapshot(): Promise<SnapshotSource> {
    this.#core.life.mustRun();
    const { store } = this.#core.state;
    const image = await store.snapshot();
    return {
      size: image.size,
      version: store.storageVersion() ?? "",
      chunks: (chunkBytes, memory) => image.chunks(chunkBytes, memory),
      close: () => image.close(),
    };
  }

  async moveLeader(request: rpc.MoveLeaderRequest): Promise<void> {
    const { memberId, options, leadership, state } = this.#core;
    if (!leadership.isLeader) throw EtcdError.of("NotLeader");
    const target = state.membership.member(request.targetID);
    if (target === undefined || target.isLearner) throw EtcdError.of("BadLeaderTransferee");
    if (request.targetID === memberId) return;
    await leadership.transferTo(request.targetID, requestTimeoutMs(options.electionMs));
  }

  /** Raft's state for `/debug/vars`. */
  raftStatus(): Record<string, unknown> {
    const status = this.#core.node.status();
    return {
      id: hexId(status.id),
      term: status.term,
      vote: hexId(status.vote),
      commit: status.commit,
      lead: hexId(status.lead),
      raftState: raftStates[status.raftState],
      applied: status.applied,
      progress: Object.fromEntries(
        [...status.progress].map(([id, progress]) => [hexId(id), { match: progress.match, next: progress.next }]),
      ),
      leadtransferee: hexId(status.leadTransferee),
    };
  }
}
