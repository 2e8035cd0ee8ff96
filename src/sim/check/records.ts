import type { CallRecord, HistoryRecord, TruthRecord, WatchRecord } from "./types.ts";

export interface History {
  readonly calls: CallRecord[];
  readonly watches: WatchRecord[];
  readonly truth: TruthRecord[];
}

export function writeRecord(record: HistoryRecord): string {
  return JSON.stringify(record);
}

/**
 * Reads a history file: one JSON record a line; lines of other types are passed over.
 * @throws Error naming the line that is no JSON or lacks what its type has
 */
export function parseHistory(text: string): History {
  const history: History = { calls: [], watches: [], truth: [] };
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let record: Partial<HistoryRecord>;
    try {
      record = JSON.parse(line) as Partial<HistoryRecord>;
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (record.type === "call") {
      if (record.request === undefined || record.callMs === undefined)
        throw new Error(`line ${index + 1}: no request or callMs`);
      if (record.returnMs !== undefined && record.response === undefined && record.refused === undefined) {
        throw new Error(`line ${index + 1}: a call that returned has a response or was refused`);
      }
      history.calls.push(record as CallRecord);
    } else if (record.type === "watch") {
      if (record.replies === undefined) throw new Error(`line ${index + 1}: a watch has replies`);
      history.watches.push(record as WatchRecord);
    } else if (record.type === "truth") history.truth.push(record as TruthRecord);
  }
  return history;
}
