import { type MessageCodec, rpc } from "../../../wire/proto/index.ts";
import type { Answer } from "../display.ts";

type Plain = Exclude<Answer["kind"], "endpointHealth" | "endpointStatus" | "endpointHashKv">;

/** The message behind each answer that is one message. */
export const answerCodecs: Readonly<Record<Plain, MessageCodec<never>>> = {
  get: rpc.RangeResponse,
  put: rpc.PutResponse,
  del: rpc.DeleteRangeResponse,
  txn: rpc.TxnResponse,
  watch: rpc.WatchResponse,
  leaseGrant: rpc.LeaseGrantResponse,
  leaseRevoke: rpc.LeaseRevokeResponse,
  leaseKeepAlive: rpc.LeaseKeepAliveResponse,
  leaseTimeToLive: rpc.LeaseTimeToLiveResponse,
  leases: rpc.LeaseLeasesResponse,
  memberAdd: rpc.MemberAddResponse,
  memberRemove: rpc.MemberRemoveResponse,
  memberUpdate: rpc.MemberUpdateResponse,
  memberPromote: rpc.MemberPromoteResponse,
  memberList: rpc.MemberListResponse,
  moveLeader: rpc.MoveLeaderResponse,
  downgradeValidate: rpc.DowngradeResponse,
  downgradeEnable: rpc.DowngradeResponse,
  downgradeCancel: rpc.DowngradeResponse,
  alarm: rpc.AlarmResponse,
  roleAdd: rpc.AuthRoleAddResponse,
  roleGet: rpc.AuthRoleGetResponse,
  roleDelete: rpc.AuthRoleDeleteResponse,
  roleList: rpc.AuthRoleListResponse,
  roleGrant: rpc.AuthRoleGrantPermissionResponse,
  roleRevoke: rpc.AuthRoleRevokePermissionResponse,
  userAdd: rpc.AuthUserAddResponse,
  userGet: rpc.AuthUserGetResponse,
  userDelete: rpc.AuthUserDeleteResponse,
  userList: rpc.AuthUserListResponse,
  userPassword: rpc.AuthUserChangePasswordResponse,
  userGrant: rpc.AuthUserGrantRoleResponse,
  userRevoke: rpc.AuthUserRevokeRoleResponse,
  authStatus: rpc.AuthStatusResponse,
} as unknown as Readonly<Record<Plain, MessageCodec<never>>>;
