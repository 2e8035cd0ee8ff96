import { internal, sizeBytes, sizeDelimited, sizeId, sizeUint32, Writer } from "../wire/proto/index.ts";
import type { Principal } from "./types.ts";

type Requests = Omit<internal.InternalRaftRequest, "header" | "ID">;

/** Names of the requests that travel through the log: the fields of `InternalRaftRequest`. */
export type CommandKind = keyof Requests;

/** One request on its way through the log. */
export type Command = {
  [K in CommandKind]: {
    readonly kind: K;
    readonly value: NonNullable<Requests[K]>;
    /** The message that `value` was decoded from, where it is at hand: the log then takes it as it is. */
    readonly encoded?: Uint8Array;
  };
}[CommandKind];

/** A command with what its header says. */
export interface Envelope {
  /** Request id by which the proposer finds its waiter. */
  readonly id: bigint;
  readonly command: Command;
  readonly username: string;
  readonly authRevision: number;
}

const commandFields = internal.InternalRaftRequest.fields.filter(
  ({ property }) => property !== "header" && property !== "ID",
);
const kinds = commandFields.map(({ property }) => property as CommandKind);
const tags = new Map(commandFields.map(({ property, number }) => [property as CommandKind, (number << 3) | 2]));

const headerTag = (100 << 3) | 2;
const idTag = 1 << 3;

/**
 * The log's bytes of a command, as etcd 3.7 writes them: the id in the header (field 100), field 1 unset. What a client sent
 * goes in as it came, without building the wide `InternalRaftRequest` object; so do fields of it that nobody here knows, as in etcd.
 */
export function encodeCommand(id: bigint, command: Command, by: Principal | undefined): Uint8Array {
  if (command.encoded !== undefined && by === undefined) return encodeAround(id, command.kind, command.encoded);
  const request = internal.createInternalRaftRequest({
    header: internal.createRequestHeader({
      ID: id,
      username: by?.username ?? "",
      authRevision: by?.authRevision ?? 0,
    }),
    [command.kind]: command.value,
  });
  return internal.encodeInternalRaftRequest(request);
}

function encodeAround(id: bigint, kind: CommandKind, value: Uint8Array): Uint8Array {
  const tag = tags.get(kind)!;
  const headerSize = 1 + sizeId(id);
  const w = Writer.of(sizeUint32(tag) + sizeBytes(value) + sizeUint32(headerTag) + sizeDelimited(headerSize));
  w.uint32(tag);
  w.bytes(value);
  w.uint32(headerTag);
  w.uint32(headerSize);
  w.byte(idTag);
  w.id(id);
  return w.finish();
}

/** Undefined when the bytes hold no request that this version knows. Throws DecodeError on bytes that are no message. */
export function decodeCommand(data: Uint8Array): Envelope | undefined {
  const request = internal.decodeInternalRaftRequest(data);
  for (const kind of kinds) {
    const value = request[kind];
    if (value === undefined) continue;
    return {
      id: request.ID !== 0n ? request.ID : (request.header?.ID ?? 0n),
      command: { kind, value } as Command,
      username: request.header?.username ?? "",
      authRevision: request.header?.authRevision ?? 0,
    };
  }
  return undefined;
}
