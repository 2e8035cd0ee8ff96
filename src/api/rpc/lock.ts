import { Code, EMPTY, EtcdError, equalBytes } from "../../base/index.ts";
import type { Call, MethodRegistry } from "../../wire/grpc/index.ts";
import { keyValue, lock, rpc } from "../../wire/proto/index.ts";
import {
  Contender,
  type ContestMember,
  contenderKey,
  contestPrefix,
  createdAt,
  firstKv,
  ofPrefix,
  putOp,
  rangeOp,
} from "./contest.ts";
import type { Authorizer } from "./options.ts";
import { decodeRequest } from "./registry.ts";

/** Registers `v3lockpb.Lock`. */
export function registerLock(registry: MethodRegistry, member: ContestMember, authorizer?: Authorizer): void {
  registry.register("v3lockpb.Lock", "Lock", {
    kind: "unary",
    handler: async (call, request) => {
      const contender = new Contender(call, member, authorizer);
      return lock.encodeLockResponse(await acquire(contender, decodeRequest(lock.decodeLockRequest, request)));
    },
  });
  registry.register("v3lockpb.Lock", "Unlock", {
    kind: "unary",
    handler: async (call: Call, request) => {
      const contender = new Contender(call, member, authorizer);
      const { header } = await contender.delete(decodeRequest(lock.decodeUnlockRequest, request).key);
      return lock.encodeUnlockResponse({ header });
    },
  });
}

/**
 * Takes the lock or waits for it. The key stays for as long as its lease does; one that was made for a caller who went away
 * while waiting is taken back.
 */
async function acquire(contender: Contender, request: lock.LockRequest): Promise<lock.LockResponse> {
  const lease = await contender.lease(request.lease);
  const prefix = contestPrefix(request.name);
  const key = contenderKey(prefix, lease);
  const owner = rangeOp(ofPrefix(prefix, rpc.SortOrder.ASCEND));
  const own = rpc.createRangeRequest({ key });
  const entered = await contender.txn({
    compare: [createdAt(key, 0)],
    success: [putOp(key, EMPTY, lease), owner],
    failure: [rangeOp(own), owner],
  });
  const header = entered.header;
  const holder = firstKv(entered, 1);
  if (contender.cancelled) {
    // Only a key of our own making: the caller may hold the lock from an earlier call with this lease.
    if (entered.succeeded) await withdraw(contender, key);
    throw EtcdError.of("Canceled");
  }
  if (holder === undefined || equalBytes(keyValue.keyBytesOf(holder), key)) return { header, key };

  const known = entered.succeeded ? undefined : firstKv(entered, 0);
  const revision = known === undefined ? (header?.revision ?? 0) : keyValue.createRevisionOf(known);
  let still: rpc.RangeResponse;
  try {
    await contender.othersGone(prefix, revision - 1);
    still = await contender.range(own);
  } catch (error) {
    await withdraw(contender, key);
    throw error;
  }
  // While it waited, its lease may have ended and taken the key along.
  if (still.kvs.length === 0) throw EtcdError.raw(Code.Unknown, "mutex: session is expired");
  return { header: still.header, key };
}

/** Best effort: if it fails, the lease ends it. */
async function withdraw(contender: Contender, key: Uint8Array): Promise<void> {
  try {
    await contender.delete(key);
  } catch {
    // The caller is told of the first error, not of this one.
  }
}
