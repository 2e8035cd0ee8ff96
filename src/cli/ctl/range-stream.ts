import { Code } from "../../base/index.ts";
import { ClientError } from "../../client/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import type { Session } from "./session.ts";

const path = "/etcdserverpb.KV/RangeStream";

/** A range that the server sends in pieces, put together: keys in order, header, count and `more` from the piece that has them. */
export async function rangeStream(
  session: Session,
  request: rpc.RangeRequest,
  timeoutMs: number,
): Promise<rpc.RangeResponse> {
  const whole = rpc.createRangeResponse();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new ClientError(Code.DeadlineExceeded, "context deadline exceeded")), timeoutMs);
      session.client
        .stream(path, {
          onMessage(bytes) {
            const { rangeResponse: piece } = rpc.decodeRangeStreamResponse(bytes);
            if (piece === undefined) return;
            whole.kvs.push(...piece.kvs);
            if (piece.header !== undefined) whole.header = piece.header;
            if (piece.count !== 0) whole.count = piece.count;
            if (piece.more) whole.more = true;
          },
          onEnd({ code, message }) {
            if (code === Code.OK) resolve();
            else reject(new ClientError(code, message));
          },
        })
        .then((stream) => {
          stream.send(rpc.encodeRangeRequest(request));
          stream.closeSend();
        }, reject);
    });
  } catch (error) {
    throw session.explain(path, error);
  } finally {
    clearTimeout(timer);
  }
  return whole;
}
