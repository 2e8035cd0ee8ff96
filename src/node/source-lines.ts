/**
 * The programs of `bin/` run from one file made of all sources (scripts/bundle.mjs); whoever reads a log line or a profile
 * wants to know the source. Beside that file, say `quorate.cjs`, lies `quorate.lines`; all numbers are little endian:
 *
 *     | n: uint32 | n bytes: the sources' names, a JSON array | line 1: 4 bytes | line 2: 4 bytes | ...
 *
 *     a line: | source: uint16, from 1; 0: none | line in it: uint16, from 1 |
 */
import { readFileSync } from "node:fs";

export interface SourcePlace {
  /** As given, or a path from the package's root: `src/state/mvcc/mvcc.ts`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface Table {
  readonly sources: readonly string[];
  readonly bytes: Buffer;
  /** Of the first line. */
  readonly start: number;
}

const tables = new Map<string, Table | undefined>();

/** Where line `line` (from 1) of `file` was written; the place itself when nothing else is known of it. */
export function sourcePlace(file: string, line: number): SourcePlace {
  const table = tableOf(file);
  const at = (table?.start ?? 0) + 4 * (line - 1);
  if (table === undefined || line < 1 || at + 4 > table.bytes.length) return { file, line };
  const source = table.sources[table.bytes.readUInt16LE(at) - 1];
  return source === undefined ? { file, line } : { file: source, line: table.bytes.readUInt16LE(at + 2) };
}

/** From now on stacks of errors name sources, too. They are put together only when somebody reads them. */
export function nameSourcesInStacks(): void {
  Error.prepareStackTrace = (error, sites) =>
    [errorText(error), ...sites.map((site) => `    at ${siteText(site)}`)].join("\n");
}

function errorText(error: Error): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}

function siteText(site: NodeJS.CallSite): string {
  const file = site.getFileName() ?? "";
  const line = site.getLineNumber() ?? 0;
  const place = sourcePlace(file, line);
  return String(site).replace(`${file}:${line}:${site.getColumnNumber()}`, `${place.file}:${place.line}`);
}

function tableOf(file: string): Table | undefined {
  if (!file.endsWith(".cjs")) return undefined;
  if (!tables.has(file)) tables.set(file, readTable(file.replace(/\.cjs$/, ".lines")));
  return tables.get(file);
}

function readTable(path: string): Table | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const start = 4 + bytes.readUInt32LE(0);
  return { sources: JSON.parse(bytes.toString("utf8", 4, start)), bytes, start };
}
