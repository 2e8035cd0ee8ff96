import type { rpc } from "../../wire/proto/index.ts";
import { ExitCode, fail, type Io } from "../command/io.ts";

/** One endpoint's health. */
export interface Health {
  readonly endpoint: string;
  readonly health: boolean;
  /** A Go duration; empty when nobody could be asked. */
  readonly took: string;
  readonly error: string;
}

/** One endpoint's answer. */
export interface Of<A> {
  readonly endpoint: string;
  readonly answer: A;
}

/** Everything a command may have to show, with what it needs besides the server's answer. */
export type Answer =
  | { readonly kind: "get"; readonly answer: rpc.RangeResponse; readonly valueOnly?: boolean }
  | { readonly kind: "put"; readonly answer: rpc.PutResponse }
  | { readonly kind: "del"; readonly answer: rpc.DeleteRangeResponse }
  | { readonly kind: "txn"; readonly answer: rpc.TxnResponse }
  | { readonly kind: "watch"; readonly answer: rpc.WatchResponse }
  | { readonly kind: "leaseGrant"; readonly answer: rpc.LeaseGrantResponse }
  | { readonly kind: "leaseRevoke"; readonly answer: rpc.LeaseRevokeResponse; readonly id: bigint }
  | { readonly kind: "leaseKeepAlive"; readonly answer: rpc.LeaseKeepAliveResponse }
  | { readonly kind: "leaseTimeToLive"; readonly answer: rpc.LeaseTimeToLiveResponse; readonly keys: boolean }
  | { readonly kind: "leases"; readonly answer: rpc.LeaseLeasesResponse }
  | { readonly kind: "memberAdd"; readonly answer: rpc.MemberAddResponse }
  | { readonly kind: "memberRemove"; readonly answer: rpc.MemberRemoveResponse; readonly id: bigint }
  | { readonly kind: "memberUpdate"; readonly answer: rpc.MemberUpdateResponse; readonly id: bigint }
  | { readonly kind: "memberPromote"; readonly answer: rpc.MemberPromoteResponse; readonly id: bigint }
  | { readonly kind: "memberList"; readonly answer: rpc.MemberListResponse }
  | { readonly kind: "endpointHealth"; readonly answer: readonly Health[] }
  | { readonly kind: "endpointStatus"; readonly answer: readonly Of<rpc.StatusResponse>[] }
  | { readonly kind: "endpointHashKv"; readonly answer: readonly Of<rpc.HashKVResponse>[] }
  | {
      readonly kind: "moveLeader";
      readonly answer: rpc.MoveLeaderResponse;
      readonly leader: bigint;
      readonly target: bigint;
    }
  | {
      readonly kind: "downgradeValidate" | "downgradeEnable" | "downgradeCancel";
      readonly answer: rpc.DowngradeResponse;
    }
  | { readonly kind: "alarm"; readonly answer: rpc.AlarmResponse }
  | { readonly kind: "roleAdd"; readonly answer: rpc.AuthRoleAddResponse; readonly role: string }
  | { readonly kind: "roleGet"; readonly answer: rpc.AuthRoleGetResponse; readonly role: string }
  | { readonly kind: "roleDelete"; readonly answer: rpc.AuthRoleDeleteResponse; readonly role: string }
  | { readonly kind: "roleList"; readonly answer: rpc.AuthRoleListResponse }
  | { readonly kind: "roleGrant"; readonly answer: rpc.AuthRoleGrantPermissionResponse; readonly role: string }
  | {
      readonly kind: "roleRevoke";
      readonly answer: rpc.AuthRoleRevokePermissionResponse;
      readonly role: string;
      readonly key: string;
      readonly end: string;
    }
  | { readonly kind: "userAdd"; readonly answer: rpc.AuthUserAddResponse; readonly user: string }
  | { readonly kind: "userGet"; readonly answer: rpc.AuthUserGetResponse; readonly user: string }
  | { readonly kind: "userDelete"; readonly answer: rpc.AuthUserDeleteResponse; readonly user: string }
  | { readonly kind: "userList"; readonly answer: rpc.AuthUserListResponse }
  | { readonly kind: "userPassword"; readonly answer: rpc.AuthUserChangePasswordResponse }
  | {
      readonly kind: "userGrant";
      readonly answer: rpc.AuthUserGrantRoleResponse;
      readonly user: string;
      readonly role: string;
    }
  | {
      readonly kind: "userRevoke";
      readonly answer: rpc.AuthUserRevokeRoleResponse;
      readonly user: string;
      readonly role: string;
    }
  | { readonly kind: "authStatus"; readonly answer: rpc.AuthStatusResponse };

/** The format chosen with `--write-out`. */
export interface Display {
  readonly format: "simple" | "fields" | "json" | "protobuf" | "table";
  show(answer: Answer): Promise<void>;
}

/** Text (or bytes) of an answer; undefined: this format cannot show it. */
export type Format = (io: Io, answer: Answer, hex: boolean) => string | Uint8Array | undefined;

export function display(io: Io, format: string, hex: boolean): Display {
  // Loaded when something is shown: one of five is needed.
  const load = formats[format];
  if (load === undefined) fail(io, ExitCode.BadFeature, "unsupported output format");
  return {
    format: format as Display["format"],
    async show(answer) {
      const text = (await load())(io, answer, hex);
      if (text === undefined) fail(io, ExitCode.BadFeature, `${format} not supported as output format`);
      io.out(text);
    },
  };
}

const formats: Readonly<Record<string, (() => Promise<Format>) | undefined>> = {
  simple: async () => (await import("./format/simple.ts")).simple,
  fields: async () => (await import("./format/fields.ts")).fields,
  json: async () => (await import("./format/json.ts")).json,
  protobuf: async () => (await import("./format/protobuf.ts")).protobuf,
  table: async () => (await import("./format/table.ts")).table,
};
