/** Error codes of RFC 9113 section 7. */
export const Http2Code = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;
export type Http2Code = (typeof Http2Code)[keyof typeof Http2Code];

const names = new Map<number, string>(Object.entries(Http2Code).map(([name, code]) => [code, name]));

/** The RFC's name of a code; codes nobody registered print as a number. */
export function http2CodeName(code: number): string {
  return names.get(code) ?? `0x${code.toString(16)}`;
}

/**
 * Why a connection ended, or why `request` was refused. `code` is what was, or would be, said on the wire.
 * `remote` tells that the peer said it.
 */
export class Http2Error extends Error {
  override readonly name = "Http2Error";
  readonly code: number;
  readonly remote: boolean;

  constructor(code: number, message: string, remote = false) {
    super(`http2: ${http2CodeName(code)}: ${message}`);
    this.code = code;
    this.remote = remote;
  }
}
