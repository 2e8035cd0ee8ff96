/** Numbers of RFC 9113, and the few shapes that are written by more than one place. */

/** Section 6. */
export const FrameType = {
  Data: 0x0,
  Headers: 0x1,
  Priority: 0x2,
  RstStream: 0x3,
  Settings: 0x4,
  PushPromise: 0x5,
  Ping: 0x6,
  Goaway: 0x7,
  WindowUpdate: 0x8,
  Continuation: 0x9,
} as const;

export const Flag = {
  EndStream: 0x1,
  Ack: 0x1,
  EndHeaders: 0x4,
  Padded: 0x8,
  Priority: 0x20,
} as const;

/** Section 6.5.2. */
export const Setting = {
  HeaderTableSize: 0x1,
  EnablePush: 0x2,
  MaxConcurrentStreams: 0x3,
  InitialWindowSize: 0x4,
  MaxFrameSize: 0x5,
  MaxHeaderListSize: 0x6,
} as const;

export const FRAME_HEAD_BYTES = 9;
export const DEFAULT_WINDOW_BYTES = 65535;
export const WINDOW_BYTES_MAX = 0x7fff_ffff;
export const DEFAULT_FRAME_BYTES = 16384;
export const FRAME_BYTES_MAX = 0xff_ffff;
export const STREAM_ID_MAX = 0x7fff_ffff;

/** What a client says first (section 3.4). */
export const CLIENT_PREFACE: Uint8Array = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Writes a frame head at `at`; returns the position after it. */
export function writeFrameHead(
  into: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into[at + 5] = streamId >>> 24;
  into[at + 6] = streamId >>> 16;
  into[at + 7] = streamId >>> 8;
  into[at + 8] = streamId;
  return at + FRAME_HEAD_BYTES;
}

export function writeUint32(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

/** Unsigned. */
export function readUint32(from: Uint8Array, at: number): number {
  return ((from[at]! << 24) | (from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!) >>> 0;
}

/** Copies `source` to `at`; returns the position after it. Below about fifty bytes a loop beats the native call. */
export function copyBytes(into: Uint8Array, at: number, source: Uint8Array): number {
  const length = source.length;
  if (length > 48) {
    into.set(source, at);
  } else {
    for (let i = 0; i < length; i++) into[at + i] = source[i]!;
  }
  return at + length;
}
