import { type Env, EtcdError, exponentialBuckets, type Histogram, isEtcdError, parseSemVer } from "../base/index.ts";
import type { AuthStore } from "../state/auth/index.ts";
import type { Lessor } from "../state/lease/index.ts";
import type { Membership } from "../state/membership/index.ts";
import { applyDeleteRange, applyPut, applyTxn, type Mvcc, rangeRequest } from "../state/mvcc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { AlarmStore } from "./alarms.ts";
import type { Command, CommandKind, Envelope } from "./command.ts";
import type { Outcome } from "./proposals.ts";
import { costOf, type Quota, txnCost } from "./quota.ts";

/** The state that entries change. */
export interface ApplierState {
  readonly mvcc: Mvcc;
  readonly lessor: Lessor;
  readonly membership: Membership;
  readonly alarms: AlarmStore;
  readonly auth: AuthStore;
  readonly quota: Quota;
  header(revision?: number): rpc.ResponseHeader;
  /** The cluster version went down: the log up to here must be summed up in a snapshot that the older version can read. */
  forceSnapshot(): void;
}

/** Whether a range inside this entry must be executed: only where somebody waits for the answer (etcd 3.7). */
export type Asked = boolean;

/** Commands that a member with a CORRUPT alarm refuses. */
const refusedWhenCorrupt = new Set<CommandKind>([
  "put",
  "range",
  "deleteRange",
  "txn",
  "compaction",
  "leaseGrant",
  "leaseRevoke",
]);

/**
 * Turns one committed entry after the other into state. Deterministic: what is written depends on nothing but the entries
 * and the state they built, so every member that applied the same entries holds the same rows. The answers may depend on
 * local facts (a full disk raises the NOSPACE alarm), the writes never.
 *
 * Order of the checks, outermost first, as etcd's chain of appliers has it: corrupt, capped by NOSPACE, auth, quota.
 */
export class Applier {
  readonly #state: ApplierState;
  readonly #durations: Histogram;
  readonly #slow: { inc(): void };
  readonly #warningMs: number;
  readonly #env: Env;
  /** Series by kind, of what succeeded and of what did not. */
  readonly #succeeded = new Map<CommandKind, Histogram>();
  readonly #failed = new Map<CommandKind, Histogram>();

  constructor(state: ApplierState, warningMs: number, env: Env) {
    this.#state = state;
    this.#warningMs = warningMs;
    this.#env = env;
    this.#durations = env.metrics.histogram({
      name: "etcd_server_apply_duration_seconds",
      help: "The latency distributions of v2 apply called by backend.",
      labels: ["version", "op", "success"],
      buckets: exponentialBuckets(0.0001, 2, 20),
    });
    this.#slow = env.metrics.counter({
      name: "etcd_server_slow_apply_total",
      help: "The total number of slow apply requests (likely overloaded from slow disk).",
    });
  }

  /** Applies one command; an error is part of the outcome, since it is what the client is told. */
  apply(index: number, envelope: Envelope, asked: Asked): Outcome {
    const startMs = this.#env.clock.monotonicMs();
    const outcome = this.#guarded(index, envelope, asked);
    this.#observe(envelope.command, outcome, this.#env.clock.monotonicMs() - startMs);
    return outcome;
  }

  #guarded(index: number, envelope: Envelope, asked: Asked): Outcome {
    const { command } = envelope;
    try {
      const { alarms } = this.#state;
      if (alarms.has(rpc.AlarmType.CORRUPT) && refusedWhenCorrupt.has(command.kind)) throw EtcdError.of("Corrupt");
      if (alarms.has(rpc.AlarmType.NOSPACE)) this.#refuseGrowth(command);
      this.#state.auth.checkCommand(envelope, this.#state.lessor);
      return this.#withQuota(index, command, asked);
    } catch (error) {
      if (error instanceof EtcdError) return { error };
      throw error;
    }
  }

  #refuseGrowth(command: Command): void {
    const grows =
      command.kind === "put" || command.kind === "leaseGrant" || (command.kind === "txn" && txnCost(command.value) > 0);
    if (grows) throw EtcdError.of("NoSpace");
  }

  /**
   * The quota as etcd applies it: the write happens all the same, since other members may have had room for it, but the
   * answer is NoSpace, and the alarm that follows stops the next write everywhere at the same entry.
   */
  #withQuota(index: number, command: Command, asked: Asked): Outcome {
    const cost = costOf(command);
    const full = cost > 0 && !this.#state.quota.fits(cost);
    const response = this.#execute(index, command, asked);
    return full ? { error: EtcdError.of("NoSpace") } : { response };
  }

  #execute(index: number, command: Command, asked: Asked): unknown {
    const { mvcc, lessor, auth, membership } = this.#state;
    switch (command.kind) {
      case "put": {
        const response = applyPut(mvcc, lessor, command.value);
        return this.#complete(response);
      }
      case "deleteRange":
        return this.#complete(applyDeleteRange(mvcc, command.value));
      case "txn":
        return this.#complete(applyTxn(mvcc, lessor, command.value, { noRangeResults: !asked }));
      case "range":
        return asked ? this.#range(command.value) : undefined;
      case "compaction": {
        const physical = mvcc.compact(command.value.revision);
        const response = rpc.createCompactionResponse({ header: this.#state.header(mvcc.revision) });
        return { response, physical };
      }
      case "leaseGrant": {
        const TTL = lessor.grant(command.value.ID, command.value.TTL);
        return rpc.createLeaseGrantResponse({ header: this.#state.header(), ID: command.value.ID, TTL });
      }
      case "leaseRevoke": {
        const txn = mvcc.write();
        try {
          lessor.revoke(command.value.ID, txn);
        } finally {
          txn.end();
        }
        return rpc.createLeaseRevokeResponse({ header: this.#state.header() });
      }
      case "leaseCheckpoint":
        for (const line of command.value.checkpoints) lessor.checkpoint(line.ID, line.remainingTTL);
        return rpc.createLeaseCheckpointResponse({ header: this.#state.header() });
      case "alarm":
        return this.#alarm(command.value);
      case "clusterVersionSet": {
        const version = parseSemVer(command.value.ver);
        if (version === undefined) return undefined;
        const before = membership.clusterVersion;
        membership.setClusterVersion(version);
        if (before !== undefined && version.minor < before.minor) this.#state.forceSnapshot();
        return undefined;
      }
      case "clusterMemberAttrSet": {
        const attributes = command.value.memberAttributes;
        membership.setAttributes(command.value.memberID, attributes?.name ?? "", attributes?.clientUrls ?? []);
        return undefined;
      }
      case "downgradeInfoSet":
        membership.setDowngrade({
          enabled: command.value.enabled,
          targetVersion: command.value.enabled ? command.value.ver : "",
        });
        return undefined;
      case "downgradeVersionTest":
        return undefined;
      default:
        return auth.apply(command, this.#state.header(), index);
    }
  }

  #range(request: rpc.RangeRequest): rpc.RangeResponse {
    const { kvs, count, more, revision } = rangeRequest(this.#state.mvcc, request);
    return { header: this.#state.header(revision), kvs, count, more };
  }

  #alarm(request: rpc.AlarmRequest): rpc.AlarmResponse {
    const { alarms } = this.#state;
    const response = rpc.createAlarmResponse({ header: this.#state.header() });
    if (request.action === rpc.AlarmAction.GET) {
      response.alarms = alarms.get(request.alarm);
    } else if (request.alarm !== rpc.AlarmType.NONE || request.action === rpc.AlarmAction.DEACTIVATE) {
      const activate = request.action === rpc.AlarmAction.ACTIVATE;
      const alarm = activate
        ? alarms.activate(request.memberID, request.alarm)
        : alarms.deactivate(request.memberID, request.alarm);
      if (alarm !== undefined) response.alarms = [alarm];
    }
    return response;
  }

  #complete<R extends { header: rpc.ResponseHeader | undefined }>(response: R): R {
    response.header = this.#state.header(response.header?.revision);
    return response;
  }

  #observe(command: Command, outcome: Outcome, tookMs: number): void {
    const success = outcome.error === undefined || isEtcdError(outcome.error, "Compacted");
    const series = success ? this.#succeeded : this.#failed;
    let histogram = series.get(command.kind);
    if (histogram === undefined) {
      histogram = this.#durations.with("v3", opName(command.kind), String(success));
      series.set(command.kind, histogram);
    }
    histogram.observe(tookMs / 1000);
    if (tookMs > this.#warningMs) {
      this.#slow.inc();
      this.#env.logger.warn("apply request took too long", {
        took: `${tookMs.toFixed(3)}ms`,
        "expected-duration": `${this.#warningMs}ms`,
        op: opName(command.kind),
      });
    }
  }
}

const opNames = new Map<string, string>();

/** Label of the operation as etcd has it: `LeaseGrant`. */
function opName(kind: CommandKind): string {
  let name = opNames.get(kind);
  if (name === undefined) {
    name = kind.charAt(0).toUpperCase() + kind.slice(1);
    opNames.set(kind, name);
  }
  return name;
}
