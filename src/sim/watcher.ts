import { below } from "../base/index.ts";
import type { WatchReply as HubReply, WatchStream } from "../state/watch/index.ts";
import type { WatchRecord, WatchReply } from "./check/index.ts";
import { eventOf } from "./convert.ts";
import type { Machine, Process } from "./machine.ts";
import { chance, exponential, type World } from "./world.ts";

/** What a watcher wants, whatever stream carries it. */
export interface Wanted {
  readonly key: string;
  readonly end: string;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly prevKv: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type OpenRecord = Writable<WatchRecord> & { replies: WatchReply[] };

/**
 * A client that watches one range for as long as it is let: when its stream breaks it goes on where it was at another member,
 * when it is cancelled by a compaction it starts over from the compacted revision, as a client that lists again does.
 */
export class SimWatcher {
  readonly name: string;
  readonly wanted: Wanted;
  /** The first revision not seen; 0 before anything was. */
  next: number;
  record: OpenRecord | undefined;
  process: Process | undefined;
  readonly #world: World;
  readonly #latencyMs: number;
  readonly #records: WatchRecord[];
  readonly #nextId: () => number;
  readonly #trace: (who: string, what: string) => void;
  #stream: WatchStream | undefined;
  #inFlight = 0;
  #lastMs = 0;
  #opening = false;
  /** Takes at most this many replies at a time. */
  readonly #window: number;

  constructor(
    name: string,
    wanted: Wanted,
    startRevision: number,
    parts: {
      world: World;
      latencyMs: number;
      records: WatchRecord[];
      nextId: () => number;
      trace: (who: string, what: string) => void;
    },
  ) {
    this.name = name;
    this.wanted = wanted;
    this.next = startRevision;
    this.#world = parts.world;
    this.#latencyMs = parts.latencyMs;
    this.#records = parts.records;
    this.#nextId = parts.nextId;
    this.#trace = parts.trace;
    this.#window = chance(parts.world.random, 0.3) ? 1 : 16;
  }

  get open(): boolean {
    return this.#stream !== undefined;
  }

  /** Opens a stream at `machine`, unless one is open or being opened. */
  resume(machine: Machine): void {
    if (this.#stream !== undefined || this.#opening) return;
    this.#opening = true;
    this.#world.after(exponential(this.#world.random, this.#latencyMs), () => {
      this.#opening = false;
      const { process } = machine;
      if (process?.member === undefined) return;
      this.#world.after(0, () => this.#create(machine, process), process);
    });
  }

  #create(machine: Machine, process: Process): void {
    if (this.#stream !== undefined || process.member === undefined) return;
    const record: OpenRecord = {
      type: "watch",
      id: this.#nextId(),
      client: this.name,
      ...this.wanted,
      startRevision: this.next,
      replies: [],
    };
    this.#records.push(record);
    this.record = record;
    this.process = process;
    this.#inFlight = 0;
    const stream = process.member.watchHub.stream({
      writable: () => this.#inFlight < this.#window,
      send: (reply) => {
        if (process.alive && this.record === record) this.#carry(record, process, reply);
      },
    });
    this.#stream = stream;
    this.#trace(this.name, `${machine.name} watch ${this.wanted.key}..${this.wanted.end} from ${this.next}`);
    stream.create({ ...this.wanted, startRevision: this.next, progressNotify: true });
  }

  /** Replies travel in order, each for a while; those still under way when the stream breaks are lost. */
  #carry(record: OpenRecord, process: Process, reply: HubReply): void {
    this.#inFlight++;
    const world = this.#world;
    this.#lastMs = Math.max(this.#lastMs, world.nowMs + exponential(world.random, this.#latencyMs));
    const events = reply.events.map(eventOf);
    world.at(this.#lastMs, () => {
      if (this.record !== record) return;
      this.#inFlight--;
      const { revision, created, canceled, compactRevision, fragment } = reply;
      record.replies.push({ atMs: world.nowMs, revision, created, canceled, compactRevision, fragment, events });
      const last = events.at(-1);
      if (last !== undefined) this.next = last.kv.mod + 1;
      else if (created && !canceled && this.next === 0) this.next = revision + 1;
      else if (!created && !canceled) this.next = Math.max(this.next, revision + 1);
      this.#trace(this.name, `revision ${revision}, ${events.length} events${canceled ? ", canceled" : ""}`);
      if (canceled) {
        this.#close();
        if (compactRevision > 0) this.next = compactRevision;
      } else if (this.#inFlight === this.#window - 1) {
        world.after(0, () => this.#stream?.resume(), process);
      }
    });
  }

  /** The process at the other end is gone. */
  ended(process: Process): void {
    if (this.process === process) this.#close();
  }

  /** The client hangs up, or its connection breaks. */
  disconnect(): void {
    const stream = this.#stream;
    const process = this.process;
    this.#close();
    if (stream !== undefined && process?.alive === true) {
      this.#world.after(1, () => stream.close(), process);
    }
  }

  askProgress(): void {
    const { process } = this;
    if (process?.alive === true) this.#world.after(0, () => this.#stream?.requestProgress(), process);
  }

  #close(): void {
    this.#stream = undefined;
    this.process = undefined;
    this.record = undefined;
  }
}

export function drawWanted(world: World, ranges: readonly (readonly [string, string])[]): Wanted {
  const { random } = world;
  const [key, end] = ranges[below(random, ranges.length)]!;
  const noPut = chance(random, 0.08);
  return { key, end, noPut, noDelete: !noPut && chance(random, 0.08), prevKv: chance(random, 0.3) };
}
