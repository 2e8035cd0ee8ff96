import { ExitCode, fail } from "../command/io.ts";
import { tableText } from "../command/table.ts";
import type { Invocation } from "../command/tree.ts";

/** A value under the names that each format gives it. */
export interface Column {
  /** Of the table. */
  readonly heading: string;
  /** Of `--write-out=fields`. */
  readonly field: string;
  /** Of `--write-out=json`. */
  readonly name: string;
  readonly value: number | string;
  /** As people read it: in the table and in simple output. */
  readonly text: string;
}

/** Refuses an unknown format before any work is done. */
export function checkFormat(call: Invocation): void {
  if (!["simple", "fields", "json", "protobuf", "table"].includes(call.flags.string("write-out"))) {
    fail(call.io, ExitCode.BadFeature, "unsupported output format");
  }
}

/** Prints one row. */
export function show(call: Invocation, columns: readonly Column[]): void {
  const { io } = call;
  switch (call.flags.string("write-out")) {
    case "fields":
      io.out(columns.map(({ field, value }) => `"${field}" : ${value}\n`).join(""));
      return;
    case "json":
      io.out(`{${columns.map(({ name, value }) => `"${name}":${JSON.stringify(value)}`).join(",")}}\n`);
      return;
    case "table":
      io.out(
        tableText(
          columns.map(({ heading }) => heading),
          [columns.map((column) => column.text)],
        ),
      );
      return;
    case "protobuf":
      fail(io, ExitCode.BadFeature, "protobuf not supported as output format");
      break;
    default:
      io.out(`${columns.map((column) => column.text).join(", ")}\n`);
  }
}
