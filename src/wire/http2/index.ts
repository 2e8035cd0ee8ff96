/**
 * The HTTP/2 room: RFC 9113 and RFC 7541, both ends, bytes in and events out. `README.md` draws the frames.
 */
export { Http2Connection } from "./connection.ts";
export { Http2Code, Http2Error, http2CodeName } from "./errors.ts";
// The codec alone, for the conformance runner and tools.
export { HpackDecoder } from "./hpack-decoder.ts";
export { HpackEncoder } from "./hpack-encoder.ts";
export { createHttp2Stats, defaultHttp2Options, type Http2Options, type Http2Stats, http2Options } from "./options.ts";
export { headerListSize, prepareHeaders } from "./prepared.ts";
export type { HeaderBlock, HeaderField, HeaderList, Http2Handler, Http2Output, Http2Stream } from "./types.ts";
