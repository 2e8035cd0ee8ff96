import { hexId } from "../../../base/index.ts";
import { type auth, kv, rpc } from "../../../wire/proto/index.ts";
import type { Io } from "../../command/io.ts";
import { bytesOf, hex16, textOf } from "../../command/text.ts";
import type { Answer } from "../display.ts";
import { prefixEndOf } from "../keys.ts";
import { endpointHashRows, endpointStatusRows, memberRows } from "./rows.ts";

/** Bare values, one a line. */
export function simple(io: Io, shown: Answer, hex: boolean): string | Uint8Array {
  switch (shown.kind) {
    case "get":
      return pairs(shown.answer.kvs, hex, shown.valueOnly ?? false);
    case "put":
      return putText(shown.answer, hex);
    case "del":
      return delText(shown.answer, hex);
    case "txn":
      return txnText(shown.answer, hex);
    case "watch":
      return join(
        shown.answer.events.flatMap((bytes) => {
          const event = kv.decodeEvent(bytes);
          return [
            `${event.type === kv.EventType.DELETE ? "DELETE" : "PUT"}\n`,
            pairs(event.prevKv === undefined ? [] : [event.prevKv], hex, false),
            pairs(event.kv === undefined ? [] : [event.kv], hex, false),
          ];
        }),
      );
    case "leaseGrant":
      return `lease ${hex16(shown.answer.ID)} granted with TTL(${shown.answer.TTL}s)\n`;
    case "leaseRevoke":
      return `lease ${hex16(shown.id)} revoked\n`;
    case "leaseKeepAlive":
      return `lease ${hex16(shown.answer.ID)} keepalived with TTL(${shown.answer.TTL})\n`;
    case "leaseTimeToLive": {
      const { ID, TTL, grantedTTL, keys } = shown.answer;
      if (grantedTTL === 0 && TTL === -1) return `lease ${hex16(ID)} already expired\n`;
      const attached = shown.keys ? `, attached keys([${keys.map(textOf).join(" ")}])` : "";
      return `lease ${hex16(ID)} granted with TTL(${grantedTTL}s), remaining(${TTL}s)${attached}\n`;
    }
    case "leases": {
      const { leases } = shown.answer;
      return `found ${leases.length} leases\n${leases.map((lease) => `${hex16(lease.ID)}\n`).join("")}`;
    }
    case "memberAdd": {
      const { header, member } = shown.answer;
      const as = member?.isLearner === true ? " as learner " : " ";
      return `Member ${wide(member?.ID)} added${as}to cluster ${wide(header?.clusterId)}\n`;
    }
    case "memberRemove":
      return `Member ${wide(shown.id)} removed from cluster ${wide(shown.answer.header?.clusterId)}\n`;
    case "memberUpdate":
      return `Member ${wide(shown.id)} updated in cluster ${wide(shown.answer.header?.clusterId)}\n`;
    case "memberPromote":
      return `Member ${wide(shown.id)} promoted in cluster ${wide(shown.answer.header?.clusterId)}\n`;
    case "memberList":
      return memberRows(shown.answer).rows.map(line).join("");
    case "endpointHealth":
      for (const { endpoint, error } of shown.answer) {
        if (error !== "") io.err(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
      }
      return shown.answer
        .filter((health) => health.error === "")
        .map(({ endpoint, took }) => `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`)
        .join("");
    case "endpointStatus":
      return endpointStatusRows(shown.answer).rows.map(line).join("");
    case "endpointHashKv":
      return endpointHashRows(shown.answer).rows.map(line).join("");
    case "moveLeader":
      return `Leadership transferred from ${hexId(shown.leader)} to ${hexId(shown.target)}\n`;
    case "downgradeValidate":
      return `Downgrade validate success, cluster version ${shown.answer.version}\n`;
    case "downgradeEnable":
      return `Downgrade enable success, cluster version ${shown.answer.version}\n`;
    case "downgradeCancel":
      return `Downgrade cancel success, cluster version ${shown.answer.version}\n`;
    case "alarm":
      return shown.answer.alarms
        .map(({ memberID, alarm }) => {
          const name = Object.entries(rpc.AlarmType).find(([, value]) => value === alarm)?.[0] ?? String(alarm);
          const member = memberID === 0n ? [] : [`memberID:${memberID}`];
          return `${[...member, ...(alarm === 0 ? [] : [`alarm:${name}`])].join(" ")}\n`;
        })
        .join("");
    case "roleAdd":
      return `Role ${shown.role} created\n`;
    case "roleGet":
      return roleText(shown.role, shown.answer);
    case "roleDelete":
      return `Role ${shown.role} deleted\n`;
    case "roleList":
      return shown.answer.roles.map((role) => `${role}\n`).join("");
    case "roleGrant":
      return `Role ${shown.role} updated\n`;
    case "roleRevoke": {
      const { key, end, role } = shown;
      if (end === "") return `Permission of key ${key} is revoked from role ${role}\n`;
      const range = end === "\0" ? `[${key}, <open ended>` : `[${key}, ${end})`;
      return `Permission of range ${range} is revoked from role ${role}\n`;
    }
    case "userAdd":
      return `User ${shown.user} created\n`;
    case "userGet":
      return `User: ${shown.user}\nRoles:${shown.answer.roles.map((role) => ` ${role}`).join("")}\n`;
    case "userDelete":
      return `User ${shown.user} deleted\n`;
    case "userList":
      return shown.answer.users.map((user) => `${user}\n`).join("");
    case "userPassword":
      return "Password updated\n";
    case "userGrant":
      return `Role ${shown.role} is granted to user ${shown.user}\n`;
    case "userRevoke":
      return `Role ${shown.role} is revoked from user ${shown.user}\n`;
    case "authStatus":
      return `Authentication Status: ${shown.answer.enabled}\nAuthRevision: ${shown.answer.authRevision}\n`;
  }
}

function wide(id: bigint | undefined): string {
  return (id ?? 0n).toString(16).padStart(16, " ");
}

function line(cells: readonly string[]): string {
  return `${cells.join(", ")}\n`;
}

function join(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? bytesOf(piece) : piece)));
}

function hexed(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").replace(/../g, "\\x$&");
}

const newline = Buffer.from("\n");

/** Key and value on a line each. */
function pairs(kvs: readonly Uint8Array[], hex: boolean, valueOnly: boolean): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const encoded of kvs) {
    const { key, value } = kv.decodeKeyValue(encoded);
    if (!valueOnly) pieces.push(hex ? Buffer.from(hexed(key)) : key, newline);
    pieces.push(hex ? Buffer.from(hexed(value)) : value, newline);
  }
  return Buffer.concat(pieces);
}

function putText(answer: rpc.PutResponse, hex: boolean): Uint8Array {
  return join(["OK\n", pairs(answer.prevKv === undefined ? [] : [answer.prevKv], hex, false)]);
}

function delText(answer: rpc.DeleteRangeResponse, hex: boolean): Uint8Array {
  return join([`${answer.deleted}\n`, pairs(answer.prevKvs, hex, false)]);
}

function txnText(answer: rpc.TxnResponse, hex: boolean): Uint8Array {
  return join([
    answer.succeeded ? "SUCCESS\n" : "FAILURE\n",
    ...answer.responses.flatMap(({ response }) => {
      switch (response.case) {
        case "responseRange":
          return ["\n", pairs(response.value.kvs, hex, false)];
        case "responsePut":
          return ["\n", putText(response.value, hex)];
        case "responseDeleteRange":
          return ["\n", delText(response.value, hex)];
        default:
          return ["\n", "unexpected response\n"];
      }
    }),
  ]);
}

function roleText(role: string, answer: rpc.AuthRoleGetResponse): string {
  const head = `Role ${role}\n`;
  if (role === "root" && answer.perm.length === 0) {
    return `${head}KV Read:\n\t[, <open ended>\nKV Write:\n\t[, <open ended>\n`;
  }
  const lines = (type: number) =>
    answer.perm
      .filter((permission) => permission.permType === type || permission.permType === 2)
      .map((permission) => `\t${rangeText(permission)}\n`)
      .join("");
  return `${head}KV Read:\n${lines(0)}KV Write:\n${lines(1)}`;
}

function rangeText(permission: auth.Permission): string {
  const key = textOf(permission.key);
  const end = textOf(permission.rangeEnd);
  if (end === "") return key;
  const range = end === "\0" ? `[${key}, <open ended>` : `[${key}, ${end})`;
  return key !== "" && prefixEndOf(key) === end ? `${range} (prefix ${key})` : range;
}
