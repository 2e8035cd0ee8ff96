import { hexId } from "../base/index.ts";
import { membership as membershippb } from "../wire/proto/index.ts";
import type { Core } from "./core.ts";

/** Pause before a member tells its name and URLs again. */
const publishRetryMs = 100;

type Needs = Pick<Core, "memberId" | "clusterId" | "options" | "env" | "life" | "state" | "proposer">;

/** Tells the cluster this member's name and client URLs, through the log. Once that is applied the member may serve. */
export class Publisher {
  /** Resolves once the member may serve; rejects when it ends before. */
  readonly ready: Promise<void>;
  readonly #core: Needs;
  #published = false;
  #publishing = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(core: Needs) {
    this.#core = core;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever starts the member may still be busy with something else that fails.
    this.ready.catch(() => {});
    core.state.membership.onVersionChange(() => this.serveWhenDecided());
  }

  /** To be called whenever a leader is known. */
  async publish(): Promise<void> {
    if (this.#published || this.#publishing) return;
    this.#publishing = true;
    const { memberId, clusterId, options, env, life, proposer } = this.#core;
    const value = membershippb.createClusterMemberAttrSetRequest({
      memberID: memberId,
      memberAttributes: membershippb.createAttributes({
        name: options.name,
        clientUrls: [...options.advertiseClientUrls],
      }),
    });
    while (!this.#published && !life.over) {
      try {
        await proposer.propose({ kind: "clusterMemberAttrSet", value });
        this.#published = true;
      } catch (error) {
        env.logger.warn("failed to publish local member to cluster through raft", { error });
        await new Promise<void>((resolve) => env.scheduler.after(publishRetryMs, resolve));
      }
    }
    this.#publishing = false;
    if (!this.#published) return;
    env.logger.info("published local member to cluster through raft", {
      "local-member-id": hexId(memberId),
      "cluster-id": hexId(clusterId),
    });
    this.serveWhenDecided();
  }

  /** Before the cluster has a version, clients would be told that it is not capable. */
  serveWhenDecided(): void {
    if (this.#published && this.#core.state.membership.clusterVersion !== undefined) this.#resolve();
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
