export { HttpPeerNetwork } from "./http.ts";
export { encodeFramed, encodeMessage, LINK_HEARTBEAT_FRAME, MessageDecoder } from "./message-codec.ts";
export { MsgAppDecoder, MsgAppEncoder } from "./msgapp-codec.ts";
export {
  BodyTooLarge,
  type IncomingRequest,
  type OutgoingStream,
  type PeerNetwork,
  type StreamEvents,
} from "./network.ts";
export type { PeerTimeouts } from "./peer.ts";
export { RaftHttp, type RaftHttpOptions } from "./raft-http.ts";
export {
  noTransport,
  type PeerHost,
  type PeerRequest,
  type PeerResponse,
  type PeerSelf,
  type PeerSnapshot,
  type Transport,
} from "./types.ts";
