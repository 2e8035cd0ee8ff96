/** What a peer sent is no part of the protocol: the connection is given up. */
export class PeerProtocolError extends Error {
  override readonly name = "PeerProtocolError";
}
