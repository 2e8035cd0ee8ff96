/**
 * A whole cluster in one process, driven at random from one seed: messages are lost, doubled, held back and overtaken, nodes
 * crash at every point of their loop and come back from what they had saved, logs are compacted, members come and go. After
 * every step the five properties of the Raft paper (figure 3) are checked; at the end the faults stop and the cluster must work.
 *
 * Each run draws its own mixture: some faults off, others extreme. The same seed gives the same run.
 */
import { below, type Logger, lineLogger, SeededRandom } from "../../src/base/index.ts";
import {
  asConfChangeV2,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  decodeConfChangeEntry,
  describeMessage,
  EMPTY,
  type Entry,
  EntryType,
  type HardState,
  isEmptyHardState,
  isLocalTarget,
  MemoryStorage,
  type Message,
  MessageType,
  RawNode,
  type Ready,
  type Snapshot,
  SnapshotStatus,
  StateType,
} from "../../src/raft/index.ts";

/** A property does not hold. The message ends with what happened last. */
export class PropertyError extends Error {
  override readonly name = "PropertyError";
}

/** What a run did, to see that it did something. */
export interface ClusterSummary {
  seed: number;
  members: number;
  elections: number;
  committed: number;
  crashes: number;
  delivered: number;
  lost: number;
  snapshots: number;
  confChanges: number;
  reads: number;
  /** See `#stranded`: 1 if the cluster ended so. */
  stranded: number;
}

const LETTERS = new TextEncoder();

/** Everything drawn for one run; rates are in thousandths of a step. */
function drawOptions(draw: (n: number) => number) {
  const often = () => [0, 5, 30, 150][draw(4)]!;
  return {
    voters: 1 + draw(5),
    spare: draw(3),
    async: draw(2) === 0,
    preVote: draw(2) === 0,
    checkQuorum: draw(2) === 0,
    stepDownOnRemoval: draw(2) === 0,
    maxSizePerMsg: [0, 40, 200, Number.POSITIVE_INFINITY][draw(4)]!,
    maxCommittedSizePerReady: [1, 60, Number.POSITIVE_INFINITY][draw(3)]!,
    maxUncommittedEntriesSize: [0, 64, 1024][draw(3)]!,
    maxInflightMsgs: [1, 2, 8, 256][draw(4)]!,
    maxInflightBytes: draw(2) === 0 ? 0 : 1_000_000_000,
    electionTick: 2 + draw(5),
    drop: often(),
    duplicate: often(),
    /** Deliver any message of a link instead of the oldest. */
    reorder: often(),
    crash: [0, 5, 20, 60][draw(4)]!,
    partition: [0, 2, 20][draw(3)]!,
    compact: [0, 10, 60][draw(3)]!,
    confChange: [0, 5, 20][draw(3)]!,
    transfer: [0, 2, 10][draw(3)]!,
    read: [0, 10, 40][draw(3)]!,
    propose: [20, 100, 300][draw(3)]!,
    tick: [200, 600, 1000][draw(3)]!,
  };
}
type Options = ReturnType<typeof drawOptions>;

/** A machine: what it saved, and the process on it while it is up. */
interface Machine {
  id: bigint;
  storage: MemoryStorage;
  node: RawNode;
  appendWork: Message[];
  applyWork: Message[];
  /** What is left to do of the Ready that is out; empty with storage threads. */
  steps: (() => void)[];
  /** The application: a running hash of what was applied, up to `applied`. */
  applied: number;
  hash: number;
  /** The term this process leads and its log when it was last looked at, for "leader append-only". */
  ledTerm: number;
  ledLog: Entry[];
}

/** What is known to be committed at an index, and since which term. */
interface Committed {
  entry: Entry;
  /** Term of the node that first knew. */
  knownIn: number;
}

/** Runs one cluster for `steps` steps. Throws PropertyError. */
export function runCluster(seed: number, steps: number): ClusterSummary {
  const cluster = new Cluster(seed);
  try {
    cluster.run(steps);
    cluster.heal();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new PropertyError(`seed ${seed}: ${text}\n${cluster.story()}`);
  }
  return cluster.summary;
}

class Cluster {
  readonly #random: SeededRandom;
  readonly #options: Options;
  readonly #machines: Machine[] = [];
  readonly #initial: bigint[];
  #network: Message[] = [];
  /** Machines cut off from all others. */
  #isolated = new Set<bigint>();
  readonly summary: ClusterSummary;

  /** Election safety: who led a term. */
  readonly #leaders = new Map<number, bigint>();
  /** Log matching, in one half: an (index, term) is one entry, everywhere and for ever. */
  readonly #entries = new Map<string, Entry>();
  /** Leader completeness and state machine safety: by index. */
  readonly #committed: Committed[] = [];
  /** State machine safety: the hash after each applied index. */
  readonly #hashes: number[] = [0];
  /** Reads under way: the least index they may be answered with. */
  readonly #reads = new Map<string, number>();
  #proposals = 0;
  /** Index of the proposal made after the faults stopped. */
  #lastProposal: number | undefined;
  /** The last things that happened, for the message of a failure. */
  readonly #log: string[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#options = drawOptions((n) => this.#draw(n));
    const { voters, spare } = this.#options;
    this.#initial = Array.from({ length: voters }, (_, i) => BigInt(i + 1));
    this.summary = {
      seed,
      members: voters,
      elections: 0,
      committed: 0,
      crashes: 0,
      delivered: 0,
      lost: 0,
      snapshots: 0,
      confChanges: 0,
      reads: 0,
      stranded: 0,
    };
    for (let i = 1; i <= voters + spare; i++) this.#machines.push(this.#build(BigInt(i)));
  }

  story(): string {
    return `options ${JSON.stringify(this.#options)}\n${this.#log.slice(-60).join("\n")}`;
  }

  #draw(n: number): number {
    return below(this.#random, n);
  }

  #chance(thousandths: number): boolean {
    return this.#draw(1000) < thousandths;
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#draw(list.length)]!;
  }

  #tell(what: string): void {
    this.#log.push(what);
    if (this.#log.length > 400) this.#log.splice(0, 200);
  }

  // --- Machines -----------------------------------------------------------------------------------------------------------

  #build(id: bigint): Machine {
    const storage = new MemoryStorage();
    return { ...this.#boot(id, storage), id, storage };
  }

  /** A process starting on what is saved: the application has its snapshot, raft hands it the rest again. */
  #boot(id: bigint, storage: MemoryStorage): Omit<Machine, "id" | "storage"> {
    const options = this.#options;
    const snapshot = storage.snapshot() as Snapshot;
    const applied = snapshot.metadata?.index ?? 0;
    const node = new RawNode({
      id,
      storage,
      applied,
      electionTick: options.electionTick,
      heartbeatTick: 1,
      random: (n) => this.#draw(n),
      asyncStorageWrites: options.async,
      preVote: options.preVote,
      checkQuorum: options.checkQuorum,
      stepDownOnRemoval: options.stepDownOnRemoval,
      maxSizePerMsg: options.maxSizePerMsg,
      maxCommittedSizePerReady: options.maxCommittedSizePerReady,
      maxUncommittedEntriesSize: options.maxUncommittedEntriesSize,
      maxInflightMsgs: options.maxInflightMsgs,
      maxInflightBytes: Number.isFinite(options.maxSizePerMsg) ? options.maxInflightBytes : 0,
      logger: this.#tattler(id),
    });
    if (this.#initial.includes(id) && storage.lastIndex() === 0 && isEmptyHardState(storage.initialState().hardState)) {
      node.bootstrap(this.#initial.map((peer) => ({ id: peer, context: EMPTY })));
    }
    const hash = applied === 0 ? 0 : new DataView(snapshot.data.buffer).getUint32(0);
    return { node, appendWork: [], applyWork: [], steps: [], applied, hash, ledTerm: 0, ledLog: [] };
  }

  /** Puts the nodes' log lines into the story; only when somebody reads it. */
  #tattler(id: bigint): Logger {
    return lineLogger((_level, message) => this.#tell(`    [${id}] ${message}`));
  }

  /** Power off and on: what was not saved is gone. */
  #crash(machine: Machine): void {
    this.#tell(`${machine.id} crashes`);
    this.summary.crashes++;
    Object.assign(machine, this.#boot(machine.id, machine.storage));
  }

  // --- Steps --------------------------------------------------------------------------------------------------------------

  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      const machine = this.#pick(this.#machines);
      this.#disturb(machine);
      this.#work(machine);
      this.#deliver();
      this.#look(machine);
      if (i % 16 === 0) this.#compareLogs();
    }
    this.#compareLogs();
  }

  #disturb(machine: Machine): void {
    const options = this.#options;
    const { node } = machine;
    if (this.#chance(options.tick)) node.tick();
    if (this.#chance(options.propose)) {
      const count = 1 + this.#draw(3);
      node.proposeMany(Array.from({ length: count }, () => this.#payload()));
    }
    if (this.#chance(options.read)) this.#askRead(node);
    if (this.#chance(options.confChange)) this.#proposeConfChange(node);
    if (this.#chance(options.transfer)) node.transferLeader(this.#pick(this.#machines).id);
    if (this.#chance(options.transfer)) node.forgetLeader();
    if (this.#chance(options.compact)) this.#compact(machine);
    if (this.#chance(options.crash)) this.#crash(machine);
    if (this.#chance(options.partition)) {
      if (this.#isolated.has(machine.id)) this.#isolated.delete(machine.id);
      else this.#isolated.add(machine.id);
    }
  }

  #payload(): Uint8Array {
    return LETTERS.encode(`p${this.#proposals++}${"x".repeat(this.#draw(30))}`);
  }

  /** Any index that was committed when the question was asked must be visible to the read (thesis 6.4). */
  #askRead(node: RawNode): void {
    const name = `read ${this.#reads.size}`;
    this.#reads.set(name, this.#committed.length);
    node.readIndex(LETTERS.encode(name));
  }

  #proposeConfChange(node: RawNode): void {
    const kinds = Object.values(ConfChangeType);
    const single = (): ConfChangeSingle => ({ type: this.#pick(kinds), nodeId: this.#pick(this.#machines).id });
    if (this.#draw(2) === 0) {
      node.proposeConfChange({ id: 0n, ...single(), context: EMPTY });
      return;
    }
    const changes = Array.from({ length: this.#draw(4) }, single);
    node.proposeConfChange({ transition: this.#pick(Object.values(ConfChangeTransition)), changes, context: EMPTY });
  }

  #compact({ node, storage, applied, hash }: Machine): void {
    const held = (storage.snapshot() as Snapshot).metadata?.index ?? 0;
    if (applied <= held) return;
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, hash);
    storage.createSnapshot(applied, node.status().config, data);
    const keep = this.#draw(5);
    if (applied - keep >= storage.firstIndex()) storage.compact(applied - keep);
  }

  /** One piece of the node's own work: a step of a Ready, or a thread's next task. Messages arrive between any two of them. */
  #work(machine: Machine): void {
    if (this.#draw(3) === 0 && machine.appendWork.length > 0) this.#appendThread(machine);
    if (this.#draw(3) === 0 && machine.applyWork.length > 0) this.#applyThread(machine);
    if (this.#draw(2) === 0) return;
    if (machine.steps.length === 0 && machine.node.hasReady()) {
      const ready = machine.node.ready();
      this.#answerReads(ready);
      if (this.#options.async) this.#handOut(machine, ready);
      else machine.steps = this.#stepsOf(machine, ready);
    }
    // Often all at once, as most applications do it; sometimes with a disk that takes its time.
    for (let count = this.#draw(5); count > 0 && machine.steps.length > 0; count--) {
      if (this.#chance(this.#options.crash)) {
        this.#crash(machine);
        return;
      }
      machine.steps.shift()!();
      this.#look(machine);
    }
  }

  /** What a Ready asks for, without threads. */
  #stepsOf(machine: Machine, ready: Ready): (() => void)[] {
    return [
      () => this.#save(machine, ready.hardState, ready.entries, ready.snapshot),
      () => {
        for (const message of ready.messages) this.#send(message);
      },
      () =>
        this.#apply(
          machine,
          ready.committedEntries.filter(({ index }) => index > machine.applied),
        ),
      () => machine.node.advance(ready),
    ];
  }

  #handOut(machine: Machine, ready: Ready): void {
    for (const message of ready.messages) {
      if (!isLocalTarget(message.to)) this.#send(message);
      else if (message.type === MessageType.MsgStorageAppend) machine.appendWork.push(message);
      else machine.applyWork.push(message);
    }
  }

  #appendThread(machine: Machine): void {
    const { term, vote, commit, entries, snapshot, responses } = machine.appendWork.shift()!;
    this.#save(machine, { term, vote, commit }, entries, snapshot);
    for (const response of responses) this.#respond(machine, response);
  }

  #applyThread(machine: Machine): void {
    const { entries, responses } = machine.applyWork.shift()!;
    this.#apply(
      machine,
      entries.filter(({ index }) => index > machine.applied),
    );
    for (const response of responses) this.#respond(machine, response);
  }

  #respond(machine: Machine, response: Message): void {
    if (response.to !== machine.id) this.#send(response);
    else this.#step(machine, response);
  }

  #save({ storage, ...machine }: Machine, state: HardState | undefined, entries: Entry[], snapshot?: Snapshot): void {
    if (state !== undefined && !isEmptyHardState(state)) storage.setHardState(state);
    if (snapshot !== undefined) {
      this.#check(storage.applySnapshot(snapshot) === undefined, "a snapshot older than the one held");
      this.summary.snapshots++;
      const owner = this.#machines.find(({ id }) => id === machine.id)!;
      owner.applied = snapshot.metadata!.index;
      owner.hash = new DataView(snapshot.data.buffer).getUint32(0);
      this.#check(owner.hash === this.#hashes[owner.applied], "a snapshot of a state that never was");
    }
    storage.append(entries);
  }

  /** State machine safety: every machine applies the same entries in the same order, without a gap. */
  #apply(machine: Machine, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#check(entry.index === machine.applied + 1, `${machine.id} applies ${entry.index} after ${machine.applied}`);
      machine.applied = entry.index;
      machine.hash = mix(machine.hash, entry);
      const known = this.#hashes[entry.index];
      if (known === undefined) this.#hashes[entry.index] = machine.hash;
      else this.#check(known === machine.hash, `${machine.id} applies something else at ${entry.index}`);
      if (entry.type === EntryType.EntryNormal) continue;
      const change = asConfChangeV2(decodeConfChangeEntry(entry)!);
      const confState = machine.node.applyConfChange(change, entry.index);
      this.summary.confChanges++;
      this.#tell(`${machine.id} applies a conf change: voters ${confState.voters} & ${confState.votersOutgoing}`);
    }
  }

  #answerReads(ready: Ready): void {
    for (const { index, requestCtx } of ready.readStates) {
      const least = this.#reads.get(String.fromCharCode(...requestCtx))!;
      this.summary.reads++;
      this.#check(index >= least, `a read is answered with ${index} when ${least} was committed before it was asked`);
    }
  }

  // --- Network ------------------------------------------------------------------------------------------------------------

  #send(message: Message): void {
    if (this.#chance(this.#options.drop) || this.#network.length > 300) {
      this.#lose(message);
      return;
    }
    this.#network.push(message);
    if (this.#chance(this.#options.duplicate)) this.#network.push(message);
  }

  #lose(message: Message): void {
    this.summary.lost++;
    const sender = this.#machines[Number(message.from) - 1]!;
    if (message.type === MessageType.MsgSnap) sender.node.reportSnapshot(message.to, SnapshotStatus.SnapshotFailure);
    else if (this.#draw(4) === 0) sender.node.reportUnreachable(message.to);
  }

  #deliver(): void {
    for (let count = this.#draw(4); count > 0 && this.#network.length > 0; count--) {
      const at = this.#chance(this.#options.reorder) ? this.#draw(this.#network.length) : 0;
      const [message] = this.#network.splice(at, 1);
      this.#deliverOne(message!);
    }
  }

  #deliverOne(message: Message): void {
    if (this.#isolated.has(message.from) || this.#isolated.has(message.to)) {
      this.#lose(message);
      return;
    }
    const receiver = this.#machines[Number(message.to) - 1]!;
    this.#step(receiver, message);
    this.summary.delivered++;
    if (message.type === MessageType.MsgSnap) {
      this.#machines[Number(message.from) - 1]!.node.reportSnapshot(message.to, SnapshotStatus.SnapshotFinish);
    }
  }

  /** Between correct nodes nothing is ever refused but what comes from strangers, or too late to be of use. */
  #step(machine: Machine, message: Message): void {
    this.#tell(`${machine.id} steps ${describeMessage(message)}`);
    const refused = machine.node.step(message);
    this.#look(machine);
    if (refused === undefined) return;
    this.#tell(`  refused: ${refused.message}`);
    const harmless = ["ProposalDropped", "StepPeerNotFound", "ReadDropped"].includes(refused.code);
    this.#check(harmless, `${machine.id} refused an honest message: ${refused.message}`);
  }

  // --- Properties (paper, figure 3) ---------------------------------------------------------------------------------------

  #check(holds: boolean, what: string): void {
    if (!holds) throw new PropertyError(what);
  }

  #look(machine: Machine): void {
    this.#lookAtLeader(machine);
    this.#lookAtCommit(machine);
  }

  #lookAtLeader(machine: Machine): void {
    const { node, id } = machine;
    if (node.state !== StateType.StateLeader) {
      machine.ledTerm = 0;
      return;
    }
    const { term } = node;
    if (machine.ledTerm !== term) {
      // Election safety: at most one leader can be elected in a given term.
      const other = this.#leaders.get(term);
      this.#check(other === undefined || other === id, `both ${other} and ${id} lead term ${term}`);
      if (other === undefined) this.summary.elections++;
      this.#leaders.set(term, id);
      machine.ledTerm = term;
      machine.ledLog = [];
      this.#checkCompleteness(machine);
    }
    // Leader append-only: a leader never overwrites or deletes entries in its log; it only appends.
    const { log } = node.raft;
    const previous = machine.ledLog;
    const last = previous[previous.length - 1];
    if (last !== undefined) {
      this.#check(log.lastIndex >= last.index, `leader ${id} cut its log`);
      for (const entry of previous.slice(-4)) {
        const now = log.term(entry.index);
        this.#check(now === entry.term || now < 0, `leader ${id} overwrote ${entry.index}`);
      }
    }
    if (last === undefined || last.index < log.lastIndex) {
      const from = Math.max(log.firstIndex, log.lastIndex - 4);
      machine.ledLog = log.slice(from, log.lastIndex + 1, Number.POSITIVE_INFINITY) ?? [];
    }
  }

  /** Leader completeness: an entry committed in a given term is present in the logs of the leaders of all later terms. */
  #checkCompleteness({ node, id }: Machine): void {
    const { log } = node.raft;
    for (const committed of this.#committed) {
      const { entry, knownIn } = committed;
      if (knownIn >= node.term) continue;
      const term = log.term(entry.index);
      const compacted = entry.index < log.firstIndex;
      this.#check(compacted || term === entry.term, `leader ${id} of term ${node.term} lacks ${entry.index}`);
    }
  }

  /** What one node takes for committed, no other node may have otherwise. */
  #lookAtCommit({ node, id }: Machine): void {
    const { log } = node.raft;
    const { committed } = log;
    const known = this.#committed.length;
    if (committed <= known) return;
    const from = Math.max(known + 1, log.firstIndex);
    this.#check(from === known + 1, `${id} commits what nobody knew of before`);
    for (const entry of log.slice(from, committed + 1, Number.POSITIVE_INFINITY) ?? []) {
      this.#committed.push({ entry, knownIn: node.term });
    }
    this.summary.committed = this.#committed.length;
  }

  /**
   * Log matching: if two logs contain an entry with the same index and term, then the logs are identical in all entries up
   * through the given index.
   */
  #compareLogs(): void {
    const logs = this.#machines.map(({ node }) => {
      const { log } = node.raft;
      const entries = log.slice(log.firstIndex, log.lastIndex + 1, Number.POSITIVE_INFINITY) ?? [];
      for (const entry of entries) this.#checkIdentity(entry);
      for (const { index, term } of entries) {
        if (index > log.committed) break;
        const known = this.#committed[index - 1];
        if (known !== undefined) this.#check(known.entry.term === term, `${node.id} committed otherwise at ${index}`);
      }
      return entries;
    });
    for (let a = 0; a < logs.length; a++) {
      for (let b = 0; b < a; b++) this.#checkMatching(logs[a]!, logs[b]!);
    }
  }

  #checkIdentity(entry: Entry): void {
    const key = `${entry.index}/${entry.term}`;
    const known = this.#entries.get(key);
    if (known === entry) return;
    if (known === undefined) this.#entries.set(key, entry);
    else this.#check(known.type === entry.type && sameBytes(known.data, entry.data), `two entries ${key}`);
  }

  #checkMatching(a: readonly Entry[], b: readonly Entry[]): void {
    if (a.length === 0 || b.length === 0) return;
    const first = Math.max(a[0]!.index, b[0]!.index);
    let matched = false;
    for (let index = Math.min(a[a.length - 1]!.index, b[b.length - 1]!.index); index >= first; index--) {
      const same = a[index - a[0]!.index]!.term === b[index - b[0]!.index]!.term;
      this.#check(same || !matched, `two logs that meet above ${index} differ there`);
      matched ||= same;
    }
  }

  // --- The end ------------------------------------------------------------------------------------------------------------

  /** All faults stop: a proposal must be committed and reach every member within a bounded number of rounds. */
  heal(): void {
    Object.assign(this.#options, { drop: 0, duplicate: 0, reorder: 0, crash: 0 });
    this.#isolated.clear();
    const sent = this.#network;
    this.#network = [];
    for (const message of sent) if (message.type === MessageType.MsgSnap) this.#lose(message);
    for (let round = 0; round < 3000; round++) {
      for (const machine of this.#machines) {
        if (round % 3 === 0) machine.node.tick();
        for (let i = 0; i < 4; i++) this.#work(machine);
        // A snapshot older than a member's entry into the group is of no use to that member: make one now and then.
        if (round % 50 === 0) this.#compact(machine);
        this.#look(machine);
      }
      while (this.#network.length > 0) this.#deliverOne(this.#network.shift()!);
      if (round % 20 === 10 && this.#settled()) {
        this.#compareLogs();
        return;
      }
    }
    if (this.#stranded()) {
      this.summary.stranded++;
      return;
    }
    throw new PropertyError(`the cluster does not recover:\n${this.#machines.map(describe).join("\n")}`);
  }

  /**
   * The one way we know to lose a cluster without losing a majority, which etcd's raft has, too: memberships come into force
   * when they are applied. A demoted or removed voter that has applied so, and whose longer log forbids it to vote for those
   * who have not yet heard that the change is committed, is needed by them and cannot lead itself.
   */
  #stranded(): boolean {
    const ranked = [...this.#machines].sort((a, b) => {
      const [x, y] = [a.node.raft.log, b.node.raft.log];
      return y.lastTerm - x.lastTerm || y.lastIndex - x.lastIndex;
    });
    const best = ranked[0]!;
    if (best.node.raft.tracker.membership.voters.has(best.id)) return false;
    return this.#machines.some(({ node }) => node.raft.tracker.membership.voters.has(best.id));
  }

  /** Somebody leads, takes a proposal, and has seen everything it has applied by all its members. */
  #settled(): boolean {
    const leading = this.#machines.filter(
      ({ id, node }) => node.state === StateType.StateLeader && !this.#isolated.has(id),
    );
    const leader = leading.sort((a, b) => b.node.term - a.node.term)[0];
    if (leader === undefined) return false;
    const { node, id } = leader;
    const { voters, votersOutgoing, learners } = node.status().config;
    const ids = [...voters, ...votersOutgoing, ...learners];
    // A leader that was removed takes no proposals; its application stops it, and the others elect one of their own.
    if (!ids.includes(id)) this.#isolated.add(id);
    const members = ids.map((member) => this.#machines[Number(member) - 1]!);
    const target = node.lastIndex;
    if (!members.every(({ applied }) => applied >= target)) return false;
    if (this.#lastProposal !== undefined && target >= this.#lastProposal) return true;
    // Caught up: prove it with one more proposal.
    const refused = node.propose(this.#payload());
    if (refused === undefined) this.#lastProposal = node.lastIndex;
    return false;
  }
}

function describe({ node, applied }: Machine): string {
  const { id, term, state, lead, committed, lastIndex } = node;
  const { membership } = node.raft.tracker;
  return `${id}: state ${state} term ${term} lead ${lead} applied ${applied} committed ${committed} last ${lastIndex} ${membership}`;
}

function mix(hash: number, { term, index, data }: Entry): number {
  let mixed = Math.imul(hash ^ term, 0x01000193) ^ index;
  for (const byte of data) mixed = Math.imul(mixed ^ byte, 0x01000193);
  return mixed >>> 0;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
