import { EtcdError } from "../base/index.ts";
import type { ServerMember } from "../server/index.ts";
import { rpc } from "../wire/proto/index.ts";
import type { CallRecord, Request, Response } from "./check/index.ts";
import {
  deleteMessage,
  deleteResponse,
  leaseId,
  putMessage,
  putResponse,
  rangeMessage,
  rangeResponse,
  txnMessage,
  txnResponse,
} from "./convert.ts";
import { type Locked, LockService } from "./lock-service.ts";
import type { Machine, Process } from "./machine.ts";
import { exponential, type World } from "./world.ts";

/** What became of a call, as the caller knows it. */
export type Outcome =
  | { readonly response: Response; readonly callMs: number; readonly returnMs: number }
  | { readonly refused: string }
  /** No answer; it may have happened. */
  | "unknown"
  /** It never reached a member. */
  | "unsent";

/** Refusals that come before, or instead of, any effect. NoSpace is none: the write may have happened all the same. */
const definite = new Set([
  "Compacted",
  "FutureRevision",
  "LeaseNotFound",
  "LeaseExists",
  "KeyNotFound",
  "DuplicateKey",
  "NotSupportedForLearner",
  "NoLeader",
  "NotLeader",
]);

function isCoded(error: unknown): boolean {
  return error instanceof EtcdError || (error instanceof Error && error.name === "GrpcError");
}

/** As etcdctl's: beyond it the caller gives up. */
const patienceMs = 20_000;

/** Makes the calls of all clients, and the record of them. */
export class Caller {
  readonly calls: CallRecord[] = [];
  /** Calls that wait for their end. */
  open = 0;
  readonly #world: World;
  readonly #latencyMs: number;
  readonly #trace: (who: string, what: string) => void;
  readonly #unexpected: (error: unknown) => void;
  readonly #inFlight = new Map<Process, Set<() => void>>();
  /** Calls that reached a member and are not answered. */
  readonly #takenUp = new Set<{ readonly machine: Machine; readonly request: Request; readonly callMs: number }>();
  /** Greatest revision that the log says is compacted. */
  readonly #compacted: () => number;
  readonly #broken: (message: string) => void;
  #nextId = 1;

  constructor(
    world: World,
    latencyMs: number,
    trace: (who: string, what: string) => void,
    unexpected: (error: unknown) => void,
    compacted: () => number,
    broken: (message: string) => void,
  ) {
    this.#compacted = compacted;
    this.#broken = broken;
    this.#world = world;
    this.#latencyMs = latencyMs;
    this.#trace = trace;
    this.#unexpected = unexpected;
  }

  /**
   * Describes a call that has waited for more than `limitMs` at a member that knew its leader all the time; undefined if there is none.
   * `ledSinceMs`: since when a member knows its current leader; undefined while it knows none. Calls made before `fromMs` under a leader
   * that has not changed since may have lost a message and wait for their timeout; they are passed over.
   */
  waitsTooLong(
    limitMs: number,
    fromMs: number,
    ledSinceMs: (machine: Machine) => number | undefined,
  ): string | undefined {
    for (const { machine, request, callMs } of this.#takenUp) {
      const ledMs = ledSinceMs(machine);
      if (ledMs === undefined || Math.max(callMs, ledMs) <= fromMs) continue;
      const waitsMs = this.#world.nowMs - Math.max(callMs, ledMs);
      if (waitsMs > limitMs) return `${describe(request)} at ${machine.name} waits for ${waitsMs} ms under its leader`;
    }
    return undefined;
  }

  /** The process ended: whatever was on its way to it or from it is lost. */
  ended(process: Process): void {
    const lost = this.#inFlight.get(process);
    this.#inFlight.delete(process);
    for (const lose of lost ?? []) lose();
  }

  /** Calls `machine`. Only calls that reached a member are recorded. */
  async call(client: string, machine: Machine, request: Request): Promise<Outcome> {
    const world = this.#world;
    const callMs = world.nowMs;
    this.open++;
    try {
      await world.wait(exponential(world.random, this.#latencyMs));
      const process = machine.process;
      if (process?.member === undefined) return "unsent";
      const takenUp = { machine, request, callMs: world.nowMs };
      this.#takenUp.add(takenUp);
      const outcome = await this.#ask(process, process.member, request);
      this.#takenUp.delete(takenUp);
      const id = this.#nextId++;
      const returnMs = world.nowMs;
      const record: CallRecord = { type: "call", id, client, request, callMs };
      if (outcome === "unknown") this.calls.push(record);
      else if ("refused" in outcome) this.calls.push({ ...record, returnMs, refused: outcome.refused });
      else this.calls.push({ ...record, returnMs, response: outcome.response });
      if (outcome !== "unknown" && "refused" in outcome && outcome.refused === "Compacted")
        this.#refusedAsCompacted(request);
      this.#trace(client, `${machine.name} ${describe(request)} ${describeOutcome(outcome)}`);
      return outcome === "unknown" || "refused" in outcome ? outcome : { ...outcome, callMs, returnMs };
    } finally {
      this.open--;
    }
  }

  /**
   * Takes down what a service of the process does on behalf of a caller, as a call like any other; gives `work` back. Such calls
   * do not travel: they end with their process.
   */
  record<M>(
    process: Process,
    client: string,
    request: Request,
    work: Promise<M>,
    response: (message: M) => Response,
  ): Promise<M> {
    const id = this.#nextId++;
    const callMs = this.#world.nowMs;
    const lost = this.#lostWith(process);
    const end = (outcome: Partial<CallRecord>): void => {
      if (!lost.delete(lose)) return;
      this.calls.push({ type: "call", id, client, request, callMs, ...outcome });
    };
    const lose = (): void => end({});
    lost.add(lose);
    work.then(
      (message) => end({ returnMs: this.#world.nowMs, response: response(message) }),
      (error: unknown) => {
        const key = error instanceof EtcdError ? (error.key ?? "") : "";
        end(definite.has(key) ? { returnMs: this.#world.nowMs, refused: key } : {});
      },
    );
    return work;
  }

  /** Asks the lock service of `machine`, and waits as long as any call; undefined when the lock was not had. */
  async lock(client: string, machine: Machine, name: string, lease: string): Promise<Locked | undefined> {
    const world = this.#world;
    this.open++;
    try {
      await world.wait(exponential(world.random, this.#latencyMs));
      const process = machine.process;
      if (process?.member === undefined) return undefined;
      const locked = await new Promise<Locked | undefined>((resolve) => {
        const lost = this.#lostWith(process);
        let cancel = (): void => {};
        const lose = (): void => {
          timer.cancel();
          resolve(undefined);
        };
        lost.add(lose);
        const timer = world.after(patienceMs, () => {
          lost.delete(lose);
          world.after(0, () => cancel(), process);
          resolve(undefined);
        });
        const finish = (answer: Locked | undefined): void => {
          if (!process.alive || !lost.delete(lose)) return;
          world.after(exponential(world.random, this.#latencyMs), () => {
            timer.cancel();
            resolve(answer);
          });
        };
        world.after(
          0,
          () => {
            // A process that is told to end takes no more calls.
            if (process.member === undefined) return finish(undefined);
            const asked = new LockService(process, process.member, this, client).lock(name, lease);
            cancel = asked.cancel;
            asked.locked.then(finish, (error: unknown) => {
              if (process.alive && !isCoded(error)) this.#unexpected(error);
              finish(undefined);
            });
          },
          process,
        );
      });
      this.#trace(
        client,
        `${machine.name} lock ${name} ${locked === undefined ? "not had" : `revision ${locked.revision}`}`,
      );
      return locked;
    } finally {
      this.open--;
    }
  }

  #lostWith(process: Process): Set<() => void> {
    let lost = this.#inFlight.get(process);
    if (lost === undefined) {
      lost = new Set();
      this.#inFlight.set(process, lost);
    }
    return lost;
  }

  #refusedAsCompacted(request: Request): void {
    if (request.kind !== "range" || request.revision >= this.#compacted()) {
      if (request.kind !== "compact")
        this.#broken(`${describe(request)} refused as compacted, the log says ${this.#compacted()}`);
    }
  }

  #ask(
    process: Process,
    member: ServerMember,
    request: Request,
  ): Promise<{ response: Response } | { refused: string } | "unknown"> {
    const world = this.#world;
    return new Promise((resolve) => {
      const lost = this.#lostWith(process);
      const lose = (): void => {
        timer.cancel();
        resolve("unknown");
      };
      lost.add(lose);
      const timer = world.after(patienceMs, () => {
        lost.delete(lose);
        resolve("unknown");
      });
      const finish = (outcome: { response: Response } | { refused: string } | "unknown"): void => {
        if (!process.alive) return;
        lost.delete(lose);
        world.after(exponential(world.random, this.#latencyMs), () => {
          timer.cancel();
          resolve(outcome);
        });
      };
      // As a request that arrives: in an event of the process, so that a paused one does not hear it.
      world.after(
        0,
        () => {
          execute(member, request).then(
            (response) => finish({ response }),
            (error: unknown) => {
              if (!process.alive) return;
              if (!(error instanceof EtcdError)) this.#unexpected(error);
              else finish(definite.has(error.key ?? "") ? { refused: error.key! } : "unknown");
            },
          );
        },
        process,
      );
    });
  }
}

async function execute(member: ServerMember, request: Request): Promise<Response> {
  switch (request.kind) {
    case "range": {
      if (request.serializable !== true) await member.linearizable();
      return rangeResponse(member.range(rangeMessage(request)));
    }
    case "put":
      return putResponse(await member.put(putMessage(request)), request);
    case "delete":
      return deleteResponse(await member.deleteRange(deleteMessage(request)), request);
    case "txn": {
      const message = txnMessage(request);
      if ([...request.success, ...request.failure].every((operation) => operation.kind === "range")) {
        await member.linearizable();
        return txnResponse(member.readTxn(message), request);
      }
      return txnResponse(await member.txn(message), request);
    }
    case "compact": {
      const response = await member.compact({ revision: request.revision, physical: false });
      return { revision: response.header?.revision ?? 0 };
    }
    case "grant": {
      const response = await member.leaseGrant({ ID: leaseId(request.lease), TTL: request.ttlSeconds });
      return { revision: response.header?.revision ?? 0, ttlSeconds: response.TTL };
    }
    case "revoke": {
      const response = await member.leaseRevoke(rpc.createLeaseRevokeRequest({ ID: leaseId(request.lease) }));
      return { revision: response.header?.revision ?? 0 };
    }
    case "renew":
      return { revision: 0, ttlSeconds: await member.leaseRenew(leaseId(request.lease) as never) };
    case "expire":
      throw new Error("nobody asks for that");
  }
}

function describe(request: Request): string {
  switch (request.kind) {
    case "range":
      return `range ${request.key}..${request.end}${request.revision > 0 ? ` at ${request.revision}` : ""}${request.serializable ? " serializable" : ""}`;
    case "put":
      return `put ${request.key}`;
    case "delete":
      return `delete ${request.key}..${request.end}`;
    case "txn":
      return `txn ${request.success.map(({ kind }) => kind).join("+")}`;
    case "compact":
      return `compact ${request.revision}`;
    default:
      return `${request.kind} ${request.lease}`;
  }
}

function describeOutcome(outcome: { response: Response } | { refused: string } | "unknown"): string {
  if (outcome === "unknown") return outcome;
  if ("refused" in outcome) return `refused ${outcome.refused}`;
  const { revision, count, deleted, succeeded } = outcome.response;
  const facts = [count !== undefined ? ` count ${count}` : "", deleted !== undefined ? ` deleted ${deleted}` : ""];
  return `revision ${revision}${facts.join("")}${succeeded !== undefined ? ` ${succeeded}` : ""}`;
}
