import type { MessageCodec } from "./descriptor.ts";
import * as auth from "./gen/auth.ts";
import * as election from "./gen/election.ts";
import * as etcdserver from "./gen/etcdserver.ts";
import * as health from "./gen/health.ts";
import * as internal from "./gen/internal.ts";
import * as kv from "./gen/kv.ts";
import * as lease from "./gen/lease.ts";
import * as lock from "./gen/lock.ts";
import * as membership from "./gen/membership.ts";
import * as raftpb from "./gen/raftpb.ts";
import * as rpc from "./gen/rpc.ts";
import * as snappb from "./gen/snappb.ts";
import * as walpb from "./gen/walpb.ts";

const files = [auth, election, etcdserver, health, internal, kv, lease, lock, membership, raftpb, rpc, snappb, walpb];

/** Every message of every file, by full name: for tests, and for tools that take any message. */
export const codecs: ReadonlyMap<string, MessageCodec<unknown>> = new Map(
  files
    .flatMap((file) => Object.values(file as Record<string, unknown>))
    .filter(
      (value): value is MessageCodec<unknown> => value instanceof Object && "decode" in value && "fields" in value,
    )
    .map((codec) => [codec.typeName, codec]),
);
