import { checkGiven, type Kind, kinds, oneOf } from "../base/index.ts";
import { parseEndpoint } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Connection } from "./connection.ts";
import { ClientError } from "./errors.ts";
import { checkCall, none, type RequestOptions, withRequest } from "./options.ts";
import { Snapshot } from "./snapshot.ts";

/** Which member a request is for, by its URL; any of the client's endpoints when left out. */
export interface EndpointOptions extends RequestOptions {
  readonly endpoint?: string | undefined;
}

/** How one member is. */
export interface MemberStatus {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  /** Version of etcd whose protocol it speaks. */
  readonly version: string;
  /** Version of its files, empty before 3.6. */
  readonly storageVersion: string;
  /** Id of the leader as this member sees it; undefined when it sees none. */
  readonly leader: bigint | undefined;
  readonly learner: boolean;
  readonly revision: number;
  readonly raftTerm: number;
  readonly raftIndex: number;
  readonly raftAppliedIndex: number;
  /** Bytes of the database file, those of them in use, and the most it may have (0: told by servers before 3.6). */
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly dbSizeQuota: number;
  /** Alarms and other trouble, in the server's words. */
  readonly errors: readonly string[];
  /** Version that a downgrade under way leads to. */
  readonly downgradeTo: string | undefined;
}

/**
 * What an alarm is about: the database has reached its quota, or members disagree on what it holds.
 *
 * @example
 * const kind: AlarmKind = "nospace";
 * await client.maintenance.disarm({ alarm: kind });
 */
export type AlarmKind = "nospace" | "corrupt";

/** An alarm that a member has raised. */
export interface Alarm {
  readonly memberId: bigint;
  readonly alarm: AlarmKind;
}

/** The hash of a member's history. Members that agree have the same at the same revisions. */
export interface KvHash {
  readonly hash: number;
  readonly memberId: bigint;
  /** Revision up to which was hashed. */
  readonly revision: number;
  /** Revision up to which history had been compacted. */
  readonly compactRevision: number;
}

const endpointKind: Kind = {
  wanted: "a URL of a member, e.g. http://127.0.0.1:2379",
  holds(value) {
    if (typeof value !== "string") return false;
    try {
      parseEndpoint(value, { defaultPorts: true });
      return true;
    } catch {
      return false;
    }
  },
};
const endpointShape = withRequest({ endpoint: endpointKind });
const hashShape = withRequest({ endpoint: endpointKind, revision: kinds.count });
const disarmShape = withRequest({ memberId: kinds.uint64, alarm: oneOf("nospace", "corrupt") });
const actionKind = oneOf("validate", "enable", "cancel");
const versionKind: Kind = {
  wanted: 'a version of two numbers, e.g. "3.6"',
  holds: (value) => typeof value === "string" && /^\d+\.\d+(\.\d+)?$/.test(value),
};

const actions = {
  validate: rpc.DowngradeAction.VALIDATE,
  enable: rpc.DowngradeAction.ENABLE,
  cancel: rpc.DowngradeAction.CANCEL,
} as const;
const alarmTypes = { nospace: rpc.AlarmType.NOSPACE, corrupt: rpc.AlarmType.CORRUPT } as const;

/**
 * What operators do with members and their stores. Reached as `client.maintenance`. Requests about one member go to the endpoint that
 * is named, once; without a name to the one that the client is connected to.
 *
 * @example
 * const endpoint = "http://127.0.0.1:2379";
 * const { dbSize, dbSizeInUse } = await client.maintenance.status({ endpoint });
 * if (dbSize > 2 * dbSizeInUse) await client.maintenance.defragment({ endpoint });
 */
export class Maintenance {
  readonly #connection: Connection;

  /** Made by the client. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** How a member is: version, leader, sizes, alarms. */
  async status(options: EndpointOptions = none): Promise<MemberStatus> {
    checkCall("maintenance.status", options, endpointShape);
    const answer = rpc.decodeStatusResponse(await this.#ask("Status", rpc.encodeStatusRequest({}), true, options));
    const { header, downgradeInfo } = answer;
    return {
      memberId: header?.memberId ?? 0n,
      clusterId: header?.clusterId ?? 0n,
      revision: header?.revision ?? 0,
      version: answer.version,
      storageVersion: answer.storageVersion,
      leader: answer.leader === 0n ? undefined : answer.leader,
      learner: answer.isLearner,
      raftTerm: answer.raftTerm,
      raftIndex: answer.raftIndex,
      raftAppliedIndex: answer.raftAppliedIndex,
      dbSize: answer.dbSize,
      dbSizeInUse: answer.dbSizeInUse,
      dbSizeQuota: answer.dbSizeQuota,
      errors: answer.errors,
      downgradeTo: downgradeInfo?.enabled === true ? downgradeInfo.targetVersion : undefined,
    };
  }

  /** Gives the free space of a member's database back to the disk. The member does not answer meanwhile. */
  async defragment(options: EndpointOptions = none): Promise<void> {
    checkCall("maintenance.defragment", options, endpointShape);
    await this.#ask("Defragment", rpc.encodeDefragmentRequest({}), false, options);
  }

  /** A hash of all of a member's database, history and administration included. */
  async hash(options: EndpointOptions = none): Promise<{ readonly hash: number; readonly memberId: bigint }> {
    checkCall("maintenance.hash", options, endpointShape);
    const answer = await this.#ask("Hash", rpc.encodeHashRequest({}), true, options);
    const { hash, header } = rpc.decodeHashResponse(answer);
    return { hash, memberId: header?.memberId ?? 0n };
  }

  /** A hash of a member's keys and their history, up to `revision` or to the latest one. */
  async hashKv(options: EndpointOptions & { readonly revision?: number | undefined } = none): Promise<KvHash> {
    checkCall("maintenance.hashKv", options, hashShape);
    const request = rpc.encodeHashKVRequest({ revision: options.revision ?? 0 });
    const answer = rpc.decodeHashKVResponse(await this.#ask("HashKV", request, true, options));
    return {
      hash: answer.hash,
      memberId: answer.header?.memberId ?? 0n,
      // Servers before 3.6 do not tell up to where: it is what was asked for, or the present revision.
      revision: answer.hashRevision || options.revision || (answer.header?.revision ?? 0),
      compactRevision: answer.compactRevision,
    };
  }

  /** The alarms that are raised, of all members. */
  async alarms(options: RequestOptions = none): Promise<Alarm[]> {
    checkCall("maintenance.alarms", options);
    return await this.#alarm(rpc.AlarmAction.GET, 0n, rpc.AlarmType.NONE, options);
  }

  /** Takes alarms back: all, or those of one member or one kind. Resolves to what was taken back. */
  async disarm(
    options: { readonly memberId?: bigint | undefined; readonly alarm?: AlarmKind | undefined } & RequestOptions = none,
  ): Promise<Alarm[]> {
    checkCall("maintenance.disarm", options, disarmShape);
    const { memberId, alarm, ...request } = options;
    const disarmed: Alarm[] = [];
    // One at a time: the server takes the id 0 for all members, but no alarm for all alarms.
    for (const raised of await this.alarms(request)) {
      if (memberId !== undefined && raised.memberId !== memberId) continue;
      if (alarm !== undefined && raised.alarm !== alarm) continue;
      const { DEACTIVATE } = rpc.AlarmAction;
      disarmed.push(...(await this.#alarm(DEACTIVATE, raised.memberId, alarmTypes[raised.alarm], request)));
    }
    return disarmed;
  }

  /** Hands leadership over to a voter; resolves when it leads. The leader is found among the client's endpoints, or is `endpoint`. */
  async moveLeader(to: bigint, options: EndpointOptions = none): Promise<void> {
    checkGiven("maintenance.moveLeader", "to", to, kinds.uint64);
    checkCall("maintenance.moveLeader", options, endpointShape);
    const request = rpc.encodeMoveLeaderRequest({ targetID: to });
    const { endpoint, ...rest } = options;
    let failure: unknown;
    for (const url of endpoint === undefined ? this.#connection.endpoints : [endpoint]) {
      try {
        await this.#connection.callAt(url, "/etcdserverpb.Maintenance/MoveLeader", request, rest);
        return;
      } catch (error) {
        // Only the leader can: another endpoint may be it. Who cannot be reached did nothing either.
        const elsewhere = error instanceof ClientError && (error.is("not leader") || error.unsent);
        if (!elsewhere) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Prepares the cluster for an older minor version, or takes that back. Resolves to the version that the cluster has. */
  async downgrade(
    action: "validate" | "enable" | "cancel",
    version?: string | undefined,
    options: RequestOptions = none,
  ): Promise<string> {
    checkGiven("maintenance.downgrade", "action", action, actionKind);
    if (action !== "cancel" || version !== undefined)
      checkGiven("maintenance.downgrade", "version", version, versionKind);
    checkCall("maintenance.downgrade", options);
    const request = rpc.encodeDowngradeRequest({ action: actions[action], version: version ?? "" });
    const answer = await this.#connection.call("/etcdserverpb.Maintenance/Downgrade", request, false, options);
    return rpc.decodeDowngradeResponse(answer).version;
  }

  /** Starts a snapshot of a member's store; see `Snapshot`. `timeoutMs` is for its beginning, `signal` for all of it. */
  async snapshot(options: EndpointOptions = none): Promise<Snapshot> {
    checkCall("maintenance.snapshot", options, endpointShape);
    const { endpoint, ...rest } = options;
    const snapshot = new Snapshot(options.signal);
    const path = "/etcdserverpb.Maintenance/Snapshot";
    const url = endpoint ?? this.#connection.endpointInUse;
    const stream = await this.#connection.streamAt(url, path, snapshot.events, rest);
    snapshot.begin(stream);
    stream.send(rpc.encodeSnapshotRequest({}));
    stream.closeSend();
    return snapshot;
  }

  #ask(method: string, request: Uint8Array, repeatable: boolean, options: EndpointOptions): Promise<Uint8Array> {
    const path = `/etcdserverpb.Maintenance/${method}`;
    const { endpoint, ...rest } = options;
    if (endpoint === undefined) return this.#connection.call(path, request, repeatable, rest);
    return this.#connection.callAt(endpoint, path, request, rest);
  }

  async #alarm(
    action: rpc.AlarmAction,
    memberID: bigint,
    alarm: rpc.AlarmType,
    options: RequestOptions,
  ): Promise<Alarm[]> {
    const request = rpc.encodeAlarmRequest({ action, memberID, alarm });
    const repeatable = action === rpc.AlarmAction.GET;
    const answer = await this.#connection.call("/etcdserverpb.Maintenance/Alarm", request, repeatable, options);
    return rpc.decodeAlarmResponse(answer).alarms.flatMap(({ memberID: memberId, alarm: type }) => {
      if (type === rpc.AlarmType.NONE) return [];
      return [{ memberId, alarm: type === rpc.AlarmType.CORRUPT ? ("corrupt" as const) : ("nospace" as const) }];
    });
  }
}
