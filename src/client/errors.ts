import { Code, codeName, messageOf } from "../base/index.ts";
import { GrpcError } from "../wire/grpc/index.ts";

/**
 * Why a request failed, whatever failed: the server's refusal, the network, a deadline, a cancellation. `code` is the gRPC code, `message` the server's text (etcd's texts start with `etcdserver: `).
 *
 * @example
 * try {
 *   await client.get("key", { revision: 1 });
 * } catch (error) {
 *   if (!(error instanceof ClientError && error.is("mvcc: required revision is a future revision"))) throw error;
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

/**
 * A watch that cannot go on: the events after its last one were compacted away. Read anew, then watch from there.
 *
 * @example
 * try {
 *   for await (const event of client.watch("key", { startRevision: 1 })) console.log(event.revision);
 * } catch (error) {
 *   if (!(error instanceof CompactedError)) throw error;
 *   console.log("the oldest revision left is", error.compactRevision);
 * }
 */
export class CompactedError extends ClientError {
  override readonly name = "CompactedError";
  /** The oldest revision that is still there. */
  readonly compactRevision: number;

  constructor(compactRevision: number) {
    super(Code.OutOfRange, "etcdserver: mvcc: required revision has been compacted");
    this.compactRevision = compactRevision;
  }
}

/**
 * A transaction of `stm` that met a conflict at each of its attempts. Nothing of it was written.
 *
 * @example
 * try {
 *   await client.stm(async (tx) => tx.put("counter", "1"), { retries: 3 });
 * } catch (error) {
 *   if (error instanceof ConflictError) console.log("tried", error.attempts, "times");
 *   else throw error;
 * }
 */
export class ConflictError extends ClientError {
  override readonly name = "ConflictError";
  /** How often it was tried. */
  readonly attempts: number;

  constructor(attempts: number) {
    super(Code.Aborted, `the transaction met a conflict at each of ${attempts} attempts`);
    this.attempts = attempts;
  }
}

/**
 * A snapshot that did not arrive whole: cut off, or its bytes are not those of its checksum. What was written of it is no backup.
 *
 * @example
 * try {
 *   const snapshot = await client.maintenance.snapshot();
 *   await snapshot.saveTo({ write: (bytes: Uint8Array) => console.log(bytes.length) });
 * } catch (error) {
 *   if (error instanceof SnapshotError) console.log("discard it:", error.message);
 *   else throw error;
 * }
 */
export class SnapshotError extends ClientError {
  override readonly name = "SnapshotError";

  constructor(message: string) {
    super(Code.DataLoss, message);
  }
}

/** The error of a request that its signal gave up. */
export function cancelled(): ClientError {
  return new ClientError(Code.Canceled, "the request was cancelled");
}
