import { hexId } from "../../../base/index.ts";
import { kv, rpc } from "../../../wire/proto/index.ts";
import type { Io } from "../../command/io.ts";
import { hex16, quote } from "../../command/text.ts";
import type { Answer } from "../display.ts";

/** `"Field" : value`, one a line. */
export function fields(_io: Io, shown: Answer, hex: boolean): string | undefined {
  const p = new Fields(hex);
  switch (shown.kind) {
    case "get":
      return p.get(shown.answer).text;
    case "put":
      return p.put(shown.answer).text;
    case "del":
      return p.del(shown.answer).text;
    case "txn":
      p.header(shown.answer.header).line("Succeeded", shown.answer.succeeded);
      for (const { response } of shown.answer.responses) {
        if (response.case === "responseRange") p.get(response.value);
        else if (response.case === "responsePut") p.put(response.value);
        else if (response.case === "responseDeleteRange") p.del(response.value);
        else p.line("Unknown", '"<nil>"');
      }
      return p.text;
    case "watch":
      p.header(shown.answer.header);
      for (const bytes of shown.answer.events) {
        const event = kv.decodeEvent(bytes);
        p.line("Type", event.type === kv.EventType.DELETE ? "DELETE" : "PUT");
        if (event.prevKv !== undefined) p.pair("Prev", event.prevKv);
        if (event.kv !== undefined) p.pair("", event.kv);
      }
      return p.text;
    case "leaseGrant":
    case "leaseKeepAlive":
      return p.header(shown.answer.header).lease(shown.answer.ID).line("TTL", shown.answer.TTL).text;
    case "leaseTimeToLive":
      p.header(shown.answer.header).lease(shown.answer.ID).line("TTL", shown.answer.TTL);
      p.line("GrantedTTL", shown.answer.grantedTTL);
      for (const key of shown.answer.keys) p.line("Key", quote(key));
      return p.text;
    case "leases":
      p.header(shown.answer.header);
      for (const lease of shown.answer.leases) p.lease(lease.ID);
      return p.text;
    case "memberList":
      p.header(shown.answer.header);
      for (const member of shown.answer.members) {
        p.line("ID", p.id(member.ID)).line("Name", quote(member.name));
        for (const url of member.peerURLs) p.line("PeerURL", quote(url));
        for (const url of member.clientURLs) p.line("ClientURL", quote(url));
        p.line("IsLearner", member.isLearner).end();
      }
      return p.text;
    case "endpointHealth":
      for (const { endpoint, health, took, error } of shown.answer) {
        p.line("Endpoint", quote(endpoint)).line("Health", health).line("Took", took).line("Error", error).end();
      }
      return p.text;
    case "endpointStatus":
      for (const { endpoint, answer } of shown.answer) {
        p.header(answer.header)
          .line("Version", quote(answer.version))
          .line("StorageVersion", quote(answer.storageVersion))
          .line("DBSize", answer.dbSize)
          .line("DBSizeInUse", answer.dbSizeInUse)
          .line("DBSizeQuota", answer.dbSizeQuota)
          .line("Leader", answer.leader)
          .line("IsLearner", answer.isLearner)
          .line("RaftIndex", answer.raftIndex)
          .line("RaftTerm", answer.raftTerm)
          .line("RaftAppliedIndex", answer.raftAppliedIndex)
          .line("Errors", `[${answer.errors.join(" ")}]`)
          .line("Endpoint", quote(endpoint))
          .line("DowngradeTargetVersion", quote(answer.downgradeInfo?.targetVersion ?? ""))
          .line("DowngradeEnabled", answer.downgradeInfo?.enabled ?? false)
          .end();
      }
      return p.text;
    case "endpointHashKv":
      for (const { endpoint, answer } of shown.answer) {
        p.header(answer.header).line("Endpoint", quote(endpoint)).line("Hash", answer.hash);
        p.line("HashRevision", answer.hashRevision).end();
      }
      return p.text;
    case "alarm":
      p.header(shown.answer.header);
      for (const { memberID, alarm } of shown.answer.alarms) {
        const name = Object.entries(rpc.AlarmType).find(([, value]) => value === alarm)?.[0] ?? String(alarm);
        p.line("MemberID", p.id(memberID)).line("AlarmType", name).end();
      }
      return p.text;
    case "roleGet":
      p.header(shown.answer.header);
      for (const { permType, key, rangeEnd } of shown.answer.perm) {
        // etcd's own line has two spaces here.
        p.line("PermType", ` ${["READ", "WRITE", "READWRITE"][permType] ?? permType}`);
        p.line("Key", quote(key)).line("RangeEnd", quote(rangeEnd));
      }
      return p.text;
    case "roleList":
      return `${p.header(shown.answer.header).text}"Roles" :${shown.answer.roles.map((role) => ` ${quote(role)}`).join("")}\n`;
    case "leaseRevoke":
    case "roleAdd":
    case "roleDelete":
    case "roleGrant":
    case "roleRevoke":
    case "userAdd":
    case "userDelete":
    case "userPassword":
    case "userGrant":
    case "userRevoke":
      return p.header(shown.answer.header).text;
    default:
      return undefined;
  }
}

class Fields {
  text = "";
  readonly #hex: boolean;

  constructor(hex: boolean) {
    this.#hex = hex;
  }

  line(name: string, value: string | number | bigint | boolean): this {
    this.text += `"${name}" : ${value}\n`;
    return this;
  }

  end(): this {
    this.text += "\n";
    return this;
  }

  id(id: bigint): string {
    return this.#hex ? hexId(id) : String(id);
  }

  lease(id: bigint, name = "ID"): this {
    return this.line(name, this.#hex ? hex16(id) : id);
  }

  header(header: rpc.ResponseHeader | undefined): this {
    this.line("ClusterID", this.id(header?.clusterId ?? 0n)).line("MemberID", this.id(header?.memberId ?? 0n));
    if (header !== undefined && header.revision > 0) this.line("Revision", header.revision);
    return this.line("RaftTerm", header?.raftTerm ?? 0);
  }

  pair(prefix: string, encoded: Uint8Array): this {
    const { key, createRevision, modRevision, version, value, lease } = kv.decodeKeyValue(encoded);
    return this.line(`${prefix}Key`, quote(key))
      .line(`${prefix}CreateRevision`, createRevision)
      .line(`${prefix}ModRevision`, modRevision)
      .line(`${prefix}Version`, version)
      .line(`${prefix}Value`, quote(value))
      .lease(lease, `${prefix}Lease`);
  }

  get(answer: rpc.RangeResponse): this {
    this.header(answer.header);
    for (const encoded of answer.kvs) this.pair("", encoded);
    return this.line("More", answer.more).line("Count", answer.count);
  }

  put(answer: rpc.PutResponse): this {
    this.header(answer.header);
    return answer.prevKv === undefined ? this : this.pair("Prev", answer.prevKv);
  }

  del(answer: rpc.DeleteRangeResponse): this {
    this.header(answer.header).line("Deleted", answer.deleted);
    for (const encoded of answer.prevKvs) this.pair("Prev", encoded);
    return this;
  }
}
