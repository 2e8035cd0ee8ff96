import type { FieldDescriptor, MessageCodec } from "./descriptor.ts";

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Builds a message from a literal: proto names, 64-bit integers as decimal strings, bytes as hex, enums as numbers. */
export function createFrom(codec: MessageCodec<unknown>, literal: Record<string, unknown>): Record<string, unknown> {
  const message = codec.create() as Record<string, unknown>;
  for (const field of codec.fields) {
    const raw = literal[field.name];
    if (raw === undefined) continue;
    const value = field.repeated ? (raw as unknown[]).map((item) => one(field, item)) : one(field, raw);
    if (field.oneof === undefined) message[field.property] = value;
    else message[field.oneof] = { case: field.property, value };
  }
  return message;
}

function one(field: FieldDescriptor, raw: unknown): unknown {
  switch (field.kind) {
    case "int64":
    case "uint64":
      return field.id ? BigInt(raw as string) : Number(raw);
    case "uint32":
      return Number(raw);
    case "bytes":
      return new Uint8Array(Buffer.from(raw as string, "hex"));
    case "message": {
      const codec = field.message!();
      const message = createFrom(codec, raw as Record<string, unknown>);
      return field.embed ? new Uint8Array(codec.encode(message)) : message;
    }
    default:
      return raw;
  }
}
