import type { FieldDescriptor, MessageCodec } from "../../../wire/proto/index.ts";

/**
 * Writes a message as JSON as etcd's gateway does (protojson): proto names, zero fields left out, 64-bit integers as strings, bytes in standard
 * base64, enums by name or, where the number has none, as the number. Fields in order of declaration, no white space. (Go's library puts
 * spaces behind commas or not depending on the build, so nobody may rely on either.)
 */
export function encodeJson<M>(codec: MessageCodec<M>, message: M): string {
  return encodeMessage(codec as MessageCodec<unknown>, message as Record<string, unknown>);
}

function encodeMessage(codec: MessageCodec<unknown>, message: Record<string, unknown>): string {
  let out = "{";
  for (const field of codec.fields) {
    const text = encodeField(field, message);
    if (text === undefined) continue;
    out += `${out.length > 1 ? "," : ""}"${field.name}":${text}`;
  }
  return `${out}}`;
}

function encodeField(field: FieldDescriptor, message: Record<string, unknown>): string | undefined {
  if (field.oneof !== undefined) {
    const arm = message[field.oneof] as { case: string | undefined; value: unknown };
    return arm.case === field.property ? encodeValue(field, arm.value) : undefined;
  }
  const value = message[field.property];
  if (field.repeated) {
    const list = value as unknown[];
    return list.length === 0 ? undefined : `[${list.map((item) => encodeValue(field, item)).join(",")}]`;
  }
  return isZero(field, value) ? undefined : encodeValue(field, value);
}

function isZero(field: FieldDescriptor, value: unknown): boolean {
  if (value === undefined) return true;
  if (field.optional) return false;
  if (field.kind === "message") return false;
  if (field.kind === "bytes") return (value as Uint8Array).length === 0;
  return value === 0 || value === 0n || value === "" || value === false;
}

function encodeValue(field: FieldDescriptor, value: unknown): string {
  switch (field.kind) {
    case "string":
      return JSON.stringify(value);
    case "bool":
    case "uint32":
      return String(value);
    case "int64":
    case "uint64":
      return `"${decimal(field, value as number | bigint)}"`;
    case "bytes": {
      const bytes = value as Uint8Array;
      return `"${Buffer.prototype.base64Slice.call(bytes, 0, bytes.length)}"`;
    }
    case "enum":
      return enumName(field, value as number);
    case "message": {
      const codec = field.message!();
      const message = field.embed ? codec.decode(value as Uint8Array) : value;
      return encodeMessage(codec, message as Record<string, unknown>);
    }
  }
}

/** A counter that saturated is printed as the end of its type, not as the double next to it. */
function decimal(field: FieldDescriptor, value: number | bigint): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  const exact = BigInt(value);
  const max = field.kind === "uint64" ? 2n ** 64n - 1n : 2n ** 63n - 1n;
  return String(exact > max ? max : exact);
}

function enumName(field: FieldDescriptor, value: number): string {
  for (const [name, number] of Object.entries(field.enumeration!.values)) if (number === value) return `"${name}"`;
  return String(value);
}
