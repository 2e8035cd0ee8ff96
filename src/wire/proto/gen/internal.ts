// Written by scripts/gen-proto.mjs from proto/raft_internal.proto. Change that file, then run `npm run gen`.
import { EMPTY } from "../../../base/index.ts";
import type { MessageCodec } from "../descriptor.ts";
import { DEPTH_MAX, join, Reader, tooDeep } from "../reader.ts";
import { sizeDelimited, sizeId, sizeString, sizeUint64, Writer } from "../writer.ts";
import * as rpc from "./rpc.ts";
import * as membership from "./membership.ts";

export interface RequestHeader {
  /** Made by the proposer: it waits for the entry with this number. */
  ID: bigint;
  /** Who asked, when authentication is on. */
  username: string;
  /** Users and roles as the asker's permissions were checked; other by now: the entry is refused. */
  authRevision: number;
}

export function createRequestHeader(init?: Partial<RequestHeader>): RequestHeader {
  if (init === undefined) return { ID: 0n, username: "", authRevision: 0 };
  return {
    ID: init.ID ?? 0n,
    username: init.username ?? "",
    authRevision: init.authRevision ?? 0,
  };
}

export function sizeRequestHeader(m: RequestHeader): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.username !== "") n += 1 + sizeString(m.username);
  if (m.authRevision !== 0) n += 1 + sizeUint64(m.authRevision);
  return n;
}

export function writeRequestHeader(w: Writer, m: RequestHeader): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.username !== "") {
    w.byte(18);
    w.string(m.username);
  }
  if (m.authRevision !== 0) {
    w.byte(24);
    w.uint64(m.authRevision);
  }
}

export function encodeRequestHeader(m: RequestHeader): Uint8Array {
  const size = sizeRequestHeader(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeRequestHeader(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readRequestHeader(r: Reader, end: number, depth: number, into?: RequestHeader): RequestHeader {
  if (depth < 0) tooDeep();
  let $ID: bigint = 0n;
  let $username: string = "";
  let $authRevision: number = 0;
  if (into !== undefined) {
    $ID = into.ID;
    $username = into.username;
    $authRevision = into.authRevision;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        $ID = r.uint64Id();
        break;
      case 18:
        $username = r.string(end);
        break;
      case 24:
        $authRevision = r.uint64();
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { ID: $ID, username: $username, authRevision: $authRevision };
}

export function decodeRequestHeader(bytes: Uint8Array): RequestHeader {
  return readRequestHeader(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const RequestHeader: MessageCodec<RequestHeader> = {
  typeName: "etcdserverpb.RequestHeader",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "username", jsonName: "username", property: "username", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "auth_revision", jsonName: "authRevision", property: "authRevision", number: 3, kind: "uint64", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.1", message: undefined, enumeration: undefined },
  ],
  create: () => createRequestHeader(),
  encode: encodeRequestHeader,
  decode: decodeRequestHeader,
};

/** An entry of the log: one of these fields is set beside the header. */
export interface InternalRaftRequest {
  header: RequestHeader | undefined;
  /** Number of requests without a header; 3.7 leaves it zero. */
  ID: bigint;
  range: rpc.RangeRequest | undefined;
  put: rpc.PutRequest | undefined;
  deleteRange: rpc.DeleteRangeRequest | undefined;
  txn: rpc.TxnRequest | undefined;
  compaction: rpc.CompactionRequest | undefined;
  leaseGrant: rpc.LeaseGrantRequest | undefined;
  leaseRevoke: rpc.LeaseRevokeRequest | undefined;
  alarm: rpc.AlarmRequest | undefined;
  leaseCheckpoint: rpc.LeaseCheckpointRequest | undefined;
  authEnable: rpc.AuthEnableRequest | undefined;
  authDisable: rpc.AuthDisableRequest | undefined;
  authStatus: rpc.AuthStatusRequest | undefined;
  authenticate: InternalAuthenticateRequest | undefined;
  authUserAdd: rpc.AuthUserAddRequest | undefined;
  authUserDelete: rpc.AuthUserDeleteRequest | undefined;
  authUserGet: rpc.AuthUserGetRequest | undefined;
  authUserChangePassword: rpc.AuthUserChangePasswordRequest | undefined;
  authUserGrantRole: rpc.AuthUserGrantRoleRequest | undefined;
  authUserRevokeRole: rpc.AuthUserRevokeRoleRequest | undefined;
  authUserList: rpc.AuthUserListRequest | undefined;
  authRoleList: rpc.AuthRoleListRequest | undefined;
  authRoleAdd: rpc.AuthRoleAddRequest | undefined;
  authRoleDelete: rpc.AuthRoleDeleteRequest | undefined;
  authRoleGet: rpc.AuthRoleGetRequest | undefined;
  authRoleGrantPermission: rpc.AuthRoleGrantPermissionRequest | undefined;
  authRoleRevokePermission: rpc.AuthRoleRevokePermissionRequest | undefined;
  clusterVersionSet: membership.ClusterVersionSetRequest | undefined;
  clusterMemberAttrSet: membership.ClusterMemberAttrSetRequest | undefined;
  downgradeInfoSet: membership.DowngradeInfoSetRequest | undefined;
  downgradeVersionTest: rpc.DowngradeVersionTestRequest | undefined;
}

export function createInternalRaftRequest(init?: Partial<InternalRaftRequest>): InternalRaftRequest {
  if (init === undefined) return { header: undefined, ID: 0n, range: undefined, put: undefined, deleteRange: undefined, txn: undefined, compaction: undefined, leaseGrant: undefined, leaseRevoke: undefined, alarm: undefined, leaseCheckpoint: undefined, authEnable: undefined, authDisable: undefined, authStatus: undefined, authenticate: undefined, authUserAdd: undefined, authUserDelete: undefined, authUserGet: undefined, authUserChangePassword: undefined, authUserGrantRole: undefined, authUserRevokeRole: undefined, authUserList: undefined, authRoleList: undefined, authRoleAdd: undefined, authRoleDelete: undefined, authRoleGet: undefined, authRoleGrantPermission: undefined, authRoleRevokePermission: undefined, clusterVersionSet: undefined, clusterMemberAttrSet: undefined, downgradeInfoSet: undefined, downgradeVersionTest: undefined };
  return {
    header: init.header ?? undefined,
    ID: init.ID ?? 0n,
    range: init.range ?? undefined,
    put: init.put ?? undefined,
    deleteRange: init.deleteRange ?? undefined,
    txn: init.txn ?? undefined,
    compaction: init.compaction ?? undefined,
    leaseGrant: init.leaseGrant ?? undefined,
    leaseRevoke: init.leaseRevoke ?? undefined,
    alarm: init.alarm ?? undefined,
    leaseCheckpoint: init.leaseCheckpoint ?? undefined,
    authEnable: init.authEnable ?? undefined,
    authDisable: init.authDisable ?? undefined,
    authStatus: init.authStatus ?? undefined,
    authenticate: init.authenticate ?? undefined,
    authUserAdd: init.authUserAdd ?? undefined,
    authUserDelete: init.authUserDelete ?? undefined,
    authUserGet: init.authUserGet ?? undefined,
    authUserChangePassword: init.authUserChangePassword ?? undefined,
    authUserGrantRole: init.authUserGrantRole ?? undefined,
    authUserRevokeRole: init.authUserRevokeRole ?? undefined,
    authUserList: init.authUserList ?? undefined,
    authRoleList: init.authRoleList ?? undefined,
    authRoleAdd: init.authRoleAdd ?? undefined,
    authRoleDelete: init.authRoleDelete ?? undefined,
    authRoleGet: init.authRoleGet ?? undefined,
    authRoleGrantPermission: init.authRoleGrantPermission ?? undefined,
    authRoleRevokePermission: init.authRoleRevokePermission ?? undefined,
    clusterVersionSet: init.clusterVersionSet ?? undefined,
    clusterMemberAttrSet: init.clusterMemberAttrSet ?? undefined,
    downgradeInfoSet: init.downgradeInfoSet ?? undefined,
    downgradeVersionTest: init.downgradeVersionTest ?? undefined,
  };
}

export function sizeInternalRaftRequest(m: InternalRaftRequest): number {
  let n = 0;
  if (m.ID !== 0n) n += 1 + sizeId(m.ID);
  if (m.range !== undefined) n += 1 + sizeDelimited(rpc.sizeRangeRequest(m.range));
  if (m.put !== undefined) n += 1 + sizeDelimited(rpc.sizePutRequest(m.put));
  if (m.deleteRange !== undefined) n += 1 + sizeDelimited(rpc.sizeDeleteRangeRequest(m.deleteRange));
  if (m.txn !== undefined) n += 1 + sizeDelimited(rpc.sizeTxnRequest(m.txn));
  if (m.compaction !== undefined) n += 1 + sizeDelimited(rpc.sizeCompactionRequest(m.compaction));
  if (m.leaseGrant !== undefined) n += 1 + sizeDelimited(rpc.sizeLeaseGrantRequest(m.leaseGrant));
  if (m.leaseRevoke !== undefined) n += 1 + sizeDelimited(rpc.sizeLeaseRevokeRequest(m.leaseRevoke));
  if (m.alarm !== undefined) n += 1 + sizeDelimited(rpc.sizeAlarmRequest(m.alarm));
  if (m.leaseCheckpoint !== undefined) n += 1 + sizeDelimited(rpc.sizeLeaseCheckpointRequest(m.leaseCheckpoint));
  if (m.header !== undefined) n += 2 + sizeDelimited(sizeRequestHeader(m.header));
  if (m.authEnable !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthEnableRequest(m.authEnable));
  if (m.authDisable !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthDisableRequest(m.authDisable));
  if (m.authenticate !== undefined) n += 2 + sizeDelimited(sizeInternalAuthenticateRequest(m.authenticate));
  if (m.authStatus !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthStatusRequest(m.authStatus));
  if (m.authUserAdd !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserAddRequest(m.authUserAdd));
  if (m.authUserDelete !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserDeleteRequest(m.authUserDelete));
  if (m.authUserGet !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserGetRequest(m.authUserGet));
  if (m.authUserChangePassword !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserChangePasswordRequest(m.authUserChangePassword));
  if (m.authUserGrantRole !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserGrantRoleRequest(m.authUserGrantRole));
  if (m.authUserRevokeRole !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserRevokeRoleRequest(m.authUserRevokeRole));
  if (m.authUserList !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthUserListRequest(m.authUserList));
  if (m.authRoleList !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleListRequest(m.authRoleList));
  if (m.authRoleAdd !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleAddRequest(m.authRoleAdd));
  if (m.authRoleDelete !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleDeleteRequest(m.authRoleDelete));
  if (m.authRoleGet !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleGetRequest(m.authRoleGet));
  if (m.authRoleGrantPermission !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleGrantPermissionRequest(m.authRoleGrantPermission));
  if (m.authRoleRevokePermission !== undefined) n += 2 + sizeDelimited(rpc.sizeAuthRoleRevokePermissionRequest(m.authRoleRevokePermission));
  if (m.clusterVersionSet !== undefined) n += 2 + sizeDelimited(membership.sizeClusterVersionSetRequest(m.clusterVersionSet));
  if (m.clusterMemberAttrSet !== undefined) n += 2 + sizeDelimited(membership.sizeClusterMemberAttrSetRequest(m.clusterMemberAttrSet));
  if (m.downgradeInfoSet !== undefined) n += 2 + sizeDelimited(membership.sizeDowngradeInfoSetRequest(m.downgradeInfoSet));
  if (m.downgradeVersionTest !== undefined) n += 3 + sizeDelimited(rpc.sizeDowngradeVersionTestRequest(m.downgradeVersionTest));
  return n;
}

export function writeInternalRaftRequest(w: Writer, m: InternalRaftRequest): void {
  if (m.ID !== 0n) {
    w.byte(8);
    w.id(m.ID);
  }
  if (m.range !== undefined) {
    w.byte(26);
    w.uint32(rpc.sizeRangeRequest(m.range)); rpc.writeRangeRequest(w, m.range);
  }
  if (m.put !== undefined) {
    w.byte(34);
    w.uint32(rpc.sizePutRequest(m.put)); rpc.writePutRequest(w, m.put);
  }
  if (m.deleteRange !== undefined) {
    w.byte(42);
    w.uint32(rpc.sizeDeleteRangeRequest(m.deleteRange)); rpc.writeDeleteRangeRequest(w, m.deleteRange);
  }
  if (m.txn !== undefined) {
    w.byte(50);
    w.uint32(rpc.sizeTxnRequest(m.txn)); rpc.writeTxnRequest(w, m.txn);
  }
  if (m.compaction !== undefined) {
    w.byte(58);
    w.uint32(rpc.sizeCompactionRequest(m.compaction)); rpc.writeCompactionRequest(w, m.compaction);
  }
  if (m.leaseGrant !== undefined) {
    w.byte(66);
    w.uint32(rpc.sizeLeaseGrantRequest(m.leaseGrant)); rpc.writeLeaseGrantRequest(w, m.leaseGrant);
  }
  if (m.leaseRevoke !== undefined) {
    w.byte(74);
    w.uint32(rpc.sizeLeaseRevokeRequest(m.leaseRevoke)); rpc.writeLeaseRevokeRequest(w, m.leaseRevoke);
  }
  if (m.alarm !== undefined) {
    w.byte(82);
    w.uint32(rpc.sizeAlarmRequest(m.alarm)); rpc.writeAlarmRequest(w, m.alarm);
  }
  if (m.leaseCheckpoint !== undefined) {
    w.byte(90);
    w.uint32(rpc.sizeLeaseCheckpointRequest(m.leaseCheckpoint)); rpc.writeLeaseCheckpointRequest(w, m.leaseCheckpoint);
  }
  if (m.header !== undefined) {
    w.uint32(802);
    w.uint32(sizeRequestHeader(m.header)); writeRequestHeader(w, m.header);
  }
  if (m.authEnable !== undefined) {
    w.uint32(8002);
    w.uint32(rpc.sizeAuthEnableRequest(m.authEnable)); rpc.writeAuthEnableRequest(w, m.authEnable);
  }
  if (m.authDisable !== undefined) {
    w.uint32(8090);
    w.uint32(rpc.sizeAuthDisableRequest(m.authDisable)); rpc.writeAuthDisableRequest(w, m.authDisable);
  }
  if (m.authenticate !== undefined) {
    w.uint32(8098);
    w.uint32(sizeInternalAuthenticateRequest(m.authenticate)); writeInternalAuthenticateRequest(w, m.authenticate);
  }
  if (m.authStatus !== undefined) {
    w.uint32(8106);
    w.uint32(rpc.sizeAuthStatusRequest(m.authStatus)); rpc.writeAuthStatusRequest(w, m.authStatus);
  }
  if (m.authUserAdd !== undefined) {
    w.uint32(8802);
    w.uint32(rpc.sizeAuthUserAddRequest(m.authUserAdd)); rpc.writeAuthUserAddRequest(w, m.authUserAdd);
  }
  if (m.authUserDelete !== undefined) {
    w.uint32(8810);
    w.uint32(rpc.sizeAuthUserDeleteRequest(m.authUserDelete)); rpc.writeAuthUserDeleteRequest(w, m.authUserDelete);
  }
  if (m.authUserGet !== undefined) {
    w.uint32(8818);
    w.uint32(rpc.sizeAuthUserGetRequest(m.authUserGet)); rpc.writeAuthUserGetRequest(w, m.authUserGet);
  }
  if (m.authUserChangePassword !== undefined) {
    w.uint32(8826);
    w.uint32(rpc.sizeAuthUserChangePasswordRequest(m.authUserChangePassword)); rpc.writeAuthUserChangePasswordRequest(w, m.authUserChangePassword);
  }
  if (m.authUserGrantRole !== undefined) {
    w.uint32(8834);
    w.uint32(rpc.sizeAuthUserGrantRoleRequest(m.authUserGrantRole)); rpc.writeAuthUserGrantRoleRequest(w, m.authUserGrantRole);
  }
  if (m.authUserRevokeRole !== undefined) {
    w.uint32(8842);
    w.uint32(rpc.sizeAuthUserRevokeRoleRequest(m.authUserRevokeRole)); rpc.writeAuthUserRevokeRoleRequest(w, m.authUserRevokeRole);
  }
  if (m.authUserList !== undefined) {
    w.uint32(8850);
    w.uint32(rpc.sizeAuthUserListRequest(m.authUserList)); rpc.writeAuthUserListRequest(w, m.authUserList);
  }
  if (m.authRoleList !== undefined) {
    w.uint32(8858);
    w.uint32(rpc.sizeAuthRoleListRequest(m.authRoleList)); rpc.writeAuthRoleListRequest(w, m.authRoleList);
  }
  if (m.authRoleAdd !== undefined) {
    w.uint32(9602);
    w.uint32(rpc.sizeAuthRoleAddRequest(m.authRoleAdd)); rpc.writeAuthRoleAddRequest(w, m.authRoleAdd);
  }
  if (m.authRoleDelete !== undefined) {
    w.uint32(9610);
    w.uint32(rpc.sizeAuthRoleDeleteRequest(m.authRoleDelete)); rpc.writeAuthRoleDeleteRequest(w, m.authRoleDelete);
  }
  if (m.authRoleGet !== undefined) {
    w.uint32(9618);
    w.uint32(rpc.sizeAuthRoleGetRequest(m.authRoleGet)); rpc.writeAuthRoleGetRequest(w, m.authRoleGet);
  }
  if (m.authRoleGrantPermission !== undefined) {
    w.uint32(9626);
    w.uint32(rpc.sizeAuthRoleGrantPermissionRequest(m.authRoleGrantPermission)); rpc.writeAuthRoleGrantPermissionRequest(w, m.authRoleGrantPermission);
  }
  if (m.authRoleRevokePermission !== undefined) {
    w.uint32(9634);
    w.uint32(rpc.sizeAuthRoleRevokePermissionRequest(m.authRoleRevokePermission)); rpc.writeAuthRoleRevokePermissionRequest(w, m.authRoleRevokePermission);
  }
  if (m.clusterVersionSet !== undefined) {
    w.uint32(10402);
    w.uint32(membership.sizeClusterVersionSetRequest(m.clusterVersionSet)); membership.writeClusterVersionSetRequest(w, m.clusterVersionSet);
  }
  if (m.clusterMemberAttrSet !== undefined) {
    w.uint32(10410);
    w.uint32(membership.sizeClusterMemberAttrSetRequest(m.clusterMemberAttrSet)); membership.writeClusterMemberAttrSetRequest(w, m.clusterMemberAttrSet);
  }
  if (m.downgradeInfoSet !== undefined) {
    w.uint32(10418);
    w.uint32(membership.sizeDowngradeInfoSetRequest(m.downgradeInfoSet)); membership.writeDowngradeInfoSetRequest(w, m.downgradeInfoSet);
  }
  if (m.downgradeVersionTest !== undefined) {
    w.uint32(79202);
    w.uint32(rpc.sizeDowngradeVersionTestRequest(m.downgradeVersionTest)); rpc.writeDowngradeVersionTestRequest(w, m.downgradeVersionTest);
  }
}

export function encodeInternalRaftRequest(m: InternalRaftRequest): Uint8Array {
  const size = sizeInternalRaftRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.kept(size);
  writeInternalRaftRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readInternalRaftRequest(r: Reader, end: number, depth: number, into?: InternalRaftRequest): InternalRaftRequest {
  if (depth < 0) tooDeep();
  let $header: RequestHeader | undefined = undefined;
  let $ID: bigint = 0n;
  let $range: rpc.RangeRequest | undefined = undefined;
  let $put: rpc.PutRequest | undefined = undefined;
  let $deleteRange: rpc.DeleteRangeRequest | undefined = undefined;
  let $txn: rpc.TxnRequest | undefined = undefined;
  let $compaction: rpc.CompactionRequest | undefined = undefined;
  let $leaseGrant: rpc.LeaseGrantRequest | undefined = undefined;
  let $leaseRevoke: rpc.LeaseRevokeRequest | undefined = undefined;
  let $alarm: rpc.AlarmRequest | undefined = undefined;
  let $leaseCheckpoint: rpc.LeaseCheckpointRequest | undefined = undefined;
  let $authEnable: rpc.AuthEnableRequest | undefined = undefined;
  let $authDisable: rpc.AuthDisableRequest | undefined = undefined;
  let $authStatus: rpc.AuthStatusRequest | undefined = undefined;
  let $authenticate: InternalAuthenticateRequest | undefined = undefined;
  let $authUserAdd: rpc.AuthUserAddRequest | undefined = undefined;
  let $authUserDelete: rpc.AuthUserDeleteRequest | undefined = undefined;
  let $authUserGet: rpc.AuthUserGetRequest | undefined = undefined;
  let $authUserChangePassword: rpc.AuthUserChangePasswordRequest | undefined = undefined;
  let $authUserGrantRole: rpc.AuthUserGrantRoleRequest | undefined = undefined;
  let $authUserRevokeRole: rpc.AuthUserRevokeRoleRequest | undefined = undefined;
  let $authUserList: rpc.AuthUserListRequest | undefined = undefined;
  let $authRoleList: rpc.AuthRoleListRequest | undefined = undefined;
  let $authRoleAdd: rpc.AuthRoleAddRequest | undefined = undefined;
  let $authRoleDelete: rpc.AuthRoleDeleteRequest | undefined = undefined;
  let $authRoleGet: rpc.AuthRoleGetRequest | undefined = undefined;
  let $authRoleGrantPermission: rpc.AuthRoleGrantPermissionRequest | undefined = undefined;
  let $authRoleRevokePermission: rpc.AuthRoleRevokePermissionRequest | undefined = undefined;
  let $clusterVersionSet: membership.ClusterVersionSetRequest | undefined = undefined;
  let $clusterMemberAttrSet: membership.ClusterMemberAttrSetRequest | undefined = undefined;
  let $downgradeInfoSet: membership.DowngradeInfoSetRequest | undefined = undefined;
  let $downgradeVersionTest: rpc.DowngradeVersionTestRequest | undefined = undefined;
  if (into !== undefined) {
    $header = into.header;
    $ID = into.ID;
    $range = into.range;
    $put = into.put;
    $deleteRange = into.deleteRange;
    $txn = into.txn;
    $compaction = into.compaction;
    $leaseGrant = into.leaseGrant;
    $leaseRevoke = into.leaseRevoke;
    $alarm = into.alarm;
    $leaseCheckpoint = into.leaseCheckpoint;
    $authEnable = into.authEnable;
    $authDisable = into.authDisable;
    $authStatus = into.authStatus;
    $authenticate = into.authenticate;
    $authUserAdd = into.authUserAdd;
    $authUserDelete = into.authUserDelete;
    $authUserGet = into.authUserGet;
    $authUserChangePassword = into.authUserChangePassword;
    $authUserGrantRole = into.authUserGrantRole;
    $authUserRevokeRole = into.authUserRevokeRole;
    $authUserList = into.authUserList;
    $authRoleList = into.authRoleList;
    $authRoleAdd = into.authRoleAdd;
    $authRoleDelete = into.authRoleDelete;
    $authRoleGet = into.authRoleGet;
    $authRoleGrantPermission = into.authRoleGrantPermission;
    $authRoleRevokePermission = into.authRoleRevokePermission;
    $clusterVersionSet = into.clusterVersionSet;
    $clusterMemberAttrSet = into.clusterMemberAttrSet;
    $downgradeInfoSet = into.downgradeInfoSet;
    $downgradeVersionTest = into.downgradeVersionTest;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 802:
        $header = readRequestHeader(r, r.sub(end), depth - 1, $header);
        break;
      case 8:
        $ID = r.uint64Id();
        break;
      case 26:
        $range = rpc.readRangeRequest(r, r.sub(end), depth - 1, $range);
        break;
      case 34:
        $put = rpc.readPutRequest(r, r.sub(end), depth - 1, $put);
        break;
      case 42:
        $deleteRange = rpc.readDeleteRangeRequest(r, r.sub(end), depth - 1, $deleteRange);
        break;
      case 50:
        $txn = rpc.readTxnRequest(r, r.sub(end), depth - 1, $txn);
        break;
      case 58:
        $compaction = rpc.readCompactionRequest(r, r.sub(end), depth - 1, $compaction);
        break;
      case 66:
        $leaseGrant = rpc.readLeaseGrantRequest(r, r.sub(end), depth - 1, $leaseGrant);
        break;
      case 74:
        $leaseRevoke = rpc.readLeaseRevokeRequest(r, r.sub(end), depth - 1, $leaseRevoke);
        break;
      case 82:
        $alarm = rpc.readAlarmRequest(r, r.sub(end), depth - 1, $alarm);
        break;
      case 90:
        $leaseCheckpoint = rpc.readLeaseCheckpointRequest(r, r.sub(end), depth - 1, $leaseCheckpoint);
        break;
      case 8002:
        $authEnable = rpc.readAuthEnableRequest(r, r.sub(end), depth - 1, $authEnable);
        break;
      case 8090:
        $authDisable = rpc.readAuthDisableRequest(r, r.sub(end), depth - 1, $authDisable);
        break;
      case 8106:
        $authStatus = rpc.readAuthStatusRequest(r, r.sub(end), depth - 1, $authStatus);
        break;
      case 8098:
        $authenticate = readInternalAuthenticateRequest(r, r.sub(end), depth - 1, $authenticate);
        break;
      case 8802:
        $authUserAdd = rpc.readAuthUserAddRequest(r, r.sub(end), depth - 1, $authUserAdd);
        break;
      case 8810:
        $authUserDelete = rpc.readAuthUserDeleteRequest(r, r.sub(end), depth - 1, $authUserDelete);
        break;
      case 8818:
        $authUserGet = rpc.readAuthUserGetRequest(r, r.sub(end), depth - 1, $authUserGet);
        break;
      case 8826:
        $authUserChangePassword = rpc.readAuthUserChangePasswordRequest(r, r.sub(end), depth - 1, $authUserChangePassword);
        break;
      case 8834:
        $authUserGrantRole = rpc.readAuthUserGrantRoleRequest(r, r.sub(end), depth - 1, $authUserGrantRole);
        break;
      case 8842:
        $authUserRevokeRole = rpc.readAuthUserRevokeRoleRequest(r, r.sub(end), depth - 1, $authUserRevokeRole);
        break;
      case 8850:
        $authUserList = rpc.readAuthUserListRequest(r, r.sub(end), depth - 1, $authUserList);
        break;
      case 8858:
        $authRoleList = rpc.readAuthRoleListRequest(r, r.sub(end), depth - 1, $authRoleList);
        break;
      case 9602:
        $authRoleAdd = rpc.readAuthRoleAddRequest(r, r.sub(end), depth - 1, $authRoleAdd);
        break;
      case 9610:
        $authRoleDelete = rpc.readAuthRoleDeleteRequest(r, r.sub(end), depth - 1, $authRoleDelete);
        break;
      case 9618:
        $authRoleGet = rpc.readAuthRoleGetRequest(r, r.sub(end), depth - 1, $authRoleGet);
        break;
      case 9626:
        $authRoleGrantPermission = rpc.readAuthRoleGrantPermissionRequest(r, r.sub(end), depth - 1, $authRoleGrantPermission);
        break;
      case 9634:
        $authRoleRevokePermission = rpc.readAuthRoleRevokePermissionRequest(r, r.sub(end), depth - 1, $authRoleRevokePermission);
        break;
      case 10402:
        $clusterVersionSet = membership.readClusterVersionSetRequest(r, r.sub(end), depth - 1, $clusterVersionSet);
        break;
      case 10410:
        $clusterMemberAttrSet = membership.readClusterMemberAttrSetRequest(r, r.sub(end), depth - 1, $clusterMemberAttrSet);
        break;
      case 10418:
        $downgradeInfoSet = membership.readDowngradeInfoSetRequest(r, r.sub(end), depth - 1, $downgradeInfoSet);
        break;
      case 79202:
        $downgradeVersionTest = rpc.readDowngradeVersionTestRequest(r, r.sub(end), depth - 1, $downgradeVersionTest);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { header: $header, ID: $ID, range: $range, put: $put, deleteRange: $deleteRange, txn: $txn, compaction: $compaction, leaseGrant: $leaseGrant, leaseRevoke: $leaseRevoke, alarm: $alarm, leaseCheckpoint: $leaseCheckpoint, authEnable: $authEnable, authDisable: $authDisable, authStatus: $authStatus, authenticate: $authenticate, authUserAdd: $authUserAdd, authUserDelete: $authUserDelete, authUserGet: $authUserGet, authUserChangePassword: $authUserChangePassword, authUserGrantRole: $authUserGrantRole, authUserRevokeRole: $authUserRevokeRole, authUserList: $authUserList, authRoleList: $authRoleList, authRoleAdd: $authRoleAdd, authRoleDelete: $authRoleDelete, authRoleGet: $authRoleGet, authRoleGrantPermission: $authRoleGrantPermission, authRoleRevokePermission: $authRoleRevokePermission, clusterVersionSet: $clusterVersionSet, clusterMemberAttrSet: $clusterMemberAttrSet, downgradeInfoSet: $downgradeInfoSet, downgradeVersionTest: $downgradeVersionTest };
}

export function decodeInternalRaftRequest(bytes: Uint8Array): InternalRaftRequest {
  return readInternalRaftRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const InternalRaftRequest: MessageCodec<InternalRaftRequest> = {
  typeName: "etcdserverpb.InternalRaftRequest",
  since: "3.0",
  fields: [
    { name: "ID", jsonName: "ID", property: "ID", number: 1, kind: "uint64", repeated: false, id: true, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "range", jsonName: "range", property: "range", number: 3, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.RangeRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "put", jsonName: "put", property: "put", number: 4, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.PutRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "delete_range", jsonName: "deleteRange", property: "deleteRange", number: 5, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.DeleteRangeRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "txn", jsonName: "txn", property: "txn", number: 6, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.TxnRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "compaction", jsonName: "compaction", property: "compaction", number: 7, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.CompactionRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "lease_grant", jsonName: "leaseGrant", property: "leaseGrant", number: 8, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.LeaseGrantRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "lease_revoke", jsonName: "leaseRevoke", property: "leaseRevoke", number: 9, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.LeaseRevokeRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "alarm", jsonName: "alarm", property: "alarm", number: 10, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AlarmRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "lease_checkpoint", jsonName: "leaseCheckpoint", property: "leaseCheckpoint", number: 11, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.4", message: () => rpc.LeaseCheckpointRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "header", jsonName: "header", property: "header", number: 100, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => RequestHeader as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_enable", jsonName: "authEnable", property: "authEnable", number: 1000, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthEnableRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_disable", jsonName: "authDisable", property: "authDisable", number: 1011, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthDisableRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "authenticate", jsonName: "authenticate", property: "authenticate", number: 1012, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => InternalAuthenticateRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_status", jsonName: "authStatus", property: "authStatus", number: 1013, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: () => rpc.AuthStatusRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_add", jsonName: "authUserAdd", property: "authUserAdd", number: 1100, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserAddRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_delete", jsonName: "authUserDelete", property: "authUserDelete", number: 1101, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserDeleteRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_get", jsonName: "authUserGet", property: "authUserGet", number: 1102, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserGetRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_change_password", jsonName: "authUserChangePassword", property: "authUserChangePassword", number: 1103, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserChangePasswordRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_grant_role", jsonName: "authUserGrantRole", property: "authUserGrantRole", number: 1104, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserGrantRoleRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_revoke_role", jsonName: "authUserRevokeRole", property: "authUserRevokeRole", number: 1105, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserRevokeRoleRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_user_list", jsonName: "authUserList", property: "authUserList", number: 1106, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthUserListRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_list", jsonName: "authRoleList", property: "authRoleList", number: 1107, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleListRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_add", jsonName: "authRoleAdd", property: "authRoleAdd", number: 1200, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleAddRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_delete", jsonName: "authRoleDelete", property: "authRoleDelete", number: 1201, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleDeleteRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_get", jsonName: "authRoleGet", property: "authRoleGet", number: 1202, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleGetRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_grant_permission", jsonName: "authRoleGrantPermission", property: "authRoleGrantPermission", number: 1203, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleGrantPermissionRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "auth_role_revoke_permission", jsonName: "authRoleRevokePermission", property: "authRoleRevokePermission", number: 1204, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: () => rpc.AuthRoleRevokePermissionRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "cluster_version_set", jsonName: "clusterVersionSet", property: "clusterVersionSet", number: 1300, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: () => membership.ClusterVersionSetRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "cluster_member_attr_set", jsonName: "clusterMemberAttrSet", property: "clusterMemberAttrSet", number: 1301, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: () => membership.ClusterMemberAttrSetRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "downgrade_info_set", jsonName: "downgradeInfoSet", property: "downgradeInfoSet", number: 1302, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.5", message: () => membership.DowngradeInfoSetRequest as MessageCodec<unknown>, enumeration: undefined },
    { name: "downgrade_version_test", jsonName: "downgradeVersionTest", property: "downgradeVersionTest", number: 9900, kind: "message", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: "3.6", message: () => rpc.DowngradeVersionTestRequest as MessageCodec<unknown>, enumeration: undefined },
  ],
  create: () => createInternalRaftRequest(),
  encode: encodeInternalRaftRequest,
  decode: decodeInternalRaftRequest,
};

/** The answer to entries that have none. */
export interface EmptyResponse {

}

export function createEmptyResponse(_init?: Partial<EmptyResponse>): EmptyResponse {
  return {};
}

export function sizeEmptyResponse(_m: EmptyResponse): number {
  return 0;
}

export function writeEmptyResponse(_w: Writer, _m: EmptyResponse): void {
}

export function encodeEmptyResponse(m: EmptyResponse): Uint8Array {
  void m;
  return EMPTY;
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readEmptyResponse(r: Reader, end: number, depth: number, _into?: EmptyResponse): EmptyResponse {
  if (depth < 0) tooDeep();
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return {  };
}

export function decodeEmptyResponse(bytes: Uint8Array): EmptyResponse {
  return readEmptyResponse(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const EmptyResponse: MessageCodec<EmptyResponse> = {
  typeName: "etcdserverpb.EmptyResponse",
  since: undefined,
  fields: [],
  create: () => createEmptyResponse(),
  encode: encodeEmptyResponse,
  decode: decodeEmptyResponse,
};

/** A sign-in that was checked by its proposer; applying it makes the token known everywhere. */
export interface InternalAuthenticateRequest {
  name: string;
  password: string;
  simpleToken: string;
}

export function createInternalAuthenticateRequest(init?: Partial<InternalAuthenticateRequest>): InternalAuthenticateRequest {
  if (init === undefined) return { name: "", password: "", simpleToken: "" };
  return {
    name: init.name ?? "",
    password: init.password ?? "",
    simpleToken: init.simpleToken ?? "",
  };
}

export function sizeInternalAuthenticateRequest(m: InternalAuthenticateRequest): number {
  let n = 0;
  if (m.name !== "") n += 1 + sizeString(m.name);
  if (m.password !== "") n += 1 + sizeString(m.password);
  if (m.simpleToken !== "") n += 1 + sizeString(m.simpleToken);
  return n;
}

export function writeInternalAuthenticateRequest(w: Writer, m: InternalAuthenticateRequest): void {
  if (m.name !== "") {
    w.byte(10);
    w.string(m.name);
  }
  if (m.password !== "") {
    w.byte(18);
    w.string(m.password);
  }
  if (m.simpleToken !== "") {
    w.byte(26);
    w.string(m.simpleToken);
  }
}

export function encodeInternalAuthenticateRequest(m: InternalAuthenticateRequest): Uint8Array {
  const size = sizeInternalAuthenticateRequest(m);
  if (size === 0) return EMPTY;
  const w = Writer.of(size);
  writeInternalAuthenticateRequest(w, m);
  return w.finish();
}

/** Reads up to `end`; fields join those of `into`, as protobuf merges a singular message that comes twice. */
export function readInternalAuthenticateRequest(r: Reader, end: number, depth: number, into?: InternalAuthenticateRequest): InternalAuthenticateRequest {
  if (depth < 0) tooDeep();
  let $name: string = "";
  let $password: string = "";
  let $simpleToken: string = "";
  if (into !== undefined) {
    $name = into.name;
    $password = into.password;
    $simpleToken = into.simpleToken;
  }
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        $name = r.string(end);
        break;
      case 18:
        $password = r.string(end);
        break;
      case 26:
        $simpleToken = r.string(end);
        break;
      default:
        r.skip(tag, end);
    }
  }
  r.done(end);
  return { name: $name, password: $password, simpleToken: $simpleToken };
}

export function decodeInternalAuthenticateRequest(bytes: Uint8Array): InternalAuthenticateRequest {
  return readInternalAuthenticateRequest(new Reader(bytes), bytes.length, DEPTH_MAX);
}

export const InternalAuthenticateRequest: MessageCodec<InternalAuthenticateRequest> = {
  typeName: "etcdserverpb.InternalAuthenticateRequest",
  since: "3.0",
  fields: [
    { name: "name", jsonName: "name", property: "name", number: 1, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "password", jsonName: "password", property: "password", number: 2, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
    { name: "simple_token", jsonName: "simpleToken", property: "simpleToken", number: 3, kind: "string", repeated: false, id: false, embed: false, oneof: undefined, optional: false, since: undefined, message: undefined, enumeration: undefined },
  ],
  create: () => createInternalAuthenticateRequest(),
  encode: encodeInternalAuthenticateRequest,
  decode: decodeInternalAuthenticateRequest,
};
