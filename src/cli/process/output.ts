import { writeSync } from "node:fs";
import { constants } from "node:os";
import { dieOf } from "./signals.ts";

/**
 * Writes all of `bytes` to a descriptor before it returns. When nobody reads standard output or standard error any more
 * (`etcdctl get --prefix "" | head`), the process ends by SIGPIPE, as a program of Go does. Other faults are thrown.
 */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      else if (code === "EPIPE") dieOf("SIGPIPE", constants.signals.SIGPIPE);
      else throw error;
    }
  }
}

/** Like `writeAll`, for a line that is lost when it cannot be written: a full disk behind standard error ends no server. */
export function writeOrLose(descriptor: number, text: string): void {
  try {
    writeAll(descriptor, Buffer.from(text));
  } catch {
    // Go's programs do not look at what became of such a line either.
  }
}
