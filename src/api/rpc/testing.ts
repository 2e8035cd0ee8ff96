import { EtcdError, keyString } from "../../base/index.ts";
import type { Command, Member, Principal, Waiter } from "../../server/index.ts";
import type { WatchCreate, WatchReply, WatchSink, WatchStream } from "../../state/watch/index.ts";
import { keyValue, rpc } from "../../wire/proto/index.ts";

/** A hub that writes down what it is asked and sends what the test tells it to. */
export class FakeHub {
  readonly log: string[] = [];
  readonly sinks: WatchSink[] = [];

  stream(sink: WatchSink): WatchStream {
    this.sinks.push(sink);
    const log = (line: string) => void this.log.push(line);
    return {
      create(request: WatchCreate) {
        log(`create ${JSON.stringify(request, (_name, value) => (typeof value === "bigint" ? `${value}n` : value))}`);
        sink.send(reply({ created: true, watchId: request.watchId ?? 0n, revision: 7 }));
        return request.watchId ?? 0n;
      },
      refuse(reason) {
        log(`refuse ${reason}`);
        sink.send(reply({ created: true, canceled: true, watchId: -1n, revision: 7, cancelReason: reason }));
        return -1n;
      },
      cancel(id) {
        log(`cancel ${id}`);
        return true;
      },
      requestProgress: () => log("progress"),
      resume: () => log("resume"),
      close: () => log("close"),
      watchers: 0,
    };
  }
}

export function reply(changes: Partial<WatchReply>): WatchReply {
  return {
    watchId: 0n,
    revision: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: "",
    fragment: false,
    events: [],
    ...changes,
  };
}

/** A member made of a map: enough state to see what the services make of it. `log` tells what reached it. */
export class FakeMember {
  readonly memberId = 0x8e9e05c52164694dn;
  readonly clusterId = 0xcdf818194e3a8c32n;
  readonly watchHub = new FakeHub();
  requestBytesMax = 1_572_864;
  txnOpsMax = 128;
  readonly log: string[] = [];
  readonly keys = new Map<string, Uint8Array>();
  revisionNow = 1;
  termNow = 2;
  leaderNow = this.memberId;
  learner = false;
  clusterVersion: string | undefined = "3.7.0";
  /** Set to make reads wait. */
  barrier: Promise<void> | undefined;
  failWith: Error | undefined;
  snapshotBytes = Buffer.alloc(0);
  snapshotsOpen = 0;
  renewals: (id: bigint) => number | Promise<number> = () => 60;

  header(revision = this.revisionNow): rpc.ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.memberId, revision, raftTerm: this.termNow };
  }
  revision = () => this.revisionNow;
  term = () => this.termNow;
  leader = () => this.leaderNow;
  isLeader = () => this.leaderNow === this.memberId;
  health = () => ({ alarms: [], hasLeader: this.leaderNow !== 0n, isLearner: this.learner, defragmenting: false });
  onLeaderChange = () => () => {};
  versions = () => ({ server: "3.7.1", cluster: this.clusterVersion, storage: "3.7.0" });
  raftStatus = () => ({});

  linearizable(): Promise<void> | undefined {
    this.log.push("barrier");
    return this.barrier;
  }

  range(request: rpc.RangeRequest): rpc.RangeResponse {
    this.log.push(`range ${keyString(request.key)} ${request.limit} @${request.revision}`);
    this.#maybeFail();
    const from = keyString(request.key);
    const end = keyString(request.rangeEnd);
    const inside = [...this.keys.keys()]
      .filter((key) => (end === "" ? key === from : key >= from && (end === "\0" || key < end)))
      .sort();
    const limited = request.limit > 0 ? inside.slice(0, request.limit) : inside;
    return {
      header: this.header(),
      kvs: request.countOnly ? [] : limited.map((key) => this.keys.get(key)!),
      more: !request.countOnly && limited.length < inside.length,
      count: inside.length,
    };
  }

  readTxn(request: rpc.TxnRequest): rpc.TxnResponse {
    this.log.push(`readTxn ${request.success.length}`);
    return rpc.createTxnResponse({ header: this.header(), succeeded: true });
  }

  submit(command: Command, _by: Principal | undefined, waiter: Waiter): void {
    this.#applied(command).then(
      (response) => waiter.settled({ response }),
      (error: EtcdError) => waiter.settled({ error }),
    );
  }

  #applied(command: Command): Promise<unknown> {
    switch (command.kind) {
      case "put":
        return this.put(command.value);
      case "deleteRange":
        return this.deleteRange(command.value);
      case "txn":
        return this.txn(command.value);
      default:
        throw new RangeError(`no service submits ${command.kind}`);
    }
  }

  async put(request: rpc.PutRequest): Promise<rpc.PutResponse> {
    this.log.push(`put ${keyString(request.key)}`);
    this.#maybeFail();
    const key = keyString(request.key);
    const prevKv = request.prevKv ? this.keys.get(key) : undefined;
    const revision = ++this.revisionNow;
    this.keys.set(key, keyValue.encodeKeyValueFrom(key, revision, revision, 1, request.value, request.lease));
    return { header: this.header(), prevKv };
  }

  async deleteRange(request: rpc.DeleteRangeRequest): Promise<rpc.DeleteRangeResponse> {
    this.log.push(`delete ${keyString(request.key)}`);
    const kv = this.keys.get(keyString(request.key));
    if (kv === undefined) return { header: this.header(), deleted: 0, prevKvs: [] };
    this.keys.delete(keyString(request.key));
    this.revisionNow++;
    return { header: this.header(), deleted: 1, prevKvs: request.prevKv ? [kv] : [] };
  }

  async txn(request: rpc.TxnRequest): Promise<rpc.TxnResponse> {
    this.log.push(`txn ${request.success.length}`);
    return rpc.createTxnResponse({ header: this.header(), succeeded: true });
  }

  async compact(request: rpc.CompactionRequest): Promise<rpc.CompactionResponse> {
    this.log.push(`compact ${request.revision}`);
    throw EtcdError.of("Compacted");
  }

  leaseGrant = async (request: rpc.LeaseGrantRequest) =>
    rpc.createLeaseGrantResponse({ header: this.header(), ID: request.ID, TTL: request.TTL });
  leaseRevoke = async () => rpc.createLeaseRevokeResponse({ header: this.header() });
  leaseRenew = (id: bigint) => {
    this.log.push(`renew ${id}`);
    return this.renewals(id);
  };
  leaseTimeToLive = async (): Promise<rpc.LeaseTimeToLiveResponse> => {
    throw EtcdError.of("LeaseNotFound");
  };
  leaseLeases = async () => rpc.createLeaseLeasesResponse({ header: this.header() });
  memberList = async () => rpc.createMemberListResponse({ header: this.header(0) });
  memberAdd = async (): Promise<rpc.MemberAddResponse> => {
    throw EtcdError.of("MemberBadUrls");
  };
  memberRemove = async (): Promise<rpc.MemberRemoveResponse> => {
    throw EtcdError.of("MemberNotFound");
  };
  memberUpdate = async (): Promise<rpc.MemberUpdateResponse> => {
    throw EtcdError.of("MemberNotFound");
  };
  memberPromote = async (): Promise<rpc.MemberPromoteResponse> => {
    throw EtcdError.of("MemberNotLearner");
  };
  alarm = async () => rpc.createAlarmResponse({ header: this.header() });
  status = () => rpc.createStatusResponse({ header: this.header(), version: "3.7.1" });
  defragment = async () => void this.log.push("defragment");
  hash = async () => rpc.createHashResponse({ header: this.header(), hash: 42 });
  hashKv = async (request: rpc.HashKVRequest) =>
    rpc.createHashKVResponse({ header: this.header(), hash: 43, hashRevision: request.revision });
  moveLeader = async () => {
    throw EtcdError.of("BadLeaderTransferee");
  };
  downgrade = async (): Promise<rpc.DowngradeResponse> => {
    throw EtcdError.of("UnknownMethod");
  };

  async snapshot() {
    const all = this.snapshotBytes;
    this.snapshotsOpen++;
    return {
      size: all.length,
      version: "3.7.0",
      async *chunks(chunkBytes: number) {
        for (let at = 0; at < all.length; at += chunkBytes) yield all.subarray(at, at + chunkBytes);
      },
      close: () => void this.snapshotsOpen--,
    };
  }

  #maybeFail(): void {
    if (this.failWith !== undefined) throw this.failWith;
  }

  asMember(): Member {
    return this as unknown as Member;
  }
}
