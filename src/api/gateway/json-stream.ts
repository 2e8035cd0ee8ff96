import { isSpace } from "./json/index.ts";

/**
 * Cuts a stream of text into the JSON values it holds, one after the other: the body of a streaming call is a sequence of
 * objects with or without white space between them. Finds the ends only; what lies between is parsed elsewhere.
 */
export class JsonSplitter {
  readonly #bytesMax: number;
  #text = "";
  #at = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #broken = false;

  /** @param bytesMax longest single value, in characters */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Something stands where an object or a list should begin: nothing that comes now can be read. What was complete before
   * has been given.
   */
  get broken(): boolean {
    return this.#broken;
  }

  /** Takes more text, gives the objects it completed. Throws RangeError when one grows beyond the bound. */
  push(text: string): string[] {
    if (this.#broken) return [];
    this.#text += text;
    const done: string[] = [];
    let start = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (c === 0x5c) this.#escaped = true;
        else if (c === 0x22) this.#inString = false;
        continue;
      }
      if (this.#depth === 0 && c !== 0x7b && c !== 0x5b) {
        if (isSpace(c)) continue;
        this.#broken = true;
        this.#text = "";
        return done;
      }
      if (c === 0x22) this.#inString = true;
      else if (c === 0x7b || c === 0x5b) this.#depth++;
      else if (c === 0x7d || c === 0x5d) {
        this.#depth--;
        if (this.#depth === 0) {
          done.push(this.#text.slice(start, this.#at + 1));
          start = this.#at + 1;
        }
      }
    }
    this.#text = this.#text.slice(start);
    this.#at -= start;
    if (this.#text.length > this.#bytesMax) throw new RangeError("request body too large");
    return done;
  }

  /** What is left over when the stream ends; empty for a clean end. */
  rest(): string {
    return this.#text.trim();
  }
}
