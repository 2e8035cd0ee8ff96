import { type Env, exponentialBuckets, type Histogram } from "../../base/index.ts";
import type { Call, Reply } from "../../wire/grpc/index.ts";
import { type MessageCodec, rpc } from "../../wire/proto/index.ts";
import { messageText } from "./message-text.ts";

/** Longest piece of a request that a log line shows. */
const contentCharsMax = 4096;

/** Told of each finished request of a method. */
export type Observe<Request> = (request: Request, seconds: number, success: boolean) => void;

/**
 * How long unary calls take: histograms of the reads, which never pass through the log, and a line in the log for
 * whatever takes longer than warning-unary-request-duration.
 */
export class RequestTimes {
  readonly #env: Env;
  readonly #warningMs: number;
  readonly #requests: Histogram;

  constructor(warningMs: number, env: Env) {
    this.#env = env;
    this.#warningMs = warningMs;
    // The requests that do pass through the log are counted in the same family, where they are proposed.
    this.#requests = env.metrics.histogram({
      name: "etcd_server_request_duration_seconds",
      help: "Response latency distribution in seconds for each type.",
      labels: ["type", "success"],
      buckets: exponentialBuckets(0.001, 2, 14),
    });
  }

  nowMs(): number {
    return this.#env.clock.monotonicMs();
  }

  /** Counts requests of one type; a series is there from its first request on, as in etcd. */
  counterOf(type: string): (seconds: number, success: boolean) => void {
    return outcomes((success) => this.#requests.with(type, success));
  }

  /** Ends the time of a call; `reply` is undefined when it failed. Returns its seconds. */
  finish(call: Call, startMs: number, input: MessageCodec<unknown>, request: unknown, reply?: Reply): number {
    const ms = this.nowMs() - startMs;
    if (ms > this.#warningMs) this.#warn(call, ms, input, request, reply);
    return ms / 1000;
  }

  /** etcd's line for an expensive unary request; sizes and content are told of KV's calls alone, and never a value. */
  #warn(call: Call, ms: number, input: MessageCodec<unknown>, request: unknown, reply: Reply | undefined): void {
    const { clock, logger } = this.#env;
    const counted = reply === undefined ? undefined : countsOf(input, request, reply);
    logger.warn("request stats", {
      "start time": new Date(clock.wallMs() - ms).toISOString(),
      "time spent": `${ms}ms`,
      remote: call.peer.address,
      "response type": call.path,
      "request count": counted?.requestCount ?? -1,
      "request size": counted?.requestBytes ?? -1,
      "response count": counted?.responseCount ?? -1,
      "response size": counted?.responseBytes ?? -1,
      "request content": counted === undefined ? "" : messageText(input, request, contentCharsMax),
    });
  }
}

/** A function that counts seconds by success, its two series made when they are first needed. */
export function outcomes(
  series: (success: "true" | "false") => Histogram,
): (seconds: number, success: boolean) => void {
  let good: Histogram | undefined;
  let bad: Histogram | undefined;
  return (seconds, success) => {
    if (success) {
      good ??= series("true");
      good.observe(seconds);
    } else {
      bad ??= series("false");
      bad.observe(seconds);
    }
  };
}

interface Counts {
  readonly requestCount: number;
  readonly requestBytes: number;
  readonly responseCount: number;
  readonly responseBytes: number;
}

/** What the line counts of a call that succeeded. Only done for slow ones, so that the answer may be decoded again. */
function countsOf(input: MessageCodec<unknown>, request: unknown, reply: Reply): Counts | undefined {
  const bytes = reply instanceof Uint8Array ? reply : Buffer.concat(reply);
  const requestBytes = input.encode(request).length;
  const counts = (requestCount: number, responseCount: number): Counts => ({
    requestCount,
    requestBytes,
    responseCount,
    responseBytes: bytes.length,
  });
  switch (input.typeName) {
    case "etcdserverpb.RangeRequest":
      return counts(0, rpc.decodeRangeResponse(bytes).count);
    case "etcdserverpb.PutRequest":
      return counts(1, 0);
    case "etcdserverpb.DeleteRangeRequest":
      return counts(0, rpc.decodeDeleteRangeResponse(bytes).deleted);
    case "etcdserverpb.TxnRequest": {
      const { success, failure } = request as rpc.TxnRequest;
      return counts((rpc.decodeTxnResponse(bytes).succeeded ? success : failure).length, 0);
    }
    default:
      return undefined;
  }
}
