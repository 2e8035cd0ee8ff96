import {
  assert,
  type ClusterId,
  type Env,
  formatSemVer,
  type Gauge,
  hexId,
  type MemberId,
  majorMinor,
  parseSemVer,
  type SemVer,
  utf8,
  utf8String,
} from "../../base/index.ts";
import { decodeChangeContext, decodeDowngrade, decodeMember, encodeDowngrade, encodeMember } from "./codec.ts";
import { MembershipError } from "./errors.ts";
import { byId } from "./identity.ts";
import { serverFits } from "./rules.ts";
import type {
  ConfChangeLike,
  DowngradeInfo,
  Member,
  MembershipChange,
  MembershipOptions,
  MembershipStore,
} from "./types.ts";

/** raft's numbers. */
const ADD_NODE = 0;
const REMOVE_NODE = 1;
const UPDATE_NODE = 2;
const ADD_LEARNER = 3;

const NO_DOWNGRADE: DowngradeInfo = { targetVersion: "", enabled: false };
const CLUSTER_VERSION = utf8("clusterVersion");
const DOWNGRADE = utf8("downgrade");
const REMOVED = utf8("removed");
const FIRST = new Uint8Array(0);

/**
 * Who belongs to the cluster, as of the last applied entry. Memory and store always say the same; members are frozen values, so what
 * a caller holds does not change under its hands.
 */
export class Membership {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  readonly #env: Env;
  readonly #maxLearners: number;
  readonly #serverVersion: SemVer;
  #store: MembershipStore;
  #members = new Map<MemberId, Member>();
  /** Ids of removed members; none of them is ever in `#members`, and none may come back. */
  #removed = new Set<MemberId>();
  #clusterVersion: SemVer | undefined;
  #downgrade: DowngradeInfo = NO_DOWNGRADE;
  readonly #listeners: ((version: SemVer) => void)[] = [];
  readonly #knownPeers: Gauge;
  readonly #versionGauge: Gauge;

  /** Starts empty; `recover` reads the store. */
  constructor(store: MembershipStore, options: MembershipOptions, env: Env) {
    this.#store = store;
    this.#env = env;
    this.localId = options.localId;
    this.clusterId = options.clusterId;
    this.#maxLearners = options.maxLearners;
    this.#serverVersion = options.serverVersion;
    this.#knownPeers = env.metrics.gauge({
      name: "etcd_network_known_peers",
      help: "1 for each member known to this one, itself included; 0 once it was removed.",
      labels: ["Local", "Remote"],
    });
    this.#versionGauge = env.metrics.gauge({
      name: "etcd_cluster_version",
      help: "1 for the version the cluster runs at, 0 for those it ran at before.",
      labels: ["cluster_version"],
    });
    env.metrics.gaugeFrom({ name: "etcd_server_is_learner", help: "1 while this member is a learner." }, () =>
      this.isLocalLearner() ? 1 : 0,
    );
  }

  /** Undefined until the first leader has decided. */
  get clusterVersion(): SemVer | undefined {
    return this.#clusterVersion;
  }

  get downgrade(): DowngradeInfo {
    return this.#downgrade;
  }

  /** By id, ascending. */
  members(): Member[] {
    return [...this.#members.values()].sort((a, b) => byId(a.id, b.id));
  }

  votingMembers(): Member[] {
    return this.members().filter((member) => !member.isLearner);
  }

  member(id: MemberId): Member | undefined {
    return this.#members.get(id);
  }

  memberByName(name: string): Member | undefined {
    return this.members().find((member) => member.name === name);
  }

  removedIds(): MemberId[] {
    return [...this.#removed].sort(byId);
  }

  isRemoved(id: MemberId): boolean {
    return this.#removed.has(id);
  }

  isLocalLearner(): boolean {
    return this.#members.get(this.localId)?.isLearner ?? false;
  }

  clientURLs(): string[] {
    return [...this.#members.values()].flatMap((member) => [...member.clientURLs]).sort();
  }

  peerURLs(): string[] {
    return [...this.#members.values()].flatMap((member) => [...member.peerURLs]).sort();
  }

  /** Reads everything anew, from another store if one is given (a snapshot was installed).
   * @throws MembershipError ServerTooOld, or what the rows have that cannot be read */
  recover(store: MembershipStore = this.#store): void {
    this.#store = store;
    this.#members = new Map(storedMembers(store).map((member) => [member.id, member]));
    this.#removed = new Set();
    store.visit("members_removed", FIRST, undefined, (key) => {
      this.#removed.add(idOf(key));
    });
    const version = store.get("cluster", CLUSTER_VERSION);
    this.#moveVersion(version === undefined ? undefined : parseStored(utf8String(version)));
    const downgrade = store.get("cluster", DOWNGRADE);
    this.#downgrade = downgrade === undefined ? NO_DOWNGRADE : decodeDowngrade(downgrade);
    if (this.#downgrade.enabled) parseStored(this.#downgrade.targetVersion);
    for (const member of this.members()) {
      this.#know(member.id, true);
      this.#env.logger.info("recovered/added member from store", {
        ...this.#context(),
        "recovered-remote-peer-id": hexId(member.id),
        "recovered-remote-peer-urls": member.peerURLs,
        "recovered-remote-peer-is-learner": member.isLearner,
      });
    }
    for (const id of this.#removed) this.#know(id, false);
    if (this.#clusterVersion !== undefined) {
      this.#env.logger.info("set cluster version from store", { "cluster-version": majorMinor(this.#clusterVersion) });
    }
  }

  /**
   * Whether a committed change may be applied: undefined, or why not. What it asks was perhaps checked when the change was
   * proposed, but other changes may have come in between, and every member must come to the same answer.
   * @throws MembershipError BadJson, BadMember when the entry cannot be read: the log is damaged
   */
  validate(change: ConfChangeLike): MembershipError | undefined {
    const id = change.nodeId;
    if (this.#removed.has(id)) return MembershipError.refusal("IdRemoved");
    const known = this.#members.get(id);
    switch (change.type) {
      case ADD_NODE:
      case ADD_LEARNER: {
        const context = decodeChangeContext(change.context);
        if (context.isPromote) {
          if (known === undefined) return MembershipError.refusal("IdNotFound");
          return known.isLearner ? undefined : MembershipError.refusal("NotLearner");
        }
        if (known !== undefined) return MembershipError.refusal("IdExists");
        if (this.#urlTaken(id, context.member.peerURLs)) return MembershipError.refusal("PeerUrlExists");
        if (context.member.isLearner && change.type === ADD_LEARNER && this.#learners() >= this.#maxLearners) {
          return MembershipError.refusal("TooManyLearners");
        }
        return undefined;
      }
      case REMOVE_NODE:
        return known === undefined ? MembershipError.refusal("IdNotFound") : undefined;
      case UPDATE_NODE: {
        if (known === undefined) return MembershipError.refusal("IdNotFound");
        const { member } = decodeChangeContext(change.context);
        return this.#urlTaken(id, member.peerURLs) ? MembershipError.refusal("PeerUrlExists") : undefined;
      }
      default:
        assert(false, "unknown kind of configuration change");
    }
  }

  /** Applies a change that `validate` let pass. The answer says what the transport has to do. */
  apply(change: ConfChangeLike): MembershipChange {
    const id = change.nodeId;
    if (change.type === REMOVE_NODE) return this.#remove(id);
    const { member, isPromote } = decodeChangeContext(change.context);
    assert(member.id === id, "a change names another member than its context");
    if (change.type === UPDATE_NODE) {
      const known = this.#members.get(id);
      assert(known !== undefined, "an unknown member is updated");
      const updated = this.#save({ ...known, peerURLs: member.peerURLs });
      this.#log("updated member", "updated-remote-peer", updated);
      return { kind: "updated", member: updated };
    }
    if (isPromote) {
      const known = this.#members.get(id);
      assert(known !== undefined, "an unknown member is promoted");
      const promoted = this.#save({ ...known, isLearner: false });
      this.#env.logger.info("promote member", { ...this.#context(), "promoted-member-id": hexId(id) });
      return { kind: "promoted", member: promoted };
    }
    const added = this.#save(member);
    this.#know(id, true);
    this.#log("added member", "added-peer", added);
    return { kind: "added", member: added };
  }

  /** Applies what a member says of itself. Of a removed member it is ignored: it spoke before it knew. */
  setAttributes(id: MemberId, name: string, clientURLs: readonly string[]): void {
    const known = this.#members.get(id);
    if (known !== undefined) {
      this.#save({ ...known, name, clientURLs });
      return;
    }
    assert(this.#removed.has(id), "attributes of a member that never was");
    this.#env.logger.warn("skipped attributes update of removed member", {
      ...this.#context(),
      "updated-peer-id": hexId(id),
    });
  }

  /** @throws MembershipError ServerTooOld */
  setClusterVersion(version: SemVer): void {
    const from = this.#clusterVersion;
    if (from === undefined) {
      this.#env.logger.info("set initial cluster version", {
        ...this.#context(),
        "cluster-version": majorMinor(version),
      });
    } else {
      this.#env.logger.info("updated cluster version", {
        ...this.#context(),
        from: majorMinor(from),
        to: majorMinor(version),
      });
    }
    this.#moveVersion(version);
    this.#store.put("cluster", CLUSTER_VERSION, utf8(formatSemVer(version)));
    for (const listener of this.#listeners) listener(version);
  }

  setDowngrade(info: DowngradeInfo): void {
    this.#store.put("cluster", DOWNGRADE, encodeDowngrade(info));
    this.#downgrade = info;
  }

  /** `listener` is called after each change of the cluster version by the log. */
  onVersionChange(listener: (version: SemVer) => void): void {
    this.#listeners.push(listener);
  }

  #remove(id: MemberId): MembershipChange {
    const member = this.#members.get(id);
    this.#store.delete("members", rowOf(id));
    this.#store.put("members_removed", rowOf(id), REMOVED);
    this.#members.delete(id);
    this.#removed.add(id);
    this.#know(id, false);
    if (member !== undefined) this.#log("removed member", "removed-remote-peer", member);
    return { kind: "removed", member, id };
  }

  #save(member: Member): Member {
    this.#store.put("members", rowOf(member.id), utf8(encodeMember(member)));
    this.#members.set(member.id, member);
    return member;
  }

  #urlTaken(id: MemberId, urls: readonly string[]): boolean {
    for (const member of this.#members.values()) {
      if (member.id !== id && member.peerURLs.some((url) => urls.includes(url))) return true;
    }
    return false;
  }

  #learners(): number {
    let count = 0;
    for (const member of this.#members.values()) if (member.isLearner) count++;
    return count;
  }

  #moveVersion(version: SemVer | undefined): void {
    if (!serverFits(this.#serverVersion, version)) {
      throw new MembershipError(
        "ServerTooOld",
        `invalid downgrade; server version is lower than determined cluster version: ` +
          `current-server-version ${majorMinor(this.#serverVersion)}, determined-cluster-version ${majorMinor(version!)}`,
      );
    }
    if (this.#clusterVersion !== undefined) this.#versionGauge.with(majorMinor(this.#clusterVersion)).set(0);
    this.#clusterVersion = version;
    if (version !== undefined) this.#versionGauge.with(majorMinor(version)).set(1);
  }

  #know(id: MemberId, known: boolean): void {
    if (this.localId !== 0n) this.#knownPeers.with(hexId(this.localId), hexId(id)).set(known ? 1 : 0);
  }

  #context() {
    return { "cluster-id": hexId(this.clusterId), "local-member-id": hexId(this.localId) };
  }

  #log(message: string, prefix: string, member: Member): void {
    this.#env.logger.info(message, {
      ...this.#context(),
      [`${prefix}-id`]: hexId(member.id),
      [`${prefix}${prefix === "added-peer" ? "-peer" : ""}-urls`]: member.peerURLs,
      [`${prefix}-is-learner`]: member.isLearner,
    });
  }
}

/**
 * The members that a store holds, for code that has no `Membership` yet.
 * @throws MembershipError BadJson, BadMember when a row cannot be read
 */
export function storedMembers(store: Pick<MembershipStore, "visit">): Member[] {
  const members: Member[] = [];
  store.visit("members", FIRST, undefined, (key, value) => {
    members.push({ ...decodeMember(utf8String(value)), id: idOf(key) });
  });
  return members;
}

/** Rows of `members` and `members_removed` are named by the id in hex, unpadded. */
function rowOf(id: MemberId): Uint8Array {
  return utf8(hexId(id));
}

function idOf(row: Uint8Array): MemberId {
  const text = utf8String(row);
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) throw new MembershipError("BadMember", `a member row is named ${text}`);
  return BigInt(`0x${text}`);
}

function parseStored(text: string): SemVer {
  const version = parseSemVer(text);
  if (version === undefined) throw new MembershipError("BadCluster", `no version in bucket cluster: ${text}`);
  return version;
}
