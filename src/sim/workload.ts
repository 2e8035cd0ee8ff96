import { below, type Random } from "../base/index.ts";
import type { Caller, Outcome } from "./caller.ts";
import type { KeyValue, LockRecord, Operation, RangeRequest, Request, Response } from "./check/index.ts";
import { lockRange } from "./lock-service.ts";
import type { Machine } from "./machine.ts";
import type { Options } from "./options.ts";
import { chance, exponential, type World } from "./world.ts";

/** What the clients of a run share. */
export interface Scene {
  readonly world: World;
  readonly options: Options;
  readonly caller: Caller;
  /** Machines whose member is one of the cluster. */
  machines(): readonly Machine[];
  stopping(): boolean;
  /** A value that no other write ever has. */
  value(): string;
  leaseId(): string;
  /** What the log holds, for drawing revisions that exist. */
  revision(): number;
  compacted(): number;
  granted(lease: string, ttlSeconds: number, callMs: number): void;
  renewed(lease: string, callMs: number, returnMs: number): void;
  revokeAsked(lease: string): void;
  locked(lock: LockRecord): void;
  /** Somebody who has listed a range at `revision` watches it from there on. */
  watchFrom(key: string, end: string, revision: number): void;
}

/** The ranges that anything reads or watches. */
export const ranges: readonly (readonly [string, string])[] = [
  ["k/", "k0"],
  ["\0", "\0"],
  ["/r/pods/", "/r/pods0"],
  ["k/1", ""],
  ["k/0", "k/3"],
  ["/r/pods/p1", ""],
  ["l/", "l0"],
];

export type ClientKind = "kv" | "kube" | "lease" | "lock";

/** One client: calls, thinks, calls. It stays with a member until that one fails it. */
export class Client {
  readonly name: string;
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #kind: ClientKind;
  #machine: Machine | undefined;
  /** Leases of this client, with the time until which it renews them. */
  readonly #leases = new Map<string, number>();

  constructor(name: string, kind: ClientKind, scene: Scene) {
    this.name = name;
    this.#kind = kind;
    this.#scene = scene;
    this.#random = scene.world.random;
  }

  async run(): Promise<void> {
    const { world, options } = this.#scene;
    while (!this.#scene.stopping()) {
      await world.wait(exponential(this.#random, options.thinkMs));
      if (this.#scene.stopping()) return;
      if (this.#kind === "kube") await this.#kube();
      else if (this.#kind === "lease") await this.#lease();
      else if (this.#kind === "lock") await this.#lock();
      else await this.#call(this.#drawRequest());
    }
  }

  async #call(request: Request): Promise<Outcome> {
    const machines = this.#scene.machines();
    if (this.#machine === undefined || !machines.includes(this.#machine) || chance(this.#random, 0.05)) {
      this.#machine = machines[below(this.#random, machines.length)];
    }
    if (this.#machine === undefined) return "unsent";
    const outcome = await this.#scene.caller.call(this.name, this.#machine, request);
    if (outcome === "unknown" || outcome === "unsent" || "refused" in outcome) this.#machine = undefined;
    return outcome;
  }

  async #ask(request: Request): Promise<Response | undefined> {
    const outcome = await this.#call(request);
    return typeof outcome === "object" && "response" in outcome ? outcome.response : undefined;
  }

  // ---- random keys and transactions ------------------------------------------------------------------------------------

  #key(): string {
    return `k/${below(this.#random, this.#scene.options.keys)}`;
  }

  #put(key = this.#key()): Operation {
    const prevKv = chance(this.#random, 0.2);
    return { kind: "put", key, value: this.#scene.value(), lease: "", ...(prevKv ? { prevKv } : {}) };
  }

  #range(): RangeRequest {
    const whole = chance(this.#random, 0.4);
    const [key, end] = whole ? ranges[below(this.#random, ranges.length)]! : [this.#key(), ""];
    return { kind: "range", key, end, revision: 0, limit: chance(this.#random, 0.2) ? 2 : 0 };
  }

  #drawRequest(): Request {
    const draw = below(this.#random, 100);
    if (draw < 30) return this.#put();
    if (draw < 40) {
      const key = this.#key();
      return chance(this.#random, 0.8)
        ? { kind: "delete", key, end: "", prevKv: chance(this.#random, 0.5) }
        : { kind: "delete", key: "k/1", end: "k/3", prevKv: true };
    }
    if (draw < 60) return this.#txn(1);
    if (draw < 72) return { ...this.#range(), serializable: true };
    if (draw < 80) {
      const newest = this.#scene.revision();
      const oldest = Math.max(1, this.#scene.compacted());
      return { ...this.#range(), revision: oldest + below(this.#random, Math.max(1, newest - oldest + 1)) };
    }
    if (draw < 84) return { ...this.#range(), countOnly: true };
    return this.#range();
  }

  /** No key is written twice, so that no member may refuse it. */
  #txn(depth: number, free = this.#freeKeys()): Request & { kind: "txn" } {
    const key = this.#key();
    const random = this.#random;
    const compare = ((): Operation & { kind: "txn" } => {
      const base = { key, end: "" };
      const result = (["=", "!=", ">", "<"] as const)[below(random, 4)]!;
      const operand = below(random, 4);
      const compares = [
        { ...base, target: "version" as const, result, operand },
        {
          ...base,
          target: "create" as const,
          result,
          operand: operand === 0 ? 0 : below(random, this.#scene.revision() + 1),
        },
        { ...base, target: "mod" as const, result, operand: below(random, this.#scene.revision() + 1) },
        { ...base, target: "value" as const, result, operand: String(operand) },
        { key: "k/", end: "k0", target: "version" as const, result: ">" as const, operand: 0 },
      ];
      return { kind: "txn", compares: [compares[below(random, compares.length)]!], success: [], failure: [] };
    })();
    const branch = (): Operation[] => {
      const operations: Operation[] = [];
      for (let n = 1 + below(random, 3); n > 0; n--) {
        const draw = below(random, 10);
        const mine = free.pop();
        if (draw < 5 && mine !== undefined) operations.push(this.#put(mine));
        else if (draw < 7 && mine !== undefined) operations.push({ kind: "delete", key: mine, end: "", prevKv: true });
        else if (draw < 8 && depth > 0) operations.push(this.#txn(depth - 1, free));
        else operations.push({ ...this.#range(), limit: 0 });
      }
      return operations;
    };
    return { ...compare, success: branch(), failure: chance(random, 0.5) ? branch() : [] };
  }

  #freeKeys(): string[] {
    const keys = Array.from({ length: Math.min(8, this.#scene.options.keys) }, (_, i) => `k/${i}`);
    for (let i = keys.length - 1; i > 0; i--) {
      const j = below(this.#random, i + 1);
      [keys[i], keys[j]] = [keys[j]!, keys[i]!];
    }
    return keys;
  }

  // ---- as Kubernetes does it -------------------------------------------------------------------------------------------

  async #kube(): Promise<void> {
    const key = `/r/pods/p${below(this.#random, this.#scene.options.keys)}`;
    const get: Operation = { kind: "range", key, end: "", revision: 0, limit: 0 };
    const put: Operation = { kind: "put", key, value: this.#scene.value(), lease: "" };
    const guarded = (mod: number, operation: Operation): Request => ({
      kind: "txn",
      compares: [{ key, end: "", target: "mod", result: "=", operand: mod }],
      success: [operation],
      failure: [get],
    });
    const draw = below(this.#random, 10);
    if (draw < 2) {
      await this.#list();
      return;
    }
    if (draw < 5) {
      await this.#call(guarded(0, put));
      return;
    }
    const found: KeyValue | undefined = (await this.#ask(get))?.kvs?.[0];
    if (found === undefined) return;
    await this.#call(guarded(found.mod, draw < 9 ? put : { kind: "delete", key, end: "" }));
  }

  /** Page after page at the revision of the first one. */
  async #list(): Promise<void> {
    let key = "/r/pods/";
    let revision = 0;
    for (let page = 0; page < 20; page++) {
      const answer = await this.#ask({ kind: "range", key, end: "/r/pods0", revision, limit: 5 });
      const last = answer?.kvs?.at(-1);
      if (answer === undefined) return;
      if (revision === 0) revision = answer.revision;
      if (answer.more !== true || last === undefined) {
        if (chance(this.#random, 0.2)) this.#scene.watchFrom("/r/pods/", "/r/pods0", revision);
        return;
      }
      key = `${last.key}\0`;
    }
  }

  // ---- leases ----------------------------------------------------------------------------------------------------------

  async #lease(): Promise<void> {
    const { world } = this.#scene;
    const random = this.#random;
    const draw = below(random, 10);
    const leases = [...this.#leases.keys()];
    if (leases.length < 2 || (draw < 2 && leases.length < 6)) {
      const lease = this.#scene.leaseId();
      const outcome = await this.#call({ kind: "grant", lease, ttlSeconds: 2 + below(random, 12) });
      if (typeof outcome === "object" && "response" in outcome) {
        this.#scene.granted(lease, outcome.response.ttlSeconds ?? 0, outcome.callMs);
        this.#leases.set(lease, world.nowMs + below(random, 40_000));
      }
      return;
    }
    const lease = leases[below(random, leases.length)]!;
    if (draw < 5) {
      const key = `l/${below(random, 6)}`;
      // Now and then a key leaves its lease.
      const under = chance(random, 0.15) ? "" : lease;
      const answer = await this.#call({ kind: "put", key, value: this.#scene.value(), lease: under });
      if (typeof answer === "object" && "refused" in answer) this.#leases.delete(lease);
      return;
    }
    if (draw === 9 && chance(random, 0.3)) {
      this.#leases.delete(lease);
      this.#scene.revokeAsked(lease);
      await this.#call({ kind: "revoke", lease });
      return;
    }
    if (world.nowMs > this.#leases.get(lease)!) {
      // Left to itself from now on.
      this.#leases.delete(lease);
      return;
    }
    const outcome = await this.#call({ kind: "renew", lease });
    if (typeof outcome !== "object") return;
    if ("response" in outcome) this.#scene.renewed(lease, outcome.callMs, outcome.returnMs);
    else this.#leases.delete(lease);
  }

  // ---- locks -----------------------------------------------------------------------------------------------------------

  /** Takes a lock under a lease of its own, writes while it believes to hold it, lets go. */
  async #lock(): Promise<void> {
    const { world, caller } = this.#scene;
    const random = this.#random;
    const lease = this.#scene.leaseId();
    const ttlSeconds = 2 + below(random, 8);
    const granted = await this.#call({ kind: "grant", lease, ttlSeconds });
    if (typeof granted !== "object" || !("response" in granted)) return;
    this.#scene.granted(lease, granted.response.ttlSeconds ?? 0, granted.callMs);
    let holding = true;
    // Now and then nobody keeps the lease alive: it may end while its owner waits for the lock.
    if (chance(random, 0.7)) void this.#keepAlive(lease, ttlSeconds, () => holding);
    const name = `lock/${below(random, 2)}`;
    const machines = this.#scene.machines();
    const locked = await caller.lock(this.name, machines[below(random, machines.length)]!, name, lease);
    if (locked !== undefined) {
      this.#scene.locked({ client: this.name, ...lockRange(name), ...locked });
      for (let n = below(random, 3); n > 0; n--) {
        await this.#call({
          kind: "txn",
          compares: [{ key: locked.key, end: "", target: "create", result: ">", operand: 0 }],
          success: [{ kind: "put", key: `k/locked/${name}`, value: this.#scene.value(), lease: "" }],
          failure: [],
        });
        await world.wait(exponential(random, 300));
      }
    }
    holding = false;
    if (chance(random, 0.8)) {
      this.#scene.revokeAsked(lease);
      await this.#call({ kind: "revoke", lease });
    }
  }

  async #keepAlive(lease: string, ttlSeconds: number, wanted: () => boolean): Promise<void> {
    for (;;) {
      await this.#scene.world.wait((ttlSeconds * 1000) / 3);
      const machines = this.#scene.machines();
      if (!wanted() || this.#scene.stopping()) return;
      const machine = machines[below(this.#random, machines.length)]!;
      const outcome = await this.#scene.caller.call(this.name, machine, { kind: "renew", lease });
      if (typeof outcome !== "object") continue;
      if ("refused" in outcome) return;
      this.#scene.renewed(lease, outcome.callMs, outcome.returnMs);
    }
  }
}
