import type { HeaderField } from "./types.ts";

/** RFC 7541 appendix A. Index 1 is the first entry; slot 0 is a filler, since index 0 is not valid. */
export const staticTable: readonly HeaderField[] = [
  ["", ""],
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

export const STATIC_ENTRIES = 61;

/** First static index of each name. */
export const staticNames: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name], index): [string, number] => [name, index]).reverse(),
);

/** Static index of each pair. The separator cannot stand in a name. */
export const staticPairs: ReadonlyMap<string, number> = new Map(
  staticTable.map(([name, value], index): [string, number] => [`${name}\0${value}`, index]),
);

/** What RFC 7541 4.1 adds to name and value when it counts an entry. */
export const ENTRY_OVERHEAD = 32;

/** Initial SETTINGS_HEADER_TABLE_SIZE, both directions. */
export const DEFAULT_TABLE_BYTES = 4096;
