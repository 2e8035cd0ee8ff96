import { ExitCode, fail, type Io } from "../command/io.ts";
import { textOf, unquote } from "../command/text.ts";

/** Splits a line as a shell would, nearly: words, 'single' quotes taken as they are, "double" quotes as Go literals. */
export function words(io: Io, line: string): string[] {
  return (line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g) ?? []).map((word) => {
    if (word[0] === "'") return word.slice(1, -1);
    if (word[0] !== '"') return word;
    const literal = unquote(word);
    if (literal === undefined) fail(io, ExitCode.InvalidInput, "invalid syntax");
    return literal.value;
  });
}

/** A Go literal at the start of `text`, in double quotes or back quotes. */
export function literalAt(text: string): { readonly value: string; readonly length: number } | undefined {
  const raw = /^`([^`]*)`/.exec(text);
  if (raw !== null) return { value: textOf(Buffer.from(raw[1]!)), length: raw[0].length };
  return unquote(text);
}
