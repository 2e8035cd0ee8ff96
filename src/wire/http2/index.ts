export { Http2Connection } from "./connection.ts";
export { Http2Code, Http2Error, http2CodeName } from "./errors.ts";
export { createHttp2Stats, defaultHttp2Options, type Http2Options, type Http2Stats, http2Options } from "./options.ts";
export { prepareHeaders } from "./prepared.ts";
export type { HeaderBlock, HeaderField, HeaderList, Http2Handler, Http2Output, Http2Stream } from "./types.ts";
