import { type CancelSignal, Code } from "../base/index.ts";
import { ClientError } from "./errors.ts";
import { type Bytes, type KeyValue, toBytes } from "./keys.ts";
import type { Keyspace } from "./keyspace.ts";
import type { Lease } from "./lease.ts";
import { compare, op } from "./txn.ts";

/*
 * Locks and elections are the same contest: each contender puts a key `<name>/<lease in hex>` that dies with its lease;
 * who created first wins, the others wait for the contender just before them. The scheme is that of etcd's client, so
 * contenders of both kinds may meet.
 */

/** A place in the queue for a name. */
export interface Place {
  readonly key: Uint8Array;
  /** Revision at which the place was taken. */
  readonly revision: number;
}

export function contestPrefix(name: Bytes): Uint8Array {
  return Buffer.concat([toBytes(name), Buffer.from("/")]);
}

/** Enters the contest, or finds the place that this lease already has. */
export async function enter(
  client: Keyspace,
  prefix: Uint8Array,
  lease: Lease,
  value: Bytes,
  signal: CancelSignal | undefined,
): Promise<Place> {
  const key = Buffer.concat([prefix, Buffer.from(BigInt.asUintN(64, lease.id).toString(16))]);
  const entered = await client
    .txn()
    .if(compare.missing(key))
    .do(op.put(key, value, { lease }))
    .else(op.range(key))
    .commit({ signal });
  if (entered.succeeded) return { key, revision: entered.revision };
  const found = entered.results[0];
  if (found?.kind !== "range" || found.kvs[0] === undefined) throw expired();
  return { key, revision: found.kvs[0].createRevision };
}

/** Waits until everybody who came before has left. When `signal` ends it, its reason tells why. */
export async function waitTurn(
  client: Keyspace,
  prefix: Uint8Array,
  place: Place,
  signal: CancelSignal,
): Promise<void> {
  try {
    await waitForOthers(client, prefix, place, signal);
  } catch (error) {
    throw signal.aborted ? ClientError.from(signal.reason) : error;
  }
}

async function waitForOthers(client: Keyspace, prefix: Uint8Array, place: Place, signal: CancelSignal): Promise<void> {
  for (;;) {
    const before = await client.range(
      { prefix },
      { maxCreateRevision: place.revision - 1, sortBy: "create", order: "descending", limit: 1, signal },
    );
    const last = before.kvs[0];
    if (last === undefined) break;
    await deletion(client, last, before.revision + 1, signal);
    if (signal.aborted) throw ClientError.from(signal.reason);
  }
  const own = await client.get(place.key, { signal });
  if (own === undefined || own.createRevision !== place.revision) throw expired();
}

async function deletion(client: Keyspace, kv: KeyValue, startRevision: number, signal: CancelSignal): Promise<void> {
  for await (const event of client.watch(kv.key, { startRevision, only: "delete", signal })) {
    if (event.type === "delete") return;
  }
}

export function expired(): ClientError {
  return new ClientError(Code.Unknown, "mutex: session is expired");
}

/** A signal that is aborted with the first of several. */
export function firstOf(...signals: readonly (CancelSignal | undefined)[]): CancelSignal {
  const present = signals.filter((signal) => signal !== undefined);
  return AbortSignal.any(present);
}
