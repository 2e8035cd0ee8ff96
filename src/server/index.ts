export { AlarmStore, alarmName, alarmText } from "./alarms.ts";
export { AuthService } from "./auth-service.ts";
export { paths } from "./bootstrap.ts";
export type { Command, CommandKind, Envelope } from "./command.ts";
export { RemovedError, ServerMember } from "./member.ts";
export { defaultMemberOptions, type MemberOptions, type MemberParts } from "./options.ts";
export {
  HttpPeerNetwork,
  noTransport,
  type PeerHost,
  type PeerRequest,
  type PeerResponse,
  type PeerTimeouts,
  RaftHttp,
  type Transport,
} from "./peer/index.ts";
export { peerURLsOf } from "./peer-urls.ts";
export type { Outcome, Waiter } from "./proposals.ts";
export { declareDatabaseMetrics } from "./snapshot-files.ts";
export { requestTimeoutMs } from "./timeouts.ts";
export type { Health, Member, Principal, SnapshotSource } from "./types.ts";
export { clusterVersionMin, isCapable, SERVER_VERSION, serverVersion, versionsJson } from "./version.ts";
