import { compareSemVer, formatSemVer, hexId, minorOnly } from "../base/index.ts";
import type { Core } from "./core.ts";
import { requestTimeoutMs } from "./timeouts.ts";
import { decideClusterVersion, SERVER_VERSION, VERSION_3_6 } from "./version.ts";

/** How often a leader looks at the versions of its members (etcd: monitorVersionInterval). */
const periodMs = 4000;

type Needs = Pick<
  Core,
  "memberId" | "options" | "env" | "life" | "node" | "leadership" | "state" | "applied" | "proposer" | "remote"
>;

/** Leader's duty: keep the cluster version where the members' versions want it. Everyone's: let the store's version follow. */
export class VersionMonitor {
  readonly #core: Needs;
  #deciding = false;

  constructor(core: Needs) {
    this.#core = core;
    core.state.membership.onVersionChange(() => {
      core.env.scheduler.endOfTurn(() => {
        if (!core.life.stopped) this.#followStorageVersion();
      });
    });
  }

  /** The timer is the caller's to cancel. */
  start(): { cancel(): void } {
    return this.#core.env.scheduler.every(periodMs, () => this.look());
  }

  look(): void {
    const { life, leadership, applied, node, env } = this.#core;
    if (life.over) return;
    if (leadership.isLeader && applied.term === node.term && !this.#deciding) {
      this.#deciding = true;
      this.#decide()
        .catch((error: unknown) => env.logger.warn("failed to update cluster version", { error }))
        .finally(() => {
          this.#deciding = false;
        });
    }
    this.#followStorageVersion();
  }

  /** Server version of each member, by hex id; undefined for one that does not answer. */
  async memberVersions(): Promise<Map<string, string | undefined>> {
    const { memberId, options, state, remote } = this.#core;
    const timeoutMs = requestTimeoutMs(options.electionMs);
    const members = state.membership.members();
    const said = await Promise.all(
      members.map(async (member) =>
        member.id === memberId ? SERVER_VERSION : (await remote.versions(member, timeoutMs))?.server,
      ),
    );
    return new Map(members.map((member, i) => [hexId(member.id), said[i]]));
  }

  async #decide(): Promise<void> {
    const { memberId, env, life, leadership, state, proposer } = this.#core;
    const { clusterVersion, downgrade } = state.membership;
    const others = state.membership.members().length > 1;
    const versions = others ? await this.memberVersions() : new Map([[hexId(memberId), SERVER_VERSION]]);
    if (life.stopped || !leadership.isLeader) return;
    const next = decideClusterVersion(clusterVersion, versions, downgrade, env.logger);
    if (next === undefined) return;
    await proposer.propose({ kind: "clusterVersionSet", value: { ver: formatSemVer(next) } });
    this.#followStorageVersion();
    // A cluster that began at the lowest version since a member was not heard yet need not wait a whole period.
    if (clusterVersion === undefined) env.scheduler.endOfTurn(() => this.look());
  }

  #followStorageVersion(): void {
    const { env, state } = this.#core;
    const { clusterVersion, downgrade } = state.membership;
    // Before 3.6 the store carries no version.
    if (clusterVersion === undefined || compareSemVer(clusterVersion, VERSION_3_6) < 0) return;
    const wanted = formatSemVer(minorOnly(clusterVersion));
    const stored = state.store.storageVersion();
    if (stored === wanted) return;
    state.store.setStorageVersion(wanted);
    env.logger.info("updated storage version", { "new-storage-version": wanted, "old-storage-version": stored });
    if (downgrade.enabled) {
      env.logger.info("The server is ready to downgrade", {
        "target-version": downgrade.targetVersion,
        "server-version": SERVER_VERSION,
      });
    }
  }
}
