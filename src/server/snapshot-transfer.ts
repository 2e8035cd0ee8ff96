import { assert } from "../base/index.ts";
import { type MemoryStorage, type Message, SnapshotStatus, sameConfState } from "../raft/index.ts";
import type { StoreSnapshot } from "../storage/store/index.ts";
import { membershipSnapshotData } from "../storage/wal/index.ts";
import type { ApplyLoop } from "./apply-loop.ts";
import { configurationOf } from "./configuration.ts";
import type { Core } from "./core.ts";
import type { LogKeeper } from "./log-keeper.ts";
import { receiveDatabase } from "./snapshot-files.ts";

type Needs = Pick<Core, "env" | "life" | "disk" | "snapshotter" | "driver" | "state" | "applied" | "transport">;

/** Snapshots on their way between members: the state of now for a follower that the log no longer reaches. */
export class SnapshotTransfer {
  readonly #core: Needs;
  readonly #applyLoop: ApplyLoop;
  readonly #logKeeper: LogKeeper;
  readonly #log: Pick<MemoryStorage, "term">;

  constructor(core: Needs, applyLoop: ApplyLoop, logKeeper: LogKeeper, log: Pick<MemoryStorage, "term">) {
    this.#core = core;
    this.#applyLoop = applyLoop;
    this.#logKeeper = logKeeper;
    this.#log = log;
  }

  /** A follower is too far behind for the log: it gets the state as of now, the database streamed from a frozen image. */
  send(message: Message): void {
    const { state, applied } = this.#core;
    if (applied.index === 0 || state.membership.members().length === 0 || this.#applyLoop.restoring) {
      this.#failed(message);
      return;
    }
    // The follower goes on in the log behind the image: what it needs of it stays from now on.
    const release = this.#logKeeper.hold();
    state.store.snapshot().then(
      (image) => this.#sendImage(message, image, release),
      () => {
        release();
        this.#failed(message);
      },
    );
  }

  /**
   * What raft is told of a snapshot is what the image holds, not what is applied by now: a member that has just started had more
   * in its database than its log says is committed. The follower would have to think itself behind its own database.
   */
  #sendImage(message: Message, image: StoreSnapshot, release: () => void): void {
    const { state, transport } = this.#core;
    const { index, confState } = image;
    if (index === state.store.consistentIndex().index) {
      const members = configurationOf(state.membership.members());
      assert(
        confState !== undefined && sameConfState(confState, members),
        "a snapshot has other voters than the members",
      );
    }
    const term = this.#log.term(index);
    const data = membershipSnapshotData({
      members: state.membership.members(),
      removed: state.membership.removedIds(),
      clusterVersion: state.membership.clusterVersion,
    });
    const metadata = { confState, index, term: typeof term === "number" ? term : image.term };
    transport.sendSnapshot(
      { ...message, snapshot: { data, metadata } },
      {
        size: image.size,
        chunks: (chunkBytes, memory) => image.chunks(chunkBytes, memory),
        close: () => {
          image.close();
          release();
        },
      },
    );
  }

  #failed(message: Message): void {
    const { env, driver } = this.#core;
    env.scheduler.endOfTurn(() => {
      driver.withNode((node) => node.reportSnapshot(message.to, SnapshotStatus.SnapshotFailure));
    });
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
