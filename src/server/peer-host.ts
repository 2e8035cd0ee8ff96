import { SnapshotStatus } from "../raft/index.ts";
import type { AuthService } from "./auth-service.ts";
import type { Core } from "./core.ts";
import type { Elections } from "./elections.ts";
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

function serviceHost(core: Needs, { members, auth }: PeerParts): PeerServiceHost {
  const { clusterId, node, state, applied } = core;
  const { membership, mvcc, lessor } = state;
  return {
    clusterId,
    members: () => membership.members(),
    promote: async (id, token) => {
      if (auth.store.enabled) {
        const by = auth.principal({ get: (name) => (name === "token" ? token : undefined) }, {});
        auth.requireRoot(by);
      }
      await members.promoteHere(id);
    },
    hashKv: (revision) => mvcc.hashKvSliced(revision),
    applied: () => applied.wait(node.committed),
    leaseRenew: (id) => lessor.renew(id),
    leaseLookup: (id) => lessor.lookup(id),
    downgradeEnabled: async () => {
      await core.linearizable();
      return membership.downgrade.enabled;
    },
    versionJson: () => versionsJson(membership.clusterVersion, state.store.storageVersion()),
  };
}
