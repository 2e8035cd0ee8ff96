import { Client, compare, op } from "../../src/client/index.ts";
import { rpc } from "../../src/wire/proto/index.ts";
import type { Cluster } from "./cluster.ts";
import { pause } from "./recorder.ts";

/** One call of one member, on `performance.now()`'s clock. */
export interface Wait {
  readonly at: number;
  readonly kind: string;
  readonly beganMs: number;
  readonly endedMs: number;
  /** What it failed with; undefined when it was answered. */
  readonly error: string | undefined;
}

const prefix = "w/";
const kinds = ["put", "create", "read", "grant", "compact"] as const;

/** Callers that stay with their member whatever becomes of it, and how long each call took. Each key is written once. */
export class Waiting {
  readonly #waits: Wait[] = [];
  readonly #written = new Set<string>();
  readonly #clients: Client[];
  readonly #loops: Promise<void>[];
  #over = false;
  #next = 0;

  constructor(cluster: Cluster, callersEach: number) {
    this.#clients = cluster.urls.map((url) => new Client({ endpoints: url, requestTimeoutMs: 15_000 }));
    this.#loops = cluster.urls.flatMap((_, at) => Array.from({ length: callersEach }, () => this.#loop(at)));
  }

  /** Calls that were answered. */
  get done(): number {
    return this.#waits.filter(({ error }) => error === undefined).length;
  }

  /** The call that took longest of those under way between these two moments, at any member but `without`. */
  longest(fromMs: number, toMs: number, without: number): Wait {
    const meant = this.#waits.filter(
      ({ at, beganMs, endedMs }) => at !== without && endedMs >= fromMs && beganMs <= toMs,
    );
    return meant.reduce((longest, wait) => (took(wait) > took(longest) ? wait : longest));
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  /** No key was written twice, and none that was acknowledged is missing. */
  async check(): Promise<void> {
    const { kvs } = await this.#clients[0]!.range({ prefix });
    for (const client of this.#clients) client.close();
    const twice = kvs.filter(({ version }) => version !== 1);
    if (twice.length > 0) throw new Error(`written twice: ${twice.map(({ keyText }) => keyText).join(" ")}`);
    const found = new Set(kvs.map(({ keyText }) => keyText));
    const lost = [...this.#written].filter((key) => !found.has(key));
    if (lost.length > 0) throw new Error(`acknowledged and lost: ${lost.join(" ")}`);
  }

  /** How many calls failed, and with what. */
  summary(): string {
    const count = new Map<string, number>();
    for (const { error } of this.#waits) if (error !== undefined) count.set(error, (count.get(error) ?? 0) + 1);
    return [...count].map(([error, times]) => `${times} x ${error}`).join(", ") || "none failed";
  }

  async #loop(at: number): Promise<void> {
    await pause(Math.random() * 50);
    while (!this.#over) {
      const id = this.#next++;
      const kind = kinds[id % 8] ?? "put";
      const beganMs = performance.now();
      let error: string | undefined;
      try {
        await this.#call(this.#clients[at]!, kind, `${prefix}${id}`);
      } catch (thrown) {
        error = thrown instanceof Error ? thrown.message : String(thrown);
        // Not in a tight loop where nobody listens.
        await pause(100);
      }
      this.#waits.push({ at, kind, beganMs, endedMs: performance.now(), error });
      await pause(30);
    }
  }

  async #call(client: Client, kind: (typeof kinds)[number], key: string): Promise<void> {
    switch (kind) {
      case "put":
        await client.put(key, "v");
        this.#written.add(key);
        return;
      case "create": {
        const { succeeded } = await client.txn().if(compare.missing(key)).do(op.put(key, "v")).commit();
        if (!succeeded) throw new Error(`${key} was there before it was written`);
        this.#written.add(key);
        return;
      }
      case "read":
        await client.range(key);
        return;
      case "grant":
        await client.call("/etcdserverpb.Lease/LeaseGrant", rpc.encodeLeaseGrantRequest({ ID: 0n, TTL: 600 }));
        return;
      default:
        // To where it is compacted already: refused, when it comes back from the log.
        await client.compact(1).catch((error: unknown) => {
          if (!String(error).includes("compacted")) throw error;
        });
    }
  }
}

function took({ beganMs, endedMs }: Wait): number {
  return endedMs - beganMs;
}
