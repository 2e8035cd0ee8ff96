/**
 * The format that `go tool pprof` reads: a protobuf message, compressed with gzip by whoever hands it out.
 *
 *     Profile   1 what the values are   2 samples   4 locations   5 functions   6 strings, the first of them empty
 *               9 time, ns   10 duration, ns   11, 12 what one sample stands for
 *     sample    1 locations, innermost first   2 values
 *     location  1 id   4 { 1 function, 2 line }
 *     function  1 id   2, 3 name   4 file   5 first line
 *
 * Functions, locations and strings are told once each and referred to by number.
 */

export interface Frame {
  readonly name: string;
  readonly file: string;
  /** Where the function begins; 0 when it has no place in a file. */
  readonly startLine: number;
  /** The line that ran. */
  readonly line: number;
}

export interface ValueKind {
  readonly type: string;
  readonly unit: string;
}

/** Protobuf as it is written front to back; what is nested is written elsewhere first. */
class Message {
  #bytes = new Uint8Array(256);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A whole number from 0 to 2^53. Zero is what a missing field says, so it is left out. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.#varint(field * 8);
    this.#varint(value);
  }

  part(field: number, bytes: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  numbers(field: number, values: readonly number[]): void {
    const packed = new Message();
    for (const value of values) packed.#varint(value);
    this.part(field, packed.bytes);
  }

  #varint(value: number): void {
    this.#room(8);
    let rest = value;
    // By division: bit operations would cut the number at 32 bits.
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length + bytes);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

export class ProfileEncoder {
  readonly #message = new Message();
  readonly #strings = new Map<string, number>([["", 0]]);
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  /** `period`: what one sample stands for, in the unit of `periodKind`. */
  constructor(kinds: readonly ValueKind[], periodKind: ValueKind, period: number) {
    for (const kind of kinds) this.#message.part(1, this.#valueType(kind));
    this.#message.part(11, this.#valueType(periodKind));
    this.#message.number(12, Math.round(period));
  }

  /** Values in the order of the kinds; frames innermost first. */
  sample(frames: readonly Frame[], values: readonly number[]): void {
    const sample = new Message();
    sample.numbers(
      1,
      frames.map((frame) => this.#location(frame)),
    );
    sample.numbers(2, values.map(Math.round));
    this.#message.part(2, sample.bytes);
  }

  /** The message. `startMs` is Unix time; durations that are not known are 0. */
  finish(startMs: number, durationMs: number): Uint8Array {
    this.#message.number(9, Math.round(startMs) * 1e6);
    this.#message.number(10, Math.round(durationMs * 1e6));
    for (const text of this.#strings.keys()) this.#message.part(6, Buffer.from(text));
    return this.#message.bytes;
  }

  #valueType({ type, unit }: ValueKind): Uint8Array {
    const message = new Message();
    message.number(1, this.#string(type));
    message.number(2, this.#string(unit));
    return message.bytes;
  }

  #string(text: string): number {
    return numberOf(this.#strings, text, 0);
  }

  #location(frame: Frame): number {
    const known = this.#locations.size;
    const id = numberOf(this.#locations, `${keyOf(frame)}\n${frame.line}`, 1);
    if (this.#locations.size > known) {
      const line = new Message();
      line.number(1, this.#function(frame));
      line.number(2, frame.line);
      const message = new Message();
      message.number(1, id);
      message.part(4, line.bytes);
      this.#message.part(4, message.bytes);
    }
    return id;
  }

  #function(frame: Frame): number {
    const known = this.#functions.size;
    const id = numberOf(this.#functions, keyOf(frame), 1);
    if (this.#functions.size > known) {
      const message = new Message();
      message.number(1, id);
      message.number(2, this.#string(frame.name));
      message.number(3, this.#string(frame.name));
      message.number(4, this.#string(frame.file));
      message.number(5, frame.startLine);
      this.#message.part(5, message.bytes);
    }
    return id;
  }
}

function keyOf({ name, file, startLine }: Frame): string {
  return `${name}\n${file}\n${startLine}`;
}

/** The number of `key`, a new one when it has none yet; counted from `first`. */
function numberOf(numbers: Map<string, number>, key: string, first: number): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const next = numbers.size + first;
  numbers.set(key, next);
  return next;
}
