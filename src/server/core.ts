import type { ClusterId, Env, MemberId } from "../base/index.ts";
import type { RawNode } from "../raft/index.ts";
import type { Disk } from "../storage/disk/index.ts";
import type { Snapshotter, Wal } from "../storage/wal/index.ts";
import type { rpc } from "../wire/proto/index.ts";
import type { Applied } from "./applied.ts";
import type { Connections } from "./connections.ts";
import type { Leadership } from "./leadership.ts";
import type { Life } from "./life.ts";
import type { MemberOptions } from "./options.ts";
import type { Transport } from "./peer/index.ts";
import type { Proposer } from "./proposer.ts";
import type { RaftDriver } from "./raft-driver.ts";
import type { Remote } from "./remote.ts";
import type { State } from "./state.ts";

/** What the parts of one member share. Each part says which of it it uses: `Pick<Core, …>`. */
export interface Core {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  readonly options: MemberOptions;
  readonly env: Env;
  readonly life: Life;

  readonly disk: Disk;
  readonly wal: Wal;
  readonly snapshotter: Snapshotter;

  /** To be read by all; steered through the driver alone. */
  readonly node: RawNode;
  readonly driver: RaftDriver;
  readonly leadership: Leadership;
  readonly proposer: Proposer;

  readonly state: State;
  readonly applied: Applied;

  readonly transport: Transport;
  readonly connections: Connections;
  readonly remote: Remote;

  /** The barrier of linearizable reads, see `Member`. */
  linearizable(): Promise<void> | undefined;
  /** The header of an answer, see `Member`. */
  header(revision?: number): rpc.ResponseHeader;
}
