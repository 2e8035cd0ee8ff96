import type { FieldDescriptor, MessageCodec } from "../../wire/proto/index.ts";

/**
 * A message in protobuf's text form on one line, for a log: `key:"a" range_end:"b" limit:10`. What is stored under a key
 * is nobody's business there, so that a `value` shows as its size. Cut after `charsMax`.
 */
export function messageText(codec: MessageCodec<unknown>, message: unknown, charsMax: number): string {
  const text = fieldsText(codec, message as Record<string, unknown>, charsMax);
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}...`;
}

function fieldsText(codec: MessageCodec<unknown>, message: Record<string, unknown>, charsMax: number): string {
  const parts: string[] = [];
  let chars = 0;
  for (const field of codec.fields) {
    const found = held(field, message);
    for (const value of field.repeated ? (found as readonly unknown[]) : found === undefined ? [] : [found]) {
      const part = fieldText(field, value, charsMax);
      if (part === "") continue;
      parts.push(part);
      chars += part.length + 1;
      if (chars > charsMax) return parts.join(" ");
    }
  }
  return parts.join(" ");
}

function held(field: FieldDescriptor, message: Record<string, unknown>): unknown {
  if (field.oneof === undefined) return message[field.property];
  const union = message[field.oneof] as { case: string | undefined; value?: unknown } | undefined;
  return union?.case === field.property ? union.value : undefined;
}

function fieldText(field: FieldDescriptor, value: unknown, charsMax: number): string {
  const { name, repeated, oneof } = field;
  switch (field.kind) {
    case "message": {
      const codec = field.message!();
      const inner = field.embed ? codec.decode(value as Uint8Array) : value;
      return `${name}:{${fieldsText(codec, inner as Record<string, unknown>, charsMax)}}`;
    }
    case "bytes": {
      const bytes = value as Uint8Array;
      if (name === "value") return bytes.length === 0 ? "" : `value_size:${bytes.length}`;
      return bytes.length === 0 && !repeated ? "" : `${name}:${quoted(bytes)}`;
    }
    case "string":
      return value === "" && !repeated ? "" : `${name}:${JSON.stringify(value)}`;
    case "enum": {
      if (value === 0 && oneof === undefined) return "";
      const known = Object.entries(field.enumeration?.values ?? {}).find(([, number]) => number === value);
      return `${name}:${known?.[0] ?? value}`;
    }
    case "bool":
      return value === true ? `${name}:true` : "";
    default:
      return (value === 0 || value === 0n) && oneof === undefined ? "" : `${name}:${value}`;
  }
}

/** Bytes between quotes, as protobuf's text form escapes them. */
function quoted(bytes: Uint8Array): string {
  let text = '"';
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `${text}"`;
}
