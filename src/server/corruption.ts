import { type Env, hexId, isEtcdError, type MemberId } from "../base/index.ts";
import type { RemoteHash } from "./remote.ts";

/** A hash of this member's own keys. */
export interface OwnHash {
  readonly hash: number;
  readonly compactRevision: number;
  /** Up to which the hash goes. */
  readonly revision: number;
  readonly currentRevision: number;
}

export interface CorruptionHost {
  readonly memberId: MemberId;
  hash(revision: number): Promise<OwnHash>;
  /** Hashes kept from compactions, ascending by revision. */
  compactionHashes(): readonly { hash: number; compactRevision: number; revision: number }[];
  /** One for each other member, asked at the same time. */
  peerHashes(revision: number): Promise<PeerHash[]>;
  linearizable(): Promise<void>;
  /** Raises the CORRUPT alarm of a member; 0 = of the whole cluster. */
  raise(id: MemberId): void;
}

export interface PeerHash {
  readonly id: MemberId;
  readonly hash: RemoteHash | undefined;
  readonly error: unknown;
}

/**
 * Compares the keys of the members by their hashes: before serving, every so often, and at revisions that all have compacted. What
 * differs raises the CORRUPT alarm, which stops reads and writes until a person has looked.
 */
export class CorruptionCheck {
  readonly #host: CorruptionHost;
  readonly #env: Env;
  /** Compaction hashes up to here were the same everywhere. */
  #checkedRevision = 0;
  #running = false;

  constructor(host: CorruptionHost, env: Env) {
    this.#host = host;
    this.#env = env;
  }

  /** @throws Error when a peer holds other keys at the same revision */
  async initial(): Promise<void> {
    const { logger } = this.#env;
    const local = hexId(this.#host.memberId);
    logger.info("starting initial corruption check", { "local-member-id": local });
    const own = await this.#host.hash(0);
    let mismatches = 0;
    for (const { id, hash, error } of await this.#host.peerHashes(own.revision)) {
      const fields = {
        "local-member-id": local,
        "local-member-revision": own.revision,
        "local-member-compact-revision": own.compactRevision,
        "local-member-hash": own.hash,
        "remote-peer-id": hexId(id),
      };
      if (hash === undefined) {
        if (isEtcdError(error, "FutureRevision")) logger.warn("cannot fetch hash from slow remote peer", fields);
        else if (isEtcdError(error, "Compacted")) {
          logger.warn("cannot fetch hash from remote peer; local member is behind", fields);
        }
        continue;
      }
      if (hash.hash === own.hash) continue;
      if (hash.compactRevision === own.compactRevision) {
        logger.warn("found different hash values from remote peer", { ...fields, "remote-peer-hash": hash.hash });
        mismatches++;
      } else logger.warn("found different compact revision values from remote peer", fields);
    }
    if (mismatches > 0) throw new Error(`${local} found data inconsistency with peers`);
    logger.info("initial corruption checking passed; no corruption", { "local-member-id": local });
  }

  /** The leader's: everybody's keys at the revision of now. */
  periodic(): Promise<void> {
    return this.#alone(async () => {
      const { logger } = this.#env;
      const first = await this.#host.hash(0);
      const peers = await this.#host.peerHashes(first.revision);
      await this.#host.linearizable();
      const second = await this.#host.hash(0);
      let raised = false;
      const mismatch = (id: MemberId): void => {
        if (raised) return;
        raised = true;
        this.#host.raise(id);
      };
      if (
        second.hash !== first.hash &&
        second.revision === first.revision &&
        first.compactRevision === second.compactRevision
      ) {
        logger.warn("found hash mismatch", {
          "hash-1": first.hash,
          "hash-2": second.hash,
          "revision-1": first.revision,
        });
        mismatch(this.#host.memberId);
      }
      let checked = 0;
      for (const { id, hash } of peers) {
        if (hash === undefined) continue;
        checked++;
        const fields = { "follower-peer-id": hexId(id) };
        if (hash.revision > second.currentRevision) {
          logger.warn("revision from follower must be less than or equal to leader's", fields);
          mismatch(id);
        }
        if (hash.compactRevision > second.compactRevision) {
          logger.warn("compact revision from follower must be less than or equal to leader's", fields);
          mismatch(id);
        }
        if (hash.compactRevision === first.compactRevision && hash.hash !== first.hash) {
          logger.warn("same compact revision then hashes must match", {
            ...fields,
            "leader-hash": first.hash,
            "follower-hash": hash.hash,
          });
          mismatch(id);
        }
      }
      logger.info("finished peer corruption check", { "number-of-peers-checked": checked });
    });
  }

  /** The leader's: hashes that every member took when it compacted, newest first, until one could be compared everywhere. */
  compactions(): Promise<void> {
    return this.#alone(async () => {
      const { logger } = this.#env;
      logger.info("starting compact hash check", { "local-member-id": hexId(this.#host.memberId) });
      const hashes = this.#host
        .compactionHashes()
        .filter((hash) => hash.revision > this.#checkedRevision)
        .sort((a, b) => b.revision - a.revision);
      let count = 0;
      for (const own of hashes) {
        count++;
        const peers = await this.#host.peerHashes(own.revision);
        if (peers.length > 0 && this.#compare(own, peers)) break;
      }
      logger.info("finished compaction hash check", { "number-of-hashes-checked": count });
    });
  }

  /** True when nothing older need be compared: all agreed, or an alarm was raised. */
  #compare(own: { hash: number; compactRevision: number; revision: number }, peers: readonly PeerHash[]): boolean {
    const { logger } = this.#env;
    const holders = new Map<number, MemberId[]>([[own.hash, [this.#host.memberId]]]);
    let checked = 0;
    for (const { id, hash } of peers) {
      if (hash === undefined || hash.compactRevision !== own.compactRevision) {
        logger.warn("Skipped peer's hash", {
          "peer-id": hexId(id),
          reason:
            hash === undefined ? "no response" : "the peer's CompactRevision doesn't match leader's CompactRevision",
        });
        continue;
      }
      checked++;
      holders.set(hash.hash, [...(holders.get(hash.hash) ?? []), id]);
    }
    const fields = { revision: own.revision, "number-of-peers-checked": checked };
    if (holders.size === 1) {
      if (checked < peers.length) {
        logger.warn("skipped revision in compaction hash check; was not able to check all peers", fields);
        return false;
      }
      logger.info("successfully checked hash on whole cluster", fields);
      this.#checkedRevision = Math.max(this.#checkedRevision, own.revision);
      return true;
    }
    const quorum = Math.floor((peers.length + 1) / 2) + 1;
    const majority = [...holders].find(([, ids]) => ids.length >= quorum);
    if (majority === undefined) {
      // Nobody can say who is right: the alarm is the whole cluster's.
      logger.error("Detected compaction hash mismatch but cannot identify the corrupted members", fields);
      this.#host.raise(0n);
    }
    for (const [hash, ids] of holders) {
      if (hash === majority?.[0]) continue;
      logger.error("Detected compaction hash mismatch", {
        ...fields,
        "leader-hash": own.hash,
        "peer-hash": hash,
        "peer-ids": ids.map(hexId).join(","),
        "quorum-exist": majority !== undefined,
      });
      if (majority !== undefined) for (const id of ids) this.#host.raise(id);
    }
    return true;
  }

  /** One check at a time: a slow peer must not make them pile up. */
  async #alone(check: () => Promise<void>): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await check();
    } catch (error) {
      this.#env.logger.warn("failed to check hash KV", { error });
    } finally {
      this.#running = false;
    }
  }
}
