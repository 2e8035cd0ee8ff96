/**
 * Counters of one server or client, shared by all its connections; the owner shows them as metrics. Plain numbers, so
 * that counting costs an addition.
 */
export interface Http2Stats {
  bytesReceived: number;
  bytesSent: number;
  streamsOpened: number;
  /** Refused for SETTINGS_MAX_CONCURRENT_STREAMS. */
  streamsRefused: number;
  resetsReceived: number;
  resetsSent: number;
  /** Connections ended for a fault of the peer. */
  connectionErrors: number;
  /** Of these, connections ended with ENHANCE_YOUR_CALM: a flood, or output that nobody reads. */
  floods: number;
  timeouts: number;
  /** Header blocks answered from the decoder's cache of repeated blocks, and those decoded. */
  headerBlocksCached: number;
  headerBlocksDecoded: number;
}

export function createHttp2Stats(): Http2Stats {
  return {
    bytesReceived: 0,
    bytesSent: 0,
    streamsOpened: 0,
    streamsRefused: 0,
    resetsReceived: 0,
    resetsSent: 0,
    connectionErrors: 0,
    floods: 0,
    timeouts: 0,
    headerBlocksCached: 0,
    headerBlocksDecoded: 0,
  };
}

/**
 * Limits of one connection. Bursts and rates are token buckets: a bucket starts full, and is refilled by
 * `checkTimeouts` (so by time) and by useful work of the same peer; an empty one ends the connection with
 * ENHANCE_YOUR_CALM.
 */
export interface Http2Options {
  /**
   * Streams the peer may have open. Server only. 1000: well above the 100 the RFC calls the least sensible value, and
   * with `streamWindowBytes` unread it is the connection window, not this, that bounds memory. 0xffffffff advertises
   * no limit.
   */
  readonly maxConcurrentStreams: number;
  /** Receive window of the connection. 16 MiB: at 10 ms round trip this is 1.6 GB/s, so it never throttles a loopback or LAN. */
  readonly connectionWindowBytes: number;
  /** Receive window of a stream. 4 MiB: holds a largest etcd request (1.5 MiB + 512 KiB) whole, so a put never waits for credit. */
  readonly streamWindowBytes: number;
  /** Largest frame we accept. 16384, the RFC's minimum and what grpc-go sends at most; a larger one only adds latency to others. */
  readonly maxFrameBytes: number;
  /** Decoder's dynamic table, advertised. 4096, the RFC's default: gRPC's few constant headers fit ten times over. */
  readonly headerTableBytes: number;
  /**
   * Our encoder's dynamic table for header lists given as fields; 0 keeps encoding stateless (server: the answers are
   * prepared blocks). At most what the peer allows is used.
   */
  readonly encoderTableBytes: number;
  /** Decoded header list, as the RFC counts it (name + value + 32). 64 KiB: room for a JWT and then some. Advertised and enforced by RST_STREAM. */
  readonly maxHeaderListBytes: number;
  /** CONTINUATION frames after one HEADERS. 32: with frames of 16 KiB far beyond any legal list; stops floods of tiny ones. */
  readonly maxContinuations: number;
  /** Streams the peer may open and reset. 1000 at once covers a client that cancels all it has in flight; see CVE-2023-44487. */
  readonly resetBurst: number;
  /**
   * Refill of `resetBurst`: a client that really works completes streams, and each completed one refills one more. A stream that is
   * reset after something was answered costs nothing.
   */
  readonly resetsPerSecond: number;
  /**
   * PING, SETTINGS, PRIORITY, unknown and empty frames, and frames on closed streams. 1000: start-up noise. Each DATA frame, received
   * or sent, and each head received refill one: grpc-go measures the line's bandwidth with a PING for as good as all DATA it gets.
   */
  readonly controlBurst: number;
  readonly controlPerSecond: number;
  /** WINDOW_UPDATE frames. A peer may send two for each DATA frame it got, so each DATA frame sent refills four. */
  readonly windowUpdateBurst: number;
  readonly windowUpdatesPerSecond: number;
  /** Bytes gathered while the socket is backed up before the connection is ended. 4 MiB: heads and acks of thousands of answers. */
  readonly pausedOutputBytesMax: number;
  /** Gathered bytes at which the output is flushed without waiting for the end of the turn. 256 KiB, a few socket buffers. */
  readonly gatherBytesMax: number;
  /** Time for preface and first SETTINGS to arrive. 10 s: a slow handshake, not a parked socket. */
  readonly handshakeTimeoutMs: number;
  /** Time for the peer to acknowledge our SETTINGS. 30 s; ends with SETTINGS_TIMEOUT. Some gRPC clients are lazy, none that lazy. */
  readonly settingsTimeoutMs: number;
  /** Time for a frame or header block that began to arrive to be whole. 30 s: slow-loris bound, generous for a 16 KiB frame. */
  readonly frameTimeoutMs: number;
  /** Time without any stream after which the connection is closed gracefully. Infinity, as etcd does: clients hold connections open. */
  readonly idleTimeoutMs: number;
  /**
   * Server: after our END_STREAM, tell a peer that is still sending to stop (RST_STREAM NO_ERROR, RFC 9113 8.1), as
   * grpc-go does. Otherwise the stream stays half open at the peer's mercy.
   */
  readonly resetAfterResponse: boolean;
  /** Counters to add to. */
  readonly stats: Http2Stats;
}

export const defaultHttp2Options: Omit<Http2Options, "stats"> = {
  maxConcurrentStreams: 1000,
  connectionWindowBytes: 16 * 1024 * 1024,
  streamWindowBytes: 4 * 1024 * 1024,
  maxFrameBytes: 16384,
  headerTableBytes: 4096,
  encoderTableBytes: 0,
  maxHeaderListBytes: 64 * 1024,
  maxContinuations: 32,
  resetBurst: 1000,
  resetsPerSecond: 200,
  controlBurst: 1000,
  controlPerSecond: 100,
  windowUpdateBurst: 10_000,
  windowUpdatesPerSecond: 1000,
  pausedOutputBytesMax: 4 * 1024 * 1024,
  gatherBytesMax: 256 * 1024,
  handshakeTimeoutMs: 10_000,
  settingsTimeoutMs: 30_000,
  frameTimeoutMs: 30_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  resetAfterResponse: true,
};

/** The defaults with some values replaced. */
export function http2Options(options: Partial<Http2Options> = {}): Http2Options {
  return { ...defaultHttp2Options, stats: createHttp2Stats(), ...options };
}
