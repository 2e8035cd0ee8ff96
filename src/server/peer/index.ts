import type { Message } from "../../raft/index.ts";

/**
 * Carries raft messages to the other members. The interface lives here, with the idea; HTTP as rafthttp speaks it and
 * the simulator's network are implementations.
 *
 * Sending is best effort: a message may be lost, late, doubled or out of order, and raft copes. It must not block, and
 * must not call back into the member before it returns.
 */
export interface Transport {
  send(messages: readonly Message[]): void;
  /** Number of members, besides this one, that a message can reach now. */
  activePeers(): number;
  close(): Promise<void>;
}

/** The transport of a cluster of one: nobody to talk to. */
export const noTransport: Transport = {
  send() {},
  activePeers: () => 0,
  close: async () => {},
};
