import { createHash } from "node:crypto";
import { type CancelSignal, Code, concatBytes, equalBytes, kinds, notWanted } from "../base/index.ts";
import type { ClientStream, ClientStreamEvents, Status } from "../wire/grpc/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { ClientError, cancelled, SnapshotError } from "./errors.ts";
import { isAborted } from "./options.ts";

/**
 * Where a snapshot is written: a `FileHandle` of `node:fs/promises`, a writable stream of Node, or anything that writes bytes. What
 * `write` returns tells when the next bytes may come: a promise, or `false` of a stream that has `once("drain")`.
 *
 * @example
 * const pieces: Uint8Array[] = [];
 * const sink: SnapshotSink = { write: (bytes) => pieces.push(bytes) };
 * await (await client.maintenance.snapshot()).saveTo(sink);
 */
export interface SnapshotSink {
  write(bytes: Uint8Array): unknown;
  once?(event: "drain", listener: () => void): unknown;
}

/** What `saveTo` tells of a snapshot that is whole. */
export interface SavedSnapshot {
  /** All bytes written, those of the checksum among them. */
  readonly bytes: number;
  /** Version of etcd's storage that the file has; empty from servers before 3.6. */
  readonly version: string;
  /** The checksum, in hexadecimal. */
  readonly sha256: string;
}

/** The database file is followed by its SHA-256; the file itself is made of pages, whose size is a multiple of this. */
const sumBytes = 32;
const pageBytesMin = 512;
/** Bytes that may wait for a slow reader; beyond it nothing more is read from the connection. */
const waitingBytesMax = 4 * 1024 * 1024;

/**
 * A snapshot of one member's store on its way: the bytes of a file that `etcdutl snapshot restore` takes, read once with `for await`
 * or written by `saveTo`. Either way it ends with `SnapshotError` unless all of it came and its checksum is right.
 *
 * @example
 * import { open } from "node:fs/promises";
 * const file = await open("backup.db", "w");
 * const snapshot = await client.maintenance.snapshot({ timeoutMs: 60_000 });
 * const { bytes, sha256 } = await snapshot.saveTo(file);
 * await file.sync();
 * await file.close();
 * console.log(bytes, sha256);
 */
export class Snapshot implements AsyncIterable<Uint8Array> {
  readonly #signal: CancelSignal | undefined;
  readonly #hash = createHash("sha256");
  /** The last bytes that came: they may be the checksum, which is not part of what it sums. */
  #tail: Uint8Array = new Uint8Array(0);
  #stream: ClientStream | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #paused = false;
  #outcome: Status | undefined;
  #wake: (() => void) | undefined;
  #read = false;
  #bytes = 0;
  #version = "";
  #sha256 = "";

  /** Made by `client.maintenance.snapshot`. */
  constructor(signal: CancelSignal | undefined) {
    this.#signal = signal;
  }

  /** Version of etcd's storage that the file has, once something came; empty from servers before 3.6. */
  get version(): string {
    return this.#version;
  }

  /** Bytes handed on so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For the client: what the stream tells. */
  readonly events: ClientStreamEvents = {
    onMessage: (message) => {
      const { blob, version } = rpc.decodeSnapshotResponse(message);
      if (version !== "") this.#version = version;
      if (blob.length === 0) return;
      this.#waiting.push(blob);
      this.#waitingBytes += blob.length;
      if (this.#waitingBytes >= waitingBytesMax && !this.#paused) {
        this.#paused = true;
        this.#stream?.pauseReading();
      }
      this.#rouse();
    },
    onEnd: (outcome) => {
      this.#outcome = outcome;
      this.#rouse();
    },
  };

  /** For the client: the stream, once it stands. */
  begin(stream: ClientStream): void {
    this.#stream = stream;
    if (this.#paused) stream.pauseReading();
  }

  /** Stops it; whoever reads it gets an error. */
  cancel(): void {
    this.#stream?.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#read) throw new Error("a snapshot can be read once");
    this.#read = true;
    try {
      for (;;) {
        const blob = this.#waiting.shift();
        if (blob !== undefined) {
          this.#waitingBytes -= blob.length;
          if (this.#paused && this.#waitingBytes < waitingBytesMax / 2) {
            this.#paused = false;
            this.#stream?.resumeReading();
          }
          this.#take(blob);
          yield blob;
          continue;
        }
        if (isAborted(this.#signal)) throw cancelled();
        if (this.#outcome !== undefined) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#check(this.#outcome);
    } finally {
      // Also when the reader leaves early.
      this.cancel();
    }
  }

  /** Writes all of it to `sink`, each piece once the one before is written, and checks it. The sink is left open. */
  async saveTo(sink: SnapshotSink): Promise<SavedSnapshot> {
    if (!kinds.object.holds(sink) || typeof sink.write !== "function") {
      throw notWanted("snapshot.saveTo", "sink", "an object with a method `write`", sink);
    }
    for await (const piece of this) await write(sink, piece);
    return { bytes: this.#bytes, version: this.#version, sha256: this.#sha256 };
  }

  #take(blob: Uint8Array): void {
    this.#bytes += blob.length;
    const both = this.#tail.length === 0 ? blob : concatBytes([this.#tail, blob]);
    const summed = Math.max(0, both.length - sumBytes);
    this.#hash.update(both.subarray(0, summed));
    this.#tail = Uint8Array.from(both.subarray(summed));
  }

  #check(outcome: Status): void {
    if (outcome.code !== Code.OK) throw new ClientError(outcome.code, outcome.message);
    if (this.#bytes % pageBytesMin !== sumBytes) {
      throw new SnapshotError(`the snapshot was cut off: ${this.#bytes} bytes came, and no checksum at their end`);
    }
    const sum = this.#hash.digest();
    if (!equalBytes(sum, this.#tail)) {
      throw new SnapshotError("the snapshot was damaged on its way: its bytes are not those of its checksum");
    }
    this.#sha256 = sum.toString("hex");
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

async function write(sink: SnapshotSink, piece: Uint8Array): Promise<void> {
  for (let rest = piece; rest.length > 0; ) {
    const answer = sink.write(rest);
    if (answer === false && typeof sink.once === "function") {
      await new Promise<void>((resolve) => {
        sink.once!("drain", resolve);
      });
      return;
    }
    const told = (await answer) as { readonly bytesWritten?: unknown } | undefined | null;
    // A FileHandle may write less than it was given.
    const written = typeof told === "object" && told !== null ? told.bytesWritten : undefined;
    if (typeof written !== "number") return;
    if (written <= 0) throw new SnapshotError("the sink took no more bytes");
    rest = rest.subarray(written);
  }
}
