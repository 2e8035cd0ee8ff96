import { MembershipError } from "./errors.ts";

/** A JSON value in which every whole number is a bigint: ids use all 64 bits, and JavaScript's own parser rounds them. */
export type Json = null | boolean | bigint | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper nesting than any file of etcd has (the membership tree in a snapshot is five deep) is refused, not recursed into. */
const DEPTH_MAX = 64;
const numberShape = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

/**
 * Reads one JSON text.
 * @throws MembershipError BadJson, naming the offset
 */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > DEPTH_MAX) this.#fail("nested too deeply");
    this.#space();
    const next = this.#text[this.#at];
    switch (next) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail("something after the end");
  }

  #object(depth: number): Json {
    // No prototype: a key such as __proto__ is a key like any other.
    const object: Record<string, Json> = Object.create(null);
    this.#at++;
    if (this.#take("}")) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("a name expected");
      const name = this.#string();
      if (!this.#take(":")) this.#fail("a colon expected");
      object[name] = this.value(depth + 1);
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("a closing brace expected");
    return object;
  }

  #array(depth: number): Json {
    const array: Json[] = [];
    this.#at++;
    if (this.#take("]")) return array;
    do array.push(this.value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) this.#fail("a closing bracket expected");
    return array;
  }

  #string(): string {
    let text = "";
    this.#at++;
    let from = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      // Also false at the end of the text, where the code is NaN.
      if (!(code >= 0x20)) this.#fail("a string without its end");
      this.#at++;
      if (code !== 0x22 && code !== 0x5c) continue;
      text += this.#text.slice(from, this.#at - 1);
      if (code === 0x22) return text;
      text += this.#escape();
      from = this.#at;
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++];
    switch (letter) {
      case '"':
      case "\\":
      case "/":
        return letter;
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      case "u": {
        const digits = this.#text.slice(this.#at, this.#at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("four hex digits expected");
        this.#at += 4;
        return String.fromCharCode(Number.parseInt(digits, 16));
      }
      default:
        this.#fail("unknown escape");
    }
  }

  #number(): Json {
    numberShape.lastIndex = this.#at;
    const found = numberShape.exec(this.#text);
    if (found === null) this.#fail("a value expected");
    this.#at += found[0].length;
    return found[1] === undefined && found[2] === undefined ? BigInt(found[0]) : Number(found[0]);
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("a value expected");
    this.#at += word.length;
    return value;
  }

  #take(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(what: string): never {
    throw new MembershipError("BadJson", `bad JSON at offset ${this.#at}: ${what}`);
  }
}

/** A string as Go's encoder writes it: also `<`, `>`, `&` and the two Unicode line ends are escaped. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function jsonStrings(list: readonly string[]): string {
  return `[${list.map(jsonString).join(",")}]`;
}
