import { type Counter, type Env, EtcdError, type Timer } from "../../base/index.ts";
import type { Member, Principal } from "../../server/index.ts";
import { type Call, type Metadata, statusOf } from "../../wire/grpc/index.ts";
import type { RpcOptions } from "./options.ts";

/** Distinct `client-api-version` values that get a series of their own; the rest shares one. */
const versionsMax = 64;
/** Election timeouts without a leader after which streams that require one are cancelled. */
const leaderlessMax = 3;

/** What a call's metadata asks for. Worked out once per metadata object; clients repeat theirs. */
interface Wishes {
  readonly badVersion: boolean;
  readonly unary: Counter;
  readonly stream: Counter;
  readonly requiresLeader: boolean;
}

/**
 * The checks before every call, in etcd's order: capability, learner, client version, leader.
 */
export class Guard {
  readonly #member: Member;
  readonly #options: RpcOptions;
  readonly #requests: Counter;
  readonly #versions = new Map<string, { unary: Counter; stream: Counter }>();
  readonly #wishes = new WeakMap<Metadata, Wishes>();
  #last: Metadata | undefined;
  #lastWishes: Wishes | undefined;
  /** The cluster has settled on a version, which happens once. */
  #capable = false;
  /** This member takes part in elections; nothing turns a voter into a learner again. */
  #voter = false;
  /** Streams to cancel when the leader is lost for long. */
  readonly #leaderStreams = new Set<Call>();
  #leaderless = 0;
  readonly #timer: Timer;

  constructor(member: Member, options: RpcOptions, env: Env) {
    this.#member = member;
    this.#options = options;
    this.#requests = env.metrics.counter({
      name: "etcd_server_client_requests_total",
      help: "The total number of client requests per client version.",
      labels: ["type", "client_api_version"],
    });
    this.#timer = env.scheduler.every(options.electionMs, () => this.#watchLeader());
  }

  close(): void {
    this.#timer.cancel();
  }

  /** `forLearner`: whether a learner answers this request. Throws what the client is told. */
  unary(call: Call, forLearner: boolean): void {
    this.#standing(forLearner);
    const wishes = this.#wishesOf(call.metadata);
    if (wishes.badVersion) throw EtcdError.of("InvalidClientApiVersion");
    wishes.unary.inc();
    if (wishes.requiresLeader && this.#member.leader() === 0n) throw EtcdError.of("NoLeader");
  }

  /** As `unary`; while it is open the stream is remembered if it requires a leader. */
  stream(call: Call, forLearner: boolean): void {
    this.#standing(forLearner);
    const wishes = this.#wishesOf(call.metadata);
    if (wishes.badVersion) throw EtcdError.of("InvalidClientApiVersion");
    wishes.stream.inc();
    if (!wishes.requiresLeader) return;
    if (this.#member.leader() === 0n) throw EtcdError.of("NoLeader");
    this.#leaderStreams.add(call);
  }

  /** A promise while the caller's token comes from an entry that is not applied here yet: go on after it. */
  ready(call: Call): Promise<void> | undefined {
    return this.#options.authorizer?.ready?.(call.metadata);
  }

  /** Who calls. Asked only by what needs to know, and when it does: a bad token must not spoil, say, MemberList. */
  principal(call: Call): Principal | undefined {
    return this.#options.authorizer?.principal(call.metadata, call.peer);
  }

  #standing(forLearner: boolean): void {
    if (!this.#capable) {
      if (this.#member.versions().cluster === undefined) throw EtcdError.of("NotCapable");
      this.#capable = true;
    }
    if (!forLearner && !this.#voter) {
      if (this.#member.health().isLearner) throw EtcdError.of("NotSupportedForLearner");
      this.#voter = this.#member.leader() !== 0n;
    }
  }

  #wishesOf(metadata: Metadata): Wishes {
    if (metadata === this.#last) return this.#lastWishes!;
    let wishes = this.#wishes.get(metadata);
    if (wishes === undefined) {
      wishes = this.#read(metadata);
      this.#wishes.set(metadata, wishes);
    }
    this.#last = metadata;
    this.#lastWishes = wishes;
    return wishes;
  }

  #read(metadata: Metadata): Wishes {
    const raw = metadata.get("client-api-version");
    const version = raw === undefined ? "unknown" : utf8Text(raw);
    return {
      badVersion: version === undefined,
      ...this.#counters(version ?? "unknown"),
      requiresLeader: metadata.get("hasleader") === "true",
    };
  }

  #counters(version: string): { unary: Counter; stream: Counter } {
    const label = this.#versions.has(version) || this.#versions.size < versionsMax ? version : "other";
    let counters = this.#versions.get(label);
    if (counters === undefined) {
      counters = { unary: this.#requests.with("unary", label), stream: this.#requests.with("stream", label) };
      this.#versions.set(label, counters);
    }
    return counters;
  }

  #watchLeader(): void {
    this.#leaderless = this.#member.leader() === 0n ? this.#leaderless + 1 : 0;
    const lost = this.#leaderless >= leaderlessMax;
    for (const stream of this.#leaderStreams) {
      if (lost && !stream.ended) stream.abort(statusOf(EtcdError.of("NoLeader")));
      if (stream.ended) this.#leaderStreams.delete(stream);
    }
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of latin1 characters that are UTF-8 bytes, or undefined when they are not. */
function utf8Text(latin1: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return undefined;
  }
}
