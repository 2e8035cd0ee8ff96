import { compareSemVer, type Env } from "../base/index.ts";
import { AuthStore, type AuthTokens, type PasswordHasher } from "../state/auth/index.ts";
import { Lessor, minimumTtlSeconds } from "../state/lease/index.ts";
import { Membership } from "../state/membership/index.ts";
import { Mvcc } from "../state/mvcc/index.ts";
import { WatchHub } from "../state/watch/index.ts";
import type { Store } from "../storage/store/index.ts";
import { AlarmStore } from "./alarms.ts";
import type { Applied } from "./applied.ts";
import type { Boot } from "./bootstrap.ts";
import type { MemberOptions } from "./options.ts";
import { Quota } from "./quota.ts";
import { serverVersion, VERSION_3_6 } from "./version.ts";

/** How passwords are hashed, and how tokens are made if not as simple ones. */
export interface Secrets {
  readonly hasher: PasswordHasher;
  readonly authTokens?: AuthTokens | undefined;
}

/**
 * What the log means: everything that applied entries change, opened on one store. Equal on all members that have applied the
 * same entries.
 */
export class State {
  /** Set anew by `replace` alone. */
  store: Store;
  readonly membership: Membership;
  readonly lessor: Lessor;
  readonly mvcc: Mvcc;
  readonly alarms: AlarmStore;
  readonly auth: AuthStore;
  readonly quota: Quota;
  readonly watchHub: WatchHub;

  constructor(
    options: MemberOptions,
    opened: Pick<Boot, "memberId" | "clusterId" | "store">,
    secrets: Secrets,
    applied: Applied,
    env: Env,
  ) {
    this.store = opened.store;
    this.membership = new Membership(
      this.store,
      {
        localId: opened.memberId,
        clusterId: opened.clusterId,
        maxLearners: options.learnersMax,
        serverVersion,
      },
      env,
    );
    this.membership.recover();
    const electionTicks = Math.floor(options.electionMs / options.heartbeatMs);
    this.lessor = new Lessor(
      this.store,
      {
        minimumTtlSeconds: minimumTtlSeconds(electionTicks, options.heartbeatMs),
        persistCheckpoints: () =>
          options.leaseCheckpointPersist ||
          compareSemVer(this.membership.clusterVersion ?? { ...VERSION_3_6, minor: 0 }, VERSION_3_6) >= 0,
      },
      env,
    );
    this.mvcc = Mvcc.open(
      this.store,
      this.lessor,
      {
        compactionBatchLimit: options.compactionBatchLimit,
        compactionSleepIntervalMs: options.compactionSleepMs,
        kvCacheBytes: options.valueCacheBytes,
      },
      env,
    );
    this.alarms = new AlarmStore(this.store, env);
    this.auth = new AuthStore(
      this.store,
      {
        hasher: secrets.hasher,
        bcryptCost: options.bcryptCost,
        tokenTtlSeconds: options.authTokenTtlSeconds,
        tokens: secrets.authTokens,
        waitApplied: (index) => (index <= applied.index ? undefined : applied.wait(index)),
      },
      env,
    );
    this.quota = new Quota(options.quotaBackendBytes, () => this.store.size(), env);
    this.watchHub = new WatchHub(
      this.mvcc,
      {
        progressNotifyIntervalMs: options.watchProgressIntervalMs,
        fragmentBytes: options.requestBytesMax + 512 * 1024,
      },
      env,
    );
  }

  /**
   * A store from the leader takes the place of this one. Order as etcd's: lessor before keys, which attach themselves to leases.
   * Reads go on in the old store until the new one stands.
   */
  async replace(fresh: Store): Promise<void> {
    this.lessor.recover(fresh);
    await this.mvcc.restore(fresh);
    this.store = fresh;
    this.alarms.recover(fresh);
    this.auth.recover(fresh);
    this.membership.recover(fresh);
  }

  /** Closes all but the store. */
  close(): void {
    this.watchHub.close();
    this.mvcc.close();
    this.lessor.close();
  }
}
