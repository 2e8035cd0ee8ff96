import { type Message, SnapshotStatus } from "../raft/index.ts";
import { membershipSnapshotData } from "../storage/wal/index.ts";
import type { ApplyLoop } from "./apply-loop.ts";
import type { Core } from "./core.ts";
import type { LogKeeper } from "./log-keeper.ts";
import { receiveDatabase } from "./snapshot-files.ts";

type Needs = Pick<Core, "env" | "life" | "disk" | "snapshotter" | "driver" | "state" | "applied" | "transport">;

/** Snapshots on their way between members: the state of now for a follower that the log no longer reaches. */
export class SnapshotTransfer {
  readonly #core: Needs;
  readonly #applyLoop: ApplyLoop;
  readonly #logKeeper: LogKeeper;

  constructor(core: Needs, applyLoop: ApplyLoop, logKeeper: LogKeeper) {
    this.#core = core;
    this.#applyLoop = applyLoop;
    this.#logKeeper = logKeeper;
  }

  /** A follower is too far behind for the log: it gets the state as of now, the database streamed from a frozen image. */
  send(message: Message): void {
    const { env, driver, state, applied, transport } = this.#core;
    const { index, term } = applied;
    const confState = state.store.confState();
    if (index === 0 || confState === undefined || this.#applyLoop.restoring) {
      env.scheduler.endOfTurn(() => {
        driver.withNode((node) => node.reportSnapshot(message.to, SnapshotStatus.SnapshotFailure));
      });
      return;
    }
    const data = membershipSnapshotData({
      members: state.membership.members(),
      removed: state.membership.removedIds(),
      clusterVersion: state.membership.clusterVersion,
    });
    const image = state.store.snapshot();
    const release = this.#logKeeper.hold();
    transport.sendSnapshot(
      { ...message, snapshot: { data, metadata: { confState, index, term } } },
      {
        size: image.size,
        chunks: (chunkBytes) => image.chunks(chunkBytes),
        close: () => {
          image.close();
          release();
        },
      },
    );
  }

  /** Writes the database beside the one in use, then lets raft decide whether it takes the snapshot. */
  async receive(message: Message, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { env, life, disk, snapshotter, driver } = this.#core;
    life.mustRun();
    const index = message.snapshot?.metadata?.index ?? 0;
    await receiveDatabase(disk, snapshotter, index, chunks, env);
    driver.step(message);
  }
}
