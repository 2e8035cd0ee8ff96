import { Code, EMPTY, EtcdError } from "../../../base/index.ts";
import { DEPTH_MAX, type FieldDescriptor, type MessageCodec } from "../../../wire/proto/index.ts";
import { type Extent, endOfValue, firstValue, JsonSyntaxError, quoteBytes, skipSpace } from "./scanner.ts";

/**
 * Reads a message from JSON as etcd's gateway does (protojson with unknown fields discarded): proto names and their camelCase twins, 64-bit
 * integers as strings or numbers, bytes in either base64 alphabet with or without padding, enums by name or number, null as "not there".
 * What follows the first value is ignored; white space alone is the empty message.
 *
 * Throws `EtcdError` InvalidArgument with the text that etcd answers. (Go picks between a space and a no-break space after "proto:" for each build;
 * here it is always a space.)
 */
export function decodeJson<M>(codec: MessageCodec<M>, body: string | Uint8Array): M {
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  const text = Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length);
  let value: Extent | undefined;
  try {
    value = firstValue(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw EtcdError.raw(Code.InvalidArgument, error.message);
    throw error;
  }
  if (value === undefined) return codec.create();
  return new Parser(text.slice(value.start, value.end)).message(codec as MessageCodec<unknown>) as M;
}

/**
 * Messages kept within each other; what lies deeper is checked like everything else, but left out. Only a transaction can nest so deep, and
 * it is refused for that by the method that gets the message: what is kept is deeper than any that is let through.
 */
const KEPT_DEPTH = DEPTH_MAX + 2;

/** Fields by each name they may have in JSON, made once per message type. */
const fieldsByName = new WeakMap<MessageCodec<unknown>, ReadonlyMap<string, FieldDescriptor>>();

function fieldsOf(codec: MessageCodec<unknown>): ReadonlyMap<string, FieldDescriptor> {
  let fields = fieldsByName.get(codec);
  if (fields === undefined) {
    fields = new Map(
      codec.fields.flatMap(
        (field) =>
          [
            [field.name, field],
            [field.jsonName, field],
          ] as const,
      ),
    );
    fieldsByName.set(codec, fields);
  }
  return fields;
}

/** No value: an enum name that the type does not know is passed over. */
const DROPPED = Symbol("dropped");

/** A message that is being read. */
interface Frame {
  readonly codec: MessageCodec<unknown>;
  readonly message: Record<string, unknown>;
  readonly seen: Set<FieldDescriptor>;
  readonly seenOneofs: Set<string>;
  /** The list among its fields that is being read. */
  list: { readonly field: FieldDescriptor; readonly values: unknown[] } | undefined;
  /** Takes the message once it is complete. */
  readonly deliver: (message: unknown) => void;
}

/** Walks a text that the scanner found to be JSON; what is left to refuse is what the message cannot hold. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads a message. Nested ones wait on a stack of our own: a body may nest deeper than the engine's stack holds. */
  message(codec: MessageCodec<unknown>): Record<string, unknown> {
    let whole: unknown;
    const open = [
      this.#begin(codec, (message) => {
        whole = message;
      }),
    ];
    for (let frame = open.at(-1); frame !== undefined; frame = open.at(-1)) {
      const nested = this.#fields(frame);
      if (nested !== undefined) open.push(nested);
      else {
        open.pop();
        frame.deliver(open.length < KEPT_DEPTH ? frame.message : frame.codec.create());
      }
    }
    return whole as Record<string, unknown>;
  }

  #begin(codec: MessageCodec<unknown>, deliver: (message: unknown) => void): Frame {
    this.#space();
    if (this.#peek() !== "{") this.#unexpected();
    this.#at++;
    return {
      codec,
      message: codec.create() as Record<string, unknown>,
      seen: new Set(),
      seenOneofs: new Set(),
      list: undefined,
      deliver,
    };
  }

  /** Reads on in a message: to its end, or to a message in it, which is to be read first. */
  #fields(frame: Frame): Frame | undefined {
    const { codec, message, seen, seenOneofs } = frame;
    const fields = fieldsOf(codec);
    for (;;) {
      if (frame.list !== undefined) {
        const nested = this.#list(frame.list);
        if (nested !== undefined) return nested;
        frame.list = undefined;
      }
      this.#space();
      if (this.#peek() === "}") break;
      if (this.#peek() === ",") {
        this.#at++;
        this.#space();
      }
      const nameAt = this.#at;
      const name = this.#string();
      const rawName = this.#text.slice(nameAt, this.#at);
      this.#space();
      this.#at++; // the colon
      this.#space();
      const field = fields.get(name);
      if (field === undefined) {
        this.#skip();
        continue;
      }
      if (seen.has(field)) this.#refuseAt(nameAt, `duplicate field ${rawName}`);
      seen.add(field);
      if (this.#text.startsWith("null", this.#at)) {
        this.#at += 4;
        continue;
      }
      if (field.repeated) {
        if (this.#peek() !== "[") this.#unexpected();
        this.#at++;
        const values: unknown[] = [];
        message[field.property] = values;
        frame.list = { field, values };
        continue;
      }
      const { oneof } = field;
      if (oneof !== undefined) {
        if (seenOneofs.has(oneof)) {
          const name = oneof.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
          this.#refuseAt(nameAt, `error parsing ${rawName}, oneof ${codec.typeName}.${name} is already set`);
        }
        seenOneofs.add(oneof);
      }
      const set = (value: unknown): void => {
        if (oneof !== undefined) message[oneof] = { case: field.property, value };
        else if (value !== DROPPED) message[field.property] = value;
      };
      if (field.kind === "message") return this.#nested(field, set);
      set(this.#value(field));
    }
    this.#at++;
    return undefined;
  }

  #nested(field: FieldDescriptor, set: (value: unknown) => void): Frame {
    const codec = field.message!();
    return this.#begin(codec, (message) => set(field.embed ? codec.encode(message) : message));
  }

  /** Passes over a value; its strings must be text all the same. */
  #skip(): void {
    const end = endOfValue(this.#text, this.#at);
    while (this.#at < end) {
      if (this.#peek() === '"') this.#string();
      else this.#at++;
    }
  }

  /** Reads on in a list: to its end, or to a message in it. */
  #list({ field, values }: NonNullable<Frame["list"]>): Frame | undefined {
    for (this.#space(); this.#peek() !== "]"; this.#space()) {
      if (this.#peek() === ",") {
        this.#at++;
        this.#space();
      }
      if (field.kind === "message") return this.#nested(field, (message) => values.push(message));
      const value = this.#value(field);
      if (value !== DROPPED) values.push(value);
    }
    this.#at++;
    return undefined;
  }

  #value(field: FieldDescriptor): unknown {
    const at = this.#at;
    const value = this.#scalar(field);
    if (value === undefined)
      this.#refuseAt(at, `invalid value for ${field.kind} field ${field.jsonName}: ${this.#token(at)}`);
    return value;
  }

  /** One scalar; undefined when the token is not one of its kind. */
  #scalar(field: FieldDescriptor): unknown {
    const first = this.#peek();
    if (first === "{" || first === "[") return undefined;
    const at = this.#at;
    if (first === '"') {
      const text = this.#string();
      switch (field.kind) {
        case "string":
          return text;
        case "bytes":
          return base64(text);
        case "enum": {
          const number = Object.hasOwn(field.enumeration!.values, text) ? field.enumeration!.values[text] : undefined;
          return number ?? DROPPED;
        }
        case "bool":
          return undefined;
        default:
          // Go reads a number off the front and asks only for what no number could go on with.
          return text.trim() === text ? integer(field, text) : undefined;
      }
    }
    this.#at = endOfValue(this.#text, at);
    const raw = this.#text.slice(at, this.#at);
    if (field.kind === "bool") return raw === "true" ? true : raw === "false" ? false : undefined;
    if (field.kind === "string" || field.kind === "bytes" || raw === "null") return undefined;
    return integer(field, raw);
  }

  /** Reads a string token into text. Its escapes are known to be whole; surrogates and UTF-8 are not. */
  #string(): string {
    const text = this.#text;
    const start = this.#at;
    let plain = true;
    let at = start + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        plain = false;
        at++;
      } else if (code >= 0x80) plain = false;
      at++;
    }
    this.#at = at + 1;
    return plain ? text.slice(start + 1, at) : this.#unescape(start, at);
  }

  #unescape(start: number, end: number): string {
    const text = this.#text;
    let out = "";
    let from = start + 1;
    const flush = (until: number): void => {
      if (until === from) return;
      try {
        out += strictUtf8.decode(Buffer.from(text.slice(from, until), "latin1"));
      } catch {
        this.#syntax(start, "invalid UTF-8 in string");
      }
    };
    for (let at = from; at < end; ) {
      if (text.charCodeAt(at) !== 0x5c) {
        at++;
        continue;
      }
      flush(at);
      const letter = text[at + 1]!;
      at += 2;
      if (letter === "u") {
        const unit = Number.parseInt(text.slice(at, at + 4), 16);
        at += 4;
        if (unit >= 0xd800 && unit <= 0xdfff) {
          if (text.length - at < 6) refuse("unexpected EOF");
          const next = text.slice(at, at + 6);
          const low = /^\\u[0-9a-fA-F]{4}$/.test(next) ? Number.parseInt(next.slice(2), 16) : 0;
          if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
            this.#syntax(start, `invalid escape code ${quoteBytes(next)} in string`);
          out += String.fromCharCode(unit, low);
          at += 6;
        } else out += String.fromCharCode(unit);
      } else out += ESCAPES[letter] ?? letter;
      from = at;
    }
    flush(end);
    return out;
  }

  #peek(): string {
    return this.#text[this.#at]!;
  }

  #space(): void {
    this.#at = skipSpace(this.#text, this.#at);
  }

  /** The token at `at` as Go prints it: a bracket alone, any other value whole. */
  #token(at: number): string {
    const first = this.#text[at]!;
    const raw = "{}[]".includes(first) ? first : this.#text.slice(at, endOfValue(this.#text, at));
    return Buffer.from(raw, "latin1").toString("utf8");
  }

  #unexpected(): never {
    if (this.#peek() === '"') {
      const at = this.#at;
      this.#string();
      this.#at = at;
    }
    return this.#syntax(this.#at, `unexpected token ${this.#token(this.#at)}`);
  }

  #syntax(at: number, what: string): never {
    return refuse(`syntax error (line ${this.#position(at)}): ${what}`);
  }

  #refuseAt(at: number, what: string): never {
    return refuse(`(line ${this.#position(at)}): ${what}`);
  }

  /** line:column of a byte, both from 1, columns counted in characters. */
  #position(at: number): string {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = Buffer.from(before.slice(before.lastIndexOf("\n") + 1), "latin1").toString("utf8");
    return `${line}:${[...column].length + 1}`;
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ESCAPES: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function refuse(text: string): never {
  throw EtcdError.raw(Code.InvalidArgument, `proto: ${text}`);
}

const LIMITS: Record<string, readonly [bigint, bigint]> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
};

/** The integer at the front of `text` in the field's own type; undefined when there is none, or none that fits. */
function integer(field: FieldDescriptor, text: string): number | bigint | undefined {
  // Behind the number anything may stand that cannot be part of one: Go stops reading there.
  const match = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?(?![-+._a-zA-Z0-9])/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  let digits = whole === "0" ? "" : whole!;
  const rest = fraction.replace(/0+$/, "");
  let value: bigint;
  if (digits === "" && rest === "") value = 0n;
  else {
    const shift = Number(exponent);
    if (!(Math.abs(shift) <= 0x7fff_ffff)) return undefined;
    if (shift >= 0) {
      if (rest.length > shift || digits.length + shift > 20) return undefined;
      digits += rest.padEnd(shift, "0");
    } else {
      const kept = digits.length + shift;
      if (rest !== "" || kept < 0 || /[^0]/.test(digits.slice(kept))) return undefined;
      digits = digits.slice(0, kept);
    }
    value = BigInt(sign === "-" ? `-${digits}` : digits);
  }
  const [min, max] = LIMITS[field.kind]!;
  if (value < min || value > max) return undefined;
  return field.id ? value : Number(value);
}

/** Standard or URL alphabet; padded, or not padded at all. Line breaks are passed over. Undefined when it is neither. */
function base64(text: string): Uint8Array | undefined {
  if (text === "") return EMPTY;
  const url = /[-_]/.test(text);
  const padded = Buffer.byteLength(text) % 4 === 0;
  const dense = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  const alphabet = url ? /^[A-Za-z0-9_-]*(={0,2})$/ : /^[A-Za-z0-9+/]*(={0,2})$/;
  const match = alphabet.exec(dense);
  if (match === null) return undefined;
  if (padded ? dense.length % 4 !== 0 : match[1] !== "" || dense.length % 4 === 1) return undefined;
  const bytes = Buffer.from(dense, url ? "base64url" : "base64");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
