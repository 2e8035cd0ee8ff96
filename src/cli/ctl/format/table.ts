import type { Io } from "../../command/io.ts";
import { tableText } from "../../command/table.ts";
import type { Answer } from "../display.ts";
import { endpointHashRows, endpointHealthRows, endpointStatusRows, memberRows, type Rows } from "./rows.ts";

/** A box; only for answers that are lists of members or endpoints. */
export function table(_io: Io, shown: Answer): string | undefined {
  const rows = rowsOf(shown);
  return rows === undefined ? undefined : tableText(rows.headings, rows.rows);
}

function rowsOf(shown: Answer): Rows | undefined {
  switch (shown.kind) {
    case "memberList":
      return memberRows(shown.answer);
    case "endpointHealth":
      return endpointHealthRows(shown.answer);
    case "endpointStatus":
      return endpointStatusRows(shown.answer);
    case "endpointHashKv":
      return endpointHashRows(shown.answer);
    default:
      return undefined;
  }
}
