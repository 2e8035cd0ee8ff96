import { EtcdError, formatSemVer, majorMinor } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { Core } from "./core.ts";
import { allRun, checkDowngrade, parseDowngradeTarget } from "./version.ts";
import type { VersionMonitor } from "./version-monitor.ts";

type Needs = Pick<Core, "options" | "env" | "life" | "leadership" | "state" | "proposer" | "linearizable" | "header">;

/** A downgrade of the cluster from its announcement to its end. */
export class Downgrade {
  readonly #core: Needs;
  readonly #versions: VersionMonitor;

  constructor(core: Needs, versions: VersionMonitor) {
    this.#core = core;
    this.#versions = versions;
  }

  async call(request: rpc.DowngradeRequest): Promise<rpc.DowngradeResponse> {
    switch (request.action) {
      case rpc.DowngradeAction.VALIDATE:
        await this.#checked(request.version);
        break;
      case rpc.DowngradeAction.ENABLE: {
        const target = await this.#checked(request.version);
        await this.#set(true, target);
        this.#versions.look();
        break;
      }
      case rpc.DowngradeAction.CANCEL:
        // As in etcd, without a job this does nothing and succeeds.
        await this.#core.linearizable();
        await this.#set(false, "");
        break;
      default:
        throw EtcdError.of("UnknownMethod");
    }
    const version = this.#core.state.membership.clusterVersion;
    return rpc.createDowngradeResponse({
      header: this.#core.header(),
      version: version === undefined ? "" : majorMinor(version),
    });
  }

  /** The leader's timer that ends what is complete, the caller's to cancel; undefined where nobody wants it ended. */
  start(): { cancel(): void } | undefined {
    const { options, env } = this.#core;
    if (options.downgradeCheckMs === 0) return undefined;
    return env.scheduler.every(options.downgradeCheckMs, () => void this.#end());
  }

  /** A downgrade is over once all members run the target. */
  async #end(): Promise<void> {
    const { env, life, leadership, state } = this.#core;
    const { downgrade } = state.membership;
    if (!downgrade.enabled || !leadership.isLeader || life.stopped) return;
    const target = parseDowngradeTarget(downgrade.targetVersion);
    try {
      if (!allRun(await this.#versions.memberVersions(), target)) return;
      env.logger.info("the cluster has been downgraded", { "cluster-version": downgrade.targetVersion });
      await this.#set(false, "");
    } catch (error) {
      env.logger.warn("failed to cancel downgrade", { error });
    }
  }

  /** The target as text, e.g. `3.6.0`, once it is known to be allowed. */
  async #checked(version: string): Promise<string> {
    const target = parseDowngradeTarget(version);
    await this.#core.linearizable();
    const { clusterVersion, downgrade } = this.#core.state.membership;
    checkDowngrade(target, clusterVersion, downgrade);
    return formatSemVer(target);
  }

  #set(enabled: boolean, ver: string): Promise<unknown> {
    return this.#core.proposer.propose({ kind: "downgradeInfoSet", value: { enabled, ver } });
  }
}
