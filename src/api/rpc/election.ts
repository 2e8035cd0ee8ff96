import { Code, EtcdError, equalBytes, keyString, type LeaseId, prefixEnd } from "../../base/index.ts";
import { type MethodRegistry, type ServerStream, statusOf } from "../../wire/grpc/index.ts";
import { election, keyValue, kv, rpc } from "../../wire/proto/index.ts";
import {
  Contender,
  type ContestMember,
  contenderKey,
  contestPrefix,
  createdAt,
  deleteOp,
  firstKv,
  isCompacted,
  ofPrefix,
  putOp,
  rangeOp,
  requireKey,
  storedValue,
} from "./contest.ts";
import type { Authorizer } from "./options.ts";
import { decodeRequest } from "./registry.ts";

/** These errors are no gRPC statuses in etcd, so the wire shows Unknown. */
function unknown(text: string): EtcdError {
  return EtcdError.raw(Code.Unknown, text);
}

/** Registers `v3electionpb.Election`. */
export function registerElection(registry: MethodRegistry, member: ContestMember, authorizer?: Authorizer): void {
  const service = "v3electionpb.Election";
  registry.register(service, "Campaign", {
    kind: "unary",
    handler: async (call, bytes) => {
      const contender = new Contender(call, member, authorizer);
      return election.encodeCampaignResponse(
        await campaign(contender, decodeRequest(election.decodeCampaignRequest, bytes)),
      );
    },
  });
  registry.register(service, "Proclaim", {
    kind: "unary",
    handler: async (call, bytes) => {
      const request = decodeRequest(election.decodeProclaimRequest, bytes);
      const { key, rev, lease } = leaderOf(request.leader);
      const contender = new Contender(call, member, authorizer);
      const header = await proclaim(contender, key, rev, lease, request.value);
      return election.encodeProclaimResponse({ header });
    },
  });
  registry.register(service, "Resign", {
    kind: "unary",
    handler: async (call, bytes) => {
      const { key, rev } = leaderOf(decodeRequest(election.decodeResignRequest, bytes).leader);
      const contender = new Contender(call, member, authorizer);
      return election.encodeResignResponse({ header: await resign(contender, key, rev) });
    },
  });
  registry.register(service, "Leader", {
    kind: "unary",
    handler: async (call, bytes) => {
      const contender = new Contender(call, member, authorizer);
      const prefix = contestPrefix(decodeRequest(election.decodeLeaderRequest, bytes).name);
      const response = await contender.range(ofPrefix(prefix, rpc.SortOrder.ASCEND));
      const first = response.kvs[0];
      if (first === undefined) throw unknown("election: no leader");
      return election.encodeLeaderResponse({ header: response.header, kv: kv.decodeKeyValue(first) });
    },
  });
  registry.register(service, "Observe", {
    kind: "serverStream",
    handler: async (stream, bytes) => {
      const { name } = decodeRequest(election.decodeLeaderRequest, bytes);
      try {
        await observe(stream, new Contender(stream, member, authorizer), contestPrefix(name));
      } catch (error) {
        // As in etcd an observer that cannot read or watch ends without an error, unless its client has gone.
        if (stream.cancelled) {
          stream.end(statusOf(error));
          return;
        }
      }
      stream.end();
    },
  });
}

function leaderOf(leader: election.LeaderKey | undefined): election.LeaderKey {
  if (leader === undefined) throw unknown('"leader" field must be provided');
  requireKey(leader.key);
  return leader;
}

/** Stands for the office and waits until it is won. A caller who goes away while waiting stands no more. */
async function campaign(contender: Contender, request: election.CampaignRequest): Promise<election.CampaignResponse> {
  const lease = await contender.lease(request.lease);
  const prefix = contestPrefix(request.name);
  const key = contenderKey(prefix, lease);
  const entered = await contender.txn({
    compare: [createdAt(key, 0)],
    success: [putOp(key, request.value, lease)],
    failure: [rangeOp(rpc.createRangeRequest({ key }))],
  });
  let rev = entered.header?.revision ?? 0;
  if (!entered.succeeded) {
    const known = firstKv(entered, 0);
    rev = known === undefined ? rev : keyValue.createRevisionOf(known);
    if (!equalBytes(storedValue(known), request.value)) {
      try {
        await proclaim(contender, key, rev, lease, request.value);
      } catch (error) {
        await quietly(resign(contender, key, rev));
        throw error;
      }
    }
  }
  try {
    if (contender.cancelled) throw EtcdError.of("Canceled");
    await contender.othersGone(prefix, rev - 1);
  } catch (error) {
    // Told apart as etcd does: one who is gone must not be elected; one who met an error may come back and campaign again.
    if (contender.cancelled) await quietly(resign(contender, key, rev));
    throw error;
  }
  return { header: entered.header, leader: { name: request.name, key, rev, lease } };
}

/** A new value for an office that is still held. */
async function proclaim(
  contender: Contender,
  key: Uint8Array,
  rev: number,
  lease: LeaseId,
  value: Uint8Array,
): Promise<rpc.ResponseHeader | undefined> {
  const response = await contender.txn({ compare: [createdAt(key, rev)], success: [putOp(key, value, lease)] });
  if (!response.succeeded) throw unknown("election: not leader");
  return response.header;
}

/** Gives up an office; one that is lost already is no error. */
async function resign(contender: Contender, key: Uint8Array, rev: number): Promise<rpc.ResponseHeader | undefined> {
  return (await contender.txn({ compare: [createdAt(key, rev)], success: [deleteOp(key)] })).header;
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // If it fails, the lease ends it.
  }
}

/**
 * Tells who leads, what that leader proclaims, and who comes next, until the client goes. Ends when the events that it
 * would have to tell were compacted away; the client then observes anew.
 */
async function observe(stream: ServerStream, contender: Contender, prefix: string): Promise<void> {
  const tell = (header: rpc.ResponseHeader | undefined, value: kv.KeyValue): void => {
    stream.send(election.encodeLeaderResponse({ header, kv: value }));
  };
  const first = ofPrefix(prefix, rpc.SortOrder.ASCEND);
  while (!contender.cancelled) {
    const response = await contender.range(first);
    const from = response.header?.revision ?? 0;
    const known = response.kvs[0];
    let leader: kv.KeyValue | undefined = known === undefined ? undefined : kv.decodeKeyValue(known);
    let seen = from;
    try {
      if (leader === undefined) {
        await contender.watch(prefix, prefixEnd(prefix), from, (event) => {
          if (event.type !== kv.EventType.PUT || event.kv === undefined) return false;
          leader = kv.decodeKeyValue(event.kv);
          seen = leader.modRevision;
          return true;
        });
      }
      tell(known === undefined ? contender.header(seen) : response.header, leader!);
      const visit = (event: kv.Event, revision: number): boolean => {
        if (event.type === kv.EventType.DELETE) return true;
        if (event.kv !== undefined) tell(contender.header(revision), kv.decodeKeyValue(event.kv));
        return false;
      };
      await contender.watch(keyString(leader!.key), "", seen + 1, visit, stream);
    } catch (error) {
      if (isCompacted(error)) return;
      throw error;
    }
  }
}
