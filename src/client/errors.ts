import { Code, codeName, messageOf } from "../base/index.ts";
import { GrpcError } from "../wire/grpc/index.ts";

/**
 * Why a request failed. `code` is the gRPC code, `message` the server's text (etcd's texts start with `etcdserver: `).
 *
 * @example
 * try {
 *   await client.get("key", { revision: 1 });
 * } catch (error) {
 *   if (error instanceof ClientError && error.is("mvcc: required revision has been compacted")) ...
 * }
 */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  readonly code: Code;
  /** The request certainly had no effect, since no server took it up. */
  readonly unsent: boolean;

  constructor(code: Code, message: string, unsent = false) {
    super(message);
    this.code = code;
    this.unsent = unsent;
  }

  /** `NotFound`, `Unavailable`, ... */
  get codeName(): string {
    return codeName(this.code);
  }

  /** Whether the server said exactly this; `etcdserver: ` in front may be left out. */
  is(text: string): boolean {
    return this.message === text || this.message === `etcdserver: ${text}`;
  }

  /** Any error of the layers below as one of ours. */
  static from(error: unknown): ClientError {
    if (error instanceof ClientError) return error;
    if (error instanceof GrpcError) return new ClientError(error.code, error.message, error.unsent);
    if (error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError")) {
      return new ClientError(Code.Canceled, error.message);
    }
    return new ClientError(Code.Unknown, messageOf(error));
  }
}

/** A watch that cannot go on: the events after its last one were compacted away. Read anew, then watch from there. */
export class CompactedError extends ClientError {
  override readonly name = "CompactedError";
  /** The oldest revision that is still there. */
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super(Code.OutOfRange, "etcdserver: mvcc: required revision has been compacted");
    this.compactRevision = compactRevision;
  }
}
