import { rpc } from "../../../wire/proto/index.ts";
import type { Io } from "../../command/io.ts";
import type { Answer } from "../display.ts";
import { answerCodecs } from "./codecs.ts";

/** The answer's own bytes. */
export function protobuf(_io: Io, shown: Answer): Uint8Array | undefined {
  switch (shown.kind) {
    case "endpointHealth":
    case "endpointStatus":
    case "endpointHashKv":
      return undefined;
    case "leaseGrant":
    case "leaseKeepAlive":
    case "leaseTimeToLive":
    case "leases":
      // etcd's client wraps these around a header, and the header is what it prints.
      return rpc.encodeResponseHeader(shown.answer.header ?? rpc.createResponseHeader());
    case "watch": {
      const { header, events, compactRevision, canceled, created } = shown.answer;
      return rpc.encodeWatchResponse(
        rpc.createWatchResponse({
          ...(header === undefined ? {} : { header }),
          events,
          compactRevision,
          canceled,
          created,
        }),
      );
    }
    default:
      return answerCodecs[shown.kind].encode(shown.answer as never);
  }
}
