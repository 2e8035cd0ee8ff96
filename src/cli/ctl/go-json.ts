import { type MessageCodec, rpc } from "../../wire/proto/index.ts";
import { textOf } from "../command/text.ts";

/** A number, text or structure that is written as it stands. */
export type Json = string;

/** A string as Go's encoding/json writes it: `<`, `>`, `&` and the line separators escaped, broken UTF-8 replaced. */
export function jsonString(text: string | Uint8Array): Json {
  const plain = typeof text === "string" ? text : Buffer.from(text).toString("utf8");
  return JSON.stringify(plain.replace(/[\udc80-\udcff]/g, "\ufffd")).replace(
    /[<>&\u2028\u2029\u007f]|\\[bf]/g,
    (c) => escapes[c] ?? c,
  );
}

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** An object from its members; those without a value are left out. */
export function jsonObject(members: readonly (readonly [name: string, value: Json | undefined])[]): Json {
  const shown = members.filter(([, value]) => value !== undefined);
  return `{${shown.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

export function jsonArray(items: readonly Json[]): Json {
  return `[${items.join(",")}]`;
}

/**
 * A message as Go's encoding/json prints the generated struct: proto names, 64-bit numbers as numbers, bytes in base64,
 * enumerations as numbers, zero values left out.
 */
export function jsonMessage(codec: MessageCodec<unknown>, message: unknown): Json {
  const values = message as Record<string, unknown>;
  return jsonObject(
    codec.fields
      .filter((field) => field.oneof === undefined)
      .map((field) => {
        const value = values[field.property];
        const one = (item: unknown): Json => {
          switch (field.kind) {
            case "message": {
              const inner = field.message!();
              return jsonMessage(inner, field.embed ? inner.decode(item as Uint8Array) : item);
            }
            case "bytes":
              return `"${Buffer.from(item as Uint8Array).toString("base64")}"`;
            case "string":
              return jsonString(textOf(Buffer.from(item as string)));
            default:
              return String(item);
          }
        };
        if (field.repeated) {
          const items = value as readonly unknown[];
          return [field.name, items.length === 0 ? undefined : jsonArray(items.map(one))];
        }
        return [field.name, isZero(value) ? undefined : one(value)];
      }),
  );
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array || typeof value === "string") return value.length === 0;
  return value === undefined || value === 0 || value === 0n || value === false;
}

/** The members of a response header, as they stand in etcd's answers about leases. */
export function headerMembers(header: rpc.ResponseHeader | undefined): (readonly [string, Json | undefined])[] {
  if (header === undefined) return [];
  const some = (value: bigint | number) => (value === 0 || value === 0n ? undefined : String(value));
  return [
    ["cluster_id", some(header.clusterId)],
    ["member_id", some(header.memberId)],
    ["revision", some(header.revision)],
    ["raft_term", some(header.raftTerm)],
  ];
}

export function jsonHeader(header: rpc.ResponseHeader | undefined): Json {
  return header === undefined ? "null" : jsonMessage(rpc.ResponseHeader, header);
}
