/**
 * For tests of `wire/http2`: frames by hand, a recorder of events, and two engines tied together without a socket.
 */
import {
  type HeaderList,
  Http2Connection,
  type Http2Handler,
  type Http2Options,
  type Http2Output,
  type Http2Stream,
  http2CodeName,
  http2Options,
  prepareHeaders,
} from "../../src/wire/http2/index.ts";

export interface Frame {
  type: number;
  flags: number;
  streamId: number;
  payload: Buffer;
}

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array | number[] = []): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
}

export function settings(...pairs: [name: number, value: number][]): Buffer {
  const payload = pairs.map(([name, value]) => {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(name, 0);
    bytes.writeUInt32BE(value, 2);
    return bytes;
  });
  return frame(4, 0, 0, Buffer.concat(payload));
}

export const settingsAck: Buffer = frame(4, 1, 0);

/** A request's HEADERS with END_HEADERS. */
export function headers(streamId: number, endStream: boolean, fields: HeaderList = requestFields): Buffer {
  return frame(1, 4 | (endStream ? 1 : 0), streamId, prepareHeaders(fields).bytes);
}

export function data(streamId: number, endStream: boolean, text: string | Uint8Array): Buffer {
  return frame(0, endStream ? 1 : 0, streamId, Buffer.from(text as string));
}

export const requestFields: HeaderList = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/pkg.Service/Method"],
  [":authority", "localhost"],
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];

export function parseFrames(bytes: Uint8Array): Frame[] {
  const buffer = Buffer.from(bytes);
  const frames: Frame[] = [];
  let at = 0;
  if (buffer.subarray(0, preface.length).equals(preface)) at = preface.length;
  while (at < buffer.length) {
    const length = buffer.readUIntBE(at, 3);
    frames.push({
      type: buffer[at + 3]!,
      flags: buffer[at + 4]!,
      streamId: buffer.readUInt32BE(at + 5),
      payload: buffer.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return frames;
}

const typeNames = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
  "CONTINUATION",
];

/** One line for a frame, with what matters of its content. */
export function describeFrame({ type, flags, streamId, payload }: Frame): string {
  const name = typeNames[type] ?? `TYPE_${type}`;
  const end = (type === 0 || type === 1) && (flags & 1) !== 0 ? " end" : "";
  switch (type) {
    case 0:
      return `DATA ${streamId} ${payload.length}${end}`;
    case 3:
      return `RST_STREAM ${streamId} ${http2CodeName(payload.readUInt32BE(0))}`;
    case 4:
      return (flags & 1) !== 0 ? "SETTINGS ack" : "SETTINGS";
    case 6:
      return (flags & 1) !== 0 ? "PING ack" : "PING";
    case 7:
      return `GOAWAY ${payload.readUInt32BE(0)} ${http2CodeName(payload.readUInt32BE(4))}`;
    case 8:
      return `WINDOW_UPDATE ${streamId} ${payload.readUInt32BE(0)}`;
    default:
      return `${name} ${streamId}${end}`;
  }
}

/** Writes down what the engine tells, and lets a test hook in. */
export class Recorder implements Http2Handler {
  readonly events: string[] = [];
  readonly streams = new Map<number, Http2Stream>();
  /** Data by stream, joined: how it was cut does not show in `events`. */
  readonly bodies = new Map<number, Buffer[]>();
  /** Give credit back at once. */
  autoConsume = true;
  closed = false;
  error: Error | undefined;

  headers?: (stream: Http2Stream, headers: HeaderList, endStream: boolean) => void;
  data?: (stream: Http2Stream, chunk: Uint8Array, endStream: boolean) => void;
  drain?: (stream: Http2Stream) => void;
  reset?: (stream: Http2Stream, code: number) => void;

  onHeaders(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    this.streams.set(stream.id, stream);
    const text = headers.map(([name, value]) => `${name}=${value}`).join(" ");
    this.events.push(`headers ${stream.id} ${text}${endStream ? " end" : ""}`);
    this.headers?.(stream, headers, endStream);
  }

  onInformational(stream: Http2Stream, headers: HeaderList): void {
    this.events.push(`informational ${stream.id} ${headers[0]![1]}`);
  }

  onData(stream: Http2Stream, chunk: Uint8Array, endStream: boolean): void {
    this.events.push(`data ${stream.id} ${chunk.length}${endStream ? " end" : ""}`);
    const body = this.bodies.get(stream.id);
    if (body === undefined) this.bodies.set(stream.id, [Buffer.from(chunk)]);
    else body.push(Buffer.from(chunk));
    this.data?.(stream, chunk, endStream);
    if (this.autoConsume) stream.consume(chunk.length);
  }

  onReset(stream: Http2Stream, code: number): void {
    this.events.push(`reset ${stream.id} ${http2CodeName(code)}`);
    this.reset?.(stream, code);
  }

  onDrain(stream: Http2Stream): void {
    this.events.push(`drain ${stream.id}`);
    this.drain?.(stream);
  }

  onGoaway(lastStreamId: number, code: number): void {
    this.events.push(`goaway ${lastStreamId} ${http2CodeName(code)}`);
  }

  onPing(): void {
    this.events.push("ping");
  }

  onCapacity(): void {
    this.events.push("capacity");
  }

  onClose(error?: Error): void {
    if (this.closed) throw new Error("onClose twice");
    this.closed = true;
    this.error = error;
    this.events.push(error === undefined ? "close" : `close ${error.message}`);
  }

  body(streamId: number): Buffer {
    return Buffer.concat(this.bodies.get(streamId) ?? []);
  }

  take(): string[] {
    return this.events.splice(0);
  }
}

/** The socket's stand-in: keeps what was written until it is taken. */
export class Wire implements Http2Output {
  pieces: Uint8Array[] = [];
  writes = 0;
  ended = false;
  wantsFlush = false;
  /** What `write` answers. */
  writable = true;

  write(pieces: Uint8Array[], sent?: () => void): boolean {
    if (sent !== undefined) queueMicrotask(sent);
    if (this.ended) throw new Error("write after end");
    this.writes++;
    // As a socket does: now the bytes are gone at once and their memory is free, now it goes on reading them.
    this.pieces.push(...(this.released() ? pieces.map((piece) => Uint8Array.from(piece)) : pieces));
    return this.writable;
  }

  released(): boolean {
    return this.writes % 2 === 0;
  }

  dirty(): void {
    this.wantsFlush = true;
  }

  end(): void {
    if (this.ended) throw new Error("end twice");
    this.ended = true;
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    return bytes;
  }
}

/** One engine with its recorder and wire. */
export class End {
  readonly handler = new Recorder();
  readonly wire = new Wire();
  readonly options: Http2Options;
  readonly connection: Http2Connection;

  constructor(role: "server" | "client", options: Partial<Http2Options> = {}) {
    this.options = http2Options(options);
    this.connection = new Http2Connection(role, this.handler, this.wire, this.options);
  }

  /** A server whose client said preface, SETTINGS and the acknowledgement; the answers to these are dropped. */
  static served(options: Partial<Http2Options> = {}, ...peer: [name: number, value: number][]): End {
    const end = new End("server", options);
    end.connection.receive(Buffer.concat([preface, settings(...peer), settingsAck]));
    end.take();
    return end;
  }

  /** A client whose server said SETTINGS and the acknowledgement. */
  static connected(options: Partial<Http2Options> = {}, ...peer: [name: number, value: number][]): End {
    const end = new End("client", options);
    end.connection.receive(Buffer.concat([settings(...peer), settingsAck]));
    end.take();
    return end;
  }

  receive(...bytes: Uint8Array[]): void {
    for (const piece of bytes) this.connection.receive(piece);
  }

  /** Everything the engine wants sent. */
  take(): Buffer {
    this.connection.flush();
    return this.wire.take();
  }

  /** Everything the engine wants sent, a line for each frame. */
  frames(): string[] {
    return parseFrames(this.take()).map(describeFrame);
  }
}

/** Carries bytes between two engines until both are silent. */
export function exchange(a: End, b: End): void {
  for (;;) {
    const toB = a.take();
    const toA = b.take();
    if (toA.length === 0 && toB.length === 0) return;
    if (toB.length > 0) b.receive(toB);
    if (toA.length > 0) a.receive(toA);
  }
}
