/**
 * Text scenarios: a file of commands, each with the output it must give. The grammar is that of cockroachdb/datadriven.
 *
 *     # a comment
 *     command key key=value key=(value, value) \
 *       more=arguments
 *     input, any number of lines
 *     ----
 *     expected output, up to the first blank line
 *
 *     command
 *     ----
 *     ----
 *     expected output
 *
 *     that may hold blank lines
 *     ----
 *     ----
 *
 * The commands of one file run in order and share whatever state their handler keeps.
 */

/** `key`, `key=value` or `key=(value, ...)`; no values for a bare key, one empty value for `key=`. */
export interface Argument {
  key: string;
  values: string[];
}

export interface Directive {
  /** Line of the command in its file, from 1. */
  line: number;
  command: string;
  args: Argument[];
  /** Without blank ends. */
  input: string;
  /** Ends with a newline unless it is empty. */
  expected: string;
}

/** What stands between directives, and the lines of a directive down to its first `----`: kept as it is when rewriting. */
type Piece = { text: string } | { head: string; directive: Directive };

export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
}

const SEPARATOR = "----";

function split(name: string, text: string): Piece[] {
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  const pieces: Piece[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    const first = lines[at]!.trim();
    if (first === "" || first.startsWith("#")) {
      pieces.push({ text: `${lines[at++]}\n` });
      continue;
    }
    let command = first;
    while (command.endsWith("\\")) {
      at++;
      if (at >= lines.length) throw new ScenarioError(`${name}:${start + 1}: the command does not end`);
      command = `${command.slice(0, -1).trim()} ${lines[at]!.trim()}`;
    }
    at++;
    const inputFrom = at;
    while (at < lines.length && lines[at] !== SEPARATOR) at++;
    if (at >= lines.length) throw new ScenarioError(`${name}:${start + 1}: no ${SEPARATOR} after the command`);
    const input = lines.slice(inputFrom, at).join("\n").trim();
    at++;
    const head = lines.slice(start, at).join("\n");
    const doubled = lines[at] === SEPARATOR;
    if (doubled) at++;
    const expectedFrom = at;
    const ends = doubled
      ? () => lines[at] === SEPARATOR && lines[at + 1] === SEPARATOR
      : () => lines[at]!.trim() === "";
    while (at < lines.length && !ends()) at++;
    if (doubled && at >= lines.length) throw new ScenarioError(`${name}:${start + 1}: the output does not end`);
    const expected = lines.slice(expectedFrom, at).map((line) => `${line}\n`);
    if (doubled) at += 2;
    const parsed = parseCommand(`${name}:${start + 1}`, command);
    pieces.push({ head, directive: { line: start + 1, ...parsed, input, expected: expected.join("") } });
  }
  return pieces;
}

/** The directives of a file. Throws ScenarioError, naming the line. */
export function parseScenario(name: string, text: string): Directive[] {
  return split(name, text).flatMap((piece) => ("directive" in piece ? [piece.directive] : []));
}

/** Splits a command line into words. */
function parseCommand(where: string, line: string): { command: string; args: Argument[] } {
  let at = 0;
  const skipBlanks = () => {
    while (line[at] === " " || line[at] === "\t") at++;
  };
  const word = (stops: string): string => {
    const start = at;
    while (at < line.length && !stops.includes(line[at]!)) at++;
    return line.slice(start, at);
  };
  const parenthesised = (): string[] => {
    const values: string[] = [];
    let depth = 1;
    let start = ++at;
    for (; at < line.length; at++) {
      const char = line[at]!;
      if (char === "(") depth++;
      else if (char === ")" && --depth === 0) break;
      else if (char === "," && depth === 1) {
        values.push(line.slice(start, at).trim());
        start = at + 1;
      }
    }
    if (depth !== 0) throw new ScenarioError(`${where}: unbalanced parentheses`);
    values.push(line.slice(start, at).trim());
    at++;
    return values;
  };
  const command = word(" \t");
  const args: Argument[] = [];
  for (skipBlanks(); at < line.length; skipBlanks()) {
    const key = word(" \t=");
    if (key === "") throw new ScenarioError(`${where}: an argument without a key`);
    if (line[at] !== "=") {
      args.push({ key, values: [] });
      continue;
    }
    at++;
    args.push({ key, values: line[at] === "(" ? parenthesised() : [word(" \t")] });
  }
  return { command, args };
}

/** Carries out one directive and gives what it prints. Throwing fails the directive. */
export type Handler = (directive: Directive) => string;

export interface Failure {
  name: string;
  line: number;
  command: string;
  expected: string;
  actual: string;
}

export interface ScenarioResult {
  passed: number;
  failures: Failure[];
  /** The file with the actual outputs in place of the expected ones. */
  rewritten: string;
}

/** Runs every directive, also after one has failed: the failures that follow may tell more than the first. */
export function runScenario(name: string, text: string, handle: Handler): ScenarioResult {
  const result: ScenarioResult = { passed: 0, failures: [], rewritten: "" };
  for (const piece of split(name, text)) {
    if (!("directive" in piece)) {
      result.rewritten += piece.text;
      continue;
    }
    const { directive } = piece;
    const { line, command, expected } = directive;
    const actual = attempt(handle, directive);
    if (actual === expected) result.passed++;
    else result.failures.push({ name, line, command, expected, actual });
    result.rewritten += `${piece.head}\n${fenced(actual)}`;
  }
  return result;
}

function attempt(handle: Handler, directive: Directive): string {
  let actual: string;
  try {
    actual = handle(directive);
  } catch (error) {
    actual = `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  return actual === "" || actual.endsWith("\n") ? actual : `${actual}\n`;
}

/** Output that holds a blank line needs the doubled separator. */
function fenced(output: string): string {
  const needed = output
    .split("\n")
    .slice(0, -1)
    .some((line) => line.trim() === "");
  return needed ? `${SEPARATOR}\n${output}${SEPARATOR}\n${SEPARATOR}\n` : output;
}

/** Both outputs, for a person. */
export function describeFailure({ name, line, command, expected, actual }: Failure): string {
  return `${name}:${line}: ${command}\n--- expected\n${expected}--- actual\n${actual}`;
}

/** The values of `key`; undefined when it is not among the arguments. */
export function valuesOf(directive: Directive, key: string): string[] | undefined {
  return directive.args.find((arg) => arg.key === key)?.values;
}

/** The one value of `key`, or `otherwise`. */
export function soleValueOf(directive: Directive, key: string, otherwise: string): string {
  return valuesOf(directive, key)?.[0] ?? otherwise;
}
