import { SnapshotStatus } from "../raft/index.ts";
import { notPrimary } from "../state/lease/index.ts";
import type { AuthService } from "./auth-service.ts";
import type { Core } from "./core.ts";
import type { Elections } from "./elections.ts";
import type { LeaseService } from "./lease-service.ts";
import type { MemberService } from "./member-service.ts";
import type { PeerHost } from "./peer/index.ts";
import { PeerService, type PeerServiceHost } from "./peer-service.ts";
import type { SnapshotTransfer } from "./snapshot-transfer.ts";
import { versionsJson } from "./version.ts";

/** Who answers what comes from other members. */
export interface PeerParts {
  readonly elections: Elections;
  readonly snapshots: SnapshotTransfer;
  readonly members: MemberService;
  readonly auth: AuthService;
  readonly leases: LeaseService;
  onRemoved(): void;
}

type Needs = Pick<Core, "clusterId" | "env" | "node" | "driver" | "state" | "applied" | "linearizable">;

/** What the transport hands to this member: raft's messages and news of peers, snapshots, and requests on the peer port. */
export function makePeerHost(core: Needs, parts: PeerParts): PeerHost {
  const { driver, state } = core;
  const service = new PeerService(serviceHost(core, parts), core.env);
  return {
    receive: (message) => driver.step(message),
    receiveSnapshot: (message, chunks) => parts.snapshots.receive(message, chunks),
    serve: (request) => service.serve(request),
    unreachable: (id) => driver.withNode((node) => node.reportUnreachable(id)),
    snapshotSent: (id, delivered) =>
      driver.withNode((node) =>
        node.reportSnapshot(id, delivered ? SnapshotStatus.SnapshotFinish : SnapshotStatus.SnapshotFailure),
      ),
    isRemoved: (id) => state.membership.isRemoved(id),
    removed: () => parts.onRemoved(),
    gone: (id) => parts.elections.onGone(id),
  };
}

function serviceHost(core: Needs, { members, auth, leases }: PeerParts): PeerServiceHost {
  const { clusterId, node, state, applied } = core;
  const { membership, mvcc, lessor } = state;
  return {
    clusterId,
    members: () => membership.members(),
    promote: async (id, token) => {
      if (auth.store.enabled) {
        const metadata = { get: (name: string) => (name === "token" ? token : undefined) };
        await auth.ready(metadata);
        auth.requireRoot(auth.principal(metadata, {}));
      }
      await members.promoteHere(id);
    },
    hashKv: (revision) => mvcc.hashKvSliced(revision),
    applied: () => applied.wait(node.committed),
    leaseRenew: (id) => leases.renewForPeer(id),
    leaseLookup: (id) => {
      const lease = lessor.lookup(id);
      // How much is left is the leader's knowledge.
      if (lease !== undefined && !lessor.primary) throw notPrimary();
      return lease;
    },
    downgradeEnabled: async () => {
      await core.linearizable();
      return membership.downgrade.enabled;
    },
    versionJson: () => versionsJson(membership.clusterVersion, state.store.storageVersion()),
  };
}
