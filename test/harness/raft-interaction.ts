/**
 * Scenario commands that drive a group of raft nodes step by step and print all they do: the commands and the words of
 * etcd's interaction tests, so that its files run here unchanged.
 */
import type { LogFields, Logger, LogLevel } from "../../src/base/index.ts";
import { SeededRandom } from "../../src/base/index.ts";
import {
  asConfChangeV2,
  type ConfChange,
  ConfChangeTransition,
  type ConfChangeV2,
  type Config,
  type ConfState,
  decodeConfChangeEntry,
  describeEntries,
  describeMessage,
  describeProgress,
  describeReady,
  EMPTY,
  type Entry,
  EntryType,
  emptyConfState,
  type HardState,
  isEmptyHardState,
  isEmptySnapshot,
  isLocalTarget,
  MemoryStorage,
  type Message,
  MessageType,
  messageTypeName,
  parseChanges,
  RaftError,
  RawNode,
  ReadOnlyOption,
  type Snapshot,
  type Storage,
  stateTypeName,
} from "../../src/raft/index.ts";
import { type Directive, type Handler, soleValueOf, valuesOf } from "./datadriven.ts";

const levels = ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"] as const;
const levelOf: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, panic: 4, fatal: 4 };

/** What a directive prints: its own words and the nodes' log lines, in the order they come. */
class Output implements Logger {
  text = "";
  /** Log lines below this are left out; NONE leaves out everything. */
  level = 0;

  get quiet(): boolean {
    return this.level === levels.indexOf("NONE");
  }

  write(text: string): void {
    if (!this.quiet) this.text += text;
  }

  indented(body: () => void): void {
    const outer = this.text;
    this.text = "";
    body();
    const lines = this.text.split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    this.text = outer + lines.map((line) => `  ${line}\n`).join("");
  }

  enabled(level: LogLevel): boolean {
    return this.level <= levelOf[level];
  }

  debug(message: string): void {
    this.#line("debug", message);
  }
  info(message: string): void {
    this.#line("info", message);
  }
  warn(message: string): void {
    this.#line("warn", message);
  }
  error(message: string): void {
    this.#line("error", message);
  }
  panic(message: string): void {
    this.#line("panic", message);
  }
  fatal(message: string): void {
    this.#line("fatal", message);
  }
  child(_fields: LogFields): Logger {
    return this;
  }

  #line(level: LogLevel, message: string): void {
    if (this.enabled(level)) this.write(`${levels[levelOf[level]]} ${message}\n`);
  }
}

/** A node with its storage, its state machine and the work its storage threads have not done yet. */
interface Member {
  node: RawNode;
  storage: MemoryStorage;
  config: Config;
  appendWork: Message[];
  applyWork: Message[];
  /** A snapshot after each applied entry: the state is the applied data, one after the other. */
  history: Snapshot[];
}

/** MemoryStorage whose snapshot is always the newest state. */
function withHistory(storage: MemoryStorage, history: Snapshot[]): Storage {
  return {
    initialState: () => storage.initialState(),
    entries: (lo, hi, maxSize) => storage.entries(lo, hi, maxSize),
    term: (index) => storage.term(index),
    firstIndex: () => storage.firstIndex(),
    lastIndex: () => storage.lastIndex(),
    snapshot: () => history[history.length - 1]!,
  };
}

/** A failed command; its message ends the output. */
class CommandError extends Error {}

/** A handler with no nodes yet. */
export function raftInteraction(): Handler {
  const group = new Group();
  return (directive) => group.handle(directive);
}

class Group {
  readonly #output = new Output();
  readonly #random = new SeededRandom(1);
  readonly #members: Member[] = [];
  /** Sent and neither delivered nor dropped. */
  #inFlight: Message[] = [];

  handle(directive: Directive): string {
    this.#output.text = "";
    const fault = this.#attempt(directive);
    if (fault !== undefined) {
      if (this.#output.quiet) return fault;
      this.#output.write(fault);
    }
    return this.#output.text === "" ? "ok" : this.#output.text;
  }

  #attempt(directive: Directive): string | undefined {
    const command = this.#commands[directive.command];
    if (command === undefined) return "unknown command";
    try {
      const result = command(directive);
      return result instanceof RaftError ? result.message : undefined;
    } catch (error) {
      if (error instanceof CommandError) return error.message;
      throw error;
    }
  }

  /** An error that comes back is printed; anything else is not. */
  readonly #commands: Readonly<Record<string, (directive: Directive) => unknown>> = {
    _breakpoint: () => undefined,
    "add-nodes": (d) => this.#addNodes(d),
    campaign: (d) => this.#first(d).node.campaign(),
    compact: (d) => {
      const fault = this.#first(d).storage.compact(Number(d.args[1]!.key));
      if (fault === undefined) this.#raftLog(this.#first(d));
      return fault;
    },
    "deliver-msgs": (d) => this.#deliver(d),
    "forget-leader": (d) => void this.#first(d).node.forgetLeader(),
    "log-level": (d) => this.#setLevel(d.args[0]!.key),
    "process-append-thread": (d) => this.#forEach(d, "processing append thread", (m) => this.#processAppendThread(m)),
    "process-apply-thread": (d) => this.#forEach(d, "processing apply thread", (m) => this.#processApplyThread(m)),
    "process-ready": (d) => this.#forEach(d, "handling Ready", (m) => this.#processReady(m)),
    propose: (d) => this.#first(d).node.propose(bytes(d.args[1]!.key)),
    "propose-conf-change": (d) => this.#first(d).node.proposeConfChange(confChangeOf(d)),
    "raft-log": (d) => this.#raftLog(this.#first(d)),
    "raft-state": () => this.#raftState(),
    "report-unreachable": (d) => {
      const [on, about] = this.#listed(d);
      on!.node.reportUnreachable(about!.node.id);
    },
    "send-snapshot": (d) => this.#sendSnapshot(d),
    "set-randomized-election-timeout": (d) => {
      this.#first(d).node.raft.randomizedElectionTimeout = Number(soleValueOf(d, "timeout", "0"));
    },
    stabilize: (d) => this.#stabilize(d),
    status: (d) => this.#output.write(describeProgress(this.#first(d).node.status().progress)),
    "tick-election": (d) => tick(this.#first(d), this.#first(d).config.electionTick),
    "tick-heartbeat": (d) => tick(this.#first(d), this.#first(d).config.heartbeatTick),
    "transfer-leadership": (d) => {
      this.#at(soleValueOf(d, "from", "")).node.transferLeader(BigInt(soleValueOf(d, "to", "")));
    },
  };

  // --- Who is meant -------------------------------------------------------------------------------------------------------

  #at(id: string): Member {
    const member = this.#members[Number(id) - 1];
    if (member === undefined) throw new CommandError(`no node ${id}`);
    return member;
  }

  #first(directive: Directive): Member {
    return this.#at(directive.args[0]!.key);
  }

  /** The nodes named by bare arguments. */
  #listed({ args }: Directive): Member[] {
    return args.filter(({ values }) => values.length === 0).map(({ key }) => this.#at(key));
  }

  /** With several nodes each gets a heading. */
  #forEach(directive: Directive, heading: string, work: (member: Member) => void): void {
    const members = this.#listed(directive);
    for (const member of members) {
      if (members.length > 1) this.#headed(member, heading, () => work(member));
      else work(member);
    }
  }

  #headed({ node }: Member, heading: string, body: () => void): void {
    this.#output.write(`> ${node.id} ${heading}\n`);
    this.#output.indented(body);
  }

  // --- Nodes --------------------------------------------------------------------------------------------------------------

  #addNodes(directive: Directive): void {
    const flag = (key: string) => soleValueOf(directive, key, "false") === "true";
    const number = (key: string, otherwise: number) => Number(soleValueOf(directive, key, String(otherwise)));
    const index = number("index", 0);
    const readOnly = soleValueOf(directive, "read-only", "safe");
    const confState: ConfState = {
      ...emptyConfState(),
      voters: (valuesOf(directive, "voters") ?? []).map(BigInt),
      learners: (valuesOf(directive, "learners") ?? []).map(BigInt),
    };
    const data = bytes(soleValueOf(directive, "content", ""));
    const bootstrap = index > 0 || data.length > 0 || confState.voters.length > 0 || confState.learners.length > 0;
    for (let count = Number(directive.args[0]!.key); count > 0; count--) {
      const storage = new MemoryStorage();
      const snapshot: Snapshot = { data, metadata: { confState, index, term: bootstrap ? 1 : 0 } };
      if (bootstrap) {
        if (index <= 1) throw new CommandError("index must be specified as > 1 due to bootstrap");
        storage.applySnapshot(snapshot);
      }
      const history = [snapshot];
      const config: Config = {
        id: BigInt(this.#members.length + 1),
        electionTick: 3,
        heartbeatTick: 1,
        maxInflightMsgs: number("inflight", 2 ** 31 - 1),
        storage: withHistory(storage, history),
        random: (n) => this.#random.uint32() % n,
        applied: index,
        asyncStorageWrites: flag("async-storage-writes"),
        preVote: flag("prevote"),
        checkQuorum: flag("checkquorum"),
        maxCommittedSizePerReady: number("max-committed-size-per-ready", 0),
        disableConfChangeValidation: flag("disable-conf-change-validation"),
        stepDownOnRemoval: flag("step-down-on-removal"),
        readOnlyOption: readOnly === "lease-based" ? ReadOnlyOption.ReadOnlyLeaseBased : ReadOnlyOption.ReadOnlySafe,
        logger: this.#output,
      };
      this.#members.push({ node: new RawNode(config), storage, config, appendWork: [], applyWork: [], history });
    }
  }

  #setLevel(name: string): void {
    const level = levels.indexOf(name.toUpperCase() as (typeof levels)[number]);
    if (level < 0) throw new CommandError(`log levels must be either of [${levels.join(" ")}]`);
    this.#output.level = level;
  }

  #raftLog({ storage }: Member): void {
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.#output.write(`log is empty: first index=${first}, last index=${last}`);
      return;
    }
    const entries = storage.entries(first, last + 1, Number.POSITIVE_INFINITY);
    if (entries instanceof RaftError) throw new CommandError(entries.message);
    this.#output.write(describeEntries(entries));
  }

  #raftState(): void {
    for (const { node } of this.#members) {
      const { id, config, raftState, term, lead } = node.status();
      const voter = config.voters.includes(id) || config.votersOutgoing.includes(id);
      this.#output.write(
        `${id}: ${stateTypeName(raftState)} ${voter ? "(Voter)" : "(Non-Voter)"} Term:${term} Lead:${lead}\n`,
      );
    }
  }

  // --- Ready and the threads ----------------------------------------------------------------------------------------------

  #processReady(member: Member): void {
    const { node, config } = member;
    const ready = node.ready();
    this.#output.write(describeReady(ready));
    if (!config.asyncStorageWrites) {
      this.#append(member, ready.hardState, ready.entries, ready.snapshot);
      this.#apply(member, ready.committedEntries);
    }
    for (const message of ready.messages) {
      if (!isLocalTarget(message.to)) this.#inFlight.push(message);
      else if (message.type === MessageType.MsgStorageAppend) member.appendWork.push(message);
      else member.applyWork.push(message);
    }
    if (!config.asyncStorageWrites) node.advance(ready);
  }

  #processAppendThread(member: Member): void {
    this.#processThread(member.appendWork, "no append work to perform", ({ term, vote, commit, entries, snapshot }) => {
      this.#append(member, { term, vote, commit }, entries, snapshot);
    });
  }

  #processApplyThread(member: Member): void {
    this.#processThread(member.applyWork, "no apply work to perform", ({ entries }) => this.#apply(member, entries));
  }

  #processThread(queue: Message[], idle: string, perform: (work: Message) => void): void {
    const work = queue.shift();
    if (work === undefined) {
      this.#output.write(idle);
      return;
    }
    const { responses } = work;
    this.#output.write(`Processing:\n${describeMessage({ ...work, responses: [] })}\n`);
    perform(work);
    this.#output.write("Responses:\n");
    for (const response of responses) this.#output.write(`${describeMessage(response)}\n`);
    this.#inFlight.push(...responses);
  }

  #append({ storage }: Member, state: HardState | undefined, entries: Entry[], snapshot: Snapshot | undefined): void {
    if (state !== undefined && !isEmptyHardState(state)) storage.setHardState(state);
    if (snapshot === undefined || isEmptySnapshot(snapshot)) {
      storage.append(entries);
      return;
    }
    if (entries.length > 0) throw new CommandError("can't apply snapshot and entries at the same time");
    const fault = storage.applySnapshot(snapshot);
    if (fault !== undefined) throw new CommandError(fault.message);
  }

  #apply({ node, history }: Member, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const last = history[history.length - 1]!;
      let update = entry.data;
      let confState = last.metadata!.confState;
      if (entry.type !== EntryType.EntryNormal) {
        const change = decodeConfChangeEntry(entry)!;
        update = asConfChangeV2(change).context;
        confState = node.applyConfChange(change);
      }
      history.push({
        data: Uint8Array.from([...last.data, ...update]),
        metadata: { confState, index: entry.index, term: entry.term },
      });
    }
  }

  // --- The network --------------------------------------------------------------------------------------------------------

  #deliver(directive: Directive): void {
    const type = soleValueOf(directive, "type", "");
    let count = 0;
    for (const { node } of this.#listed(directive)) count += this.#deliverTo(node.id, type, false);
    for (const id of valuesOf(directive, "drop") ?? []) count += this.#deliverTo(BigInt(id), type, true);
    if (count === 0) this.#output.write("no messages\n");
  }

  #waitingFor(id: bigint, type: string, drop: boolean): Message[] {
    return this.#inFlight.filter(
      (message) =>
        message.to === id && !(drop && isInternal(message)) && (type === "" || messageTypeName(message.type) === type),
    );
  }

  #deliverTo(id: bigint, type: string, drop: boolean): number {
    const messages = this.#waitingFor(id, type, drop);
    this.#inFlight = this.#inFlight.filter((message) => !messages.includes(message));
    for (const message of messages) {
      this.#output.write(`${drop ? "dropped: " : ""}${describeMessage(message)}\n`);
      if (drop) continue;
      const refused = this.#at(String(id)).node.step(message);
      if (refused !== undefined) this.#output.write(`${refused.message}\n`);
    }
    return messages.length;
  }

  #sendSnapshot(directive: Directive): void {
    const [from, to] = this.#listed(directive);
    const { node, history } = from!;
    const message: Message = {
      type: MessageType.MsgSnap,
      to: to!.node.id,
      from: node.id,
      term: node.term,
      logTerm: 0,
      index: 0,
      entries: [],
      commit: 0,
      vote: 0n,
      snapshot: history[history.length - 1]!,
      reject: false,
      rejectHint: 0,
      context: EMPTY,
      responses: [],
    };
    this.#inFlight.push(message);
    this.#output.write(describeMessage(message));
  }

  #stabilize(directive: Directive): void {
    const level = valuesOf(directive, "log-level")?.[0];
    const before = this.#output.level;
    if (level !== undefined) this.#setLevel(level);
    const listed = this.#listed(directive);
    const members = listed.length > 0 ? listed : this.#members;
    while (this.#stabilizeOnce(members)) {
      // Until a round finds nothing to do.
    }
    this.#output.level = before;
  }

  #stabilizeOnce(members: readonly Member[]): boolean {
    let worked = false;
    const round = (heading: string, has: (m: Member) => boolean, work: (m: Member) => void) => {
      for (const member of members) {
        if (!has(member)) continue;
        worked = true;
        this.#headed(member, heading, () => work(member));
      }
    };
    round(
      "handling Ready",
      (m) => m.node.hasReady(),
      (m) => this.#processReady(m),
    );
    round(
      "receiving messages",
      (m) => this.#waitingFor(m.node.id, "", false).length > 0,
      (m) => void this.#deliverTo(m.node.id, "", false),
    );
    round(
      "processing append thread",
      (m) => m.appendWork.length > 0,
      (m) => {
        while (m.appendWork.length > 0) this.#processAppendThread(m);
      },
    );
    round(
      "processing apply thread",
      (m) => m.applyWork.length > 0,
      (m) => {
        while (m.applyWork.length > 0) this.#processApplyThread(m);
      },
    );
    return worked;
  }
}

function tick({ node }: Member, count: number): void {
  for (let i = 0; i < count; i++) node.tick();
}

/** Between a node and itself or its threads: never lost. */
function isInternal({ from, to }: Message): boolean {
  return from === to || isLocalTarget(from) || isLocalTarget(to);
}

const transitions: Readonly<Record<string, ConfChangeTransition>> = {
  auto: ConfChangeTransition.ConfChangeTransitionAuto,
  implicit: ConfChangeTransition.ConfChangeTransitionJointImplicit,
  explicit: ConfChangeTransition.ConfChangeTransitionJointExplicit,
};

function confChangeOf(directive: Directive): ConfChange | ConfChangeV2 {
  const changes = parseChanges(directive.input);
  if (changes === undefined) throw new CommandError(`unknown input: ${directive.input}`);
  const name = soleValueOf(directive, "transition", "auto");
  const transition = transitions[name];
  if (transition === undefined) throw new CommandError(`unknown transition ${name}`);
  if (soleValueOf(directive, "v1", "false") !== "true") return { transition, changes, context: EMPTY };
  if (changes.length !== 1 || name !== "auto") {
    throw new CommandError("v1 conf change can only have one operation and no transition");
  }
  return { id: 0n, ...changes[0]!, context: EMPTY };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
