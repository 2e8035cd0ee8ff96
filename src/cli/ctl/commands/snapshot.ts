import { close, fsync, open as openFile, renameSync, rmSync, write } from "node:fs";
import { promisify } from "node:util";
import { Code, messageOf } from "../../../base/index.ts";
import { ClientError, type ClientStream } from "../../../client/index.ts";
import { rpc } from "../../../wire/proto/index.ts";
import { Exit, ExitCode, fail, logLine } from "../../command/io.ts";
import { sizeText } from "../../command/text.ts";
import type { Invocation } from "../../command/tree.ts";
import { dial, errorText, limitOf, type Session, settings } from "../session.ts";

const files = { open: promisify(openFile), write: promisify(write), sync: promisify(fsync), close: promisify(close) };

/** Most bytes received and not yet written; the stream is paused beyond. */
const waitingBytesMax = 4 * 1024 * 1024;

/** Saves one member's store with its SHA-256 behind it. The file gets its name only when all of it is on disk. */
export async function save(call: Invocation): Promise<void> {
  const { io, args, flags } = call;
  if (args.length !== 1) fail(io, ExitCode.BadArgs, "snapshot save expects one argument <filename>");
  const path = args[0]!;
  const { target } = await settings(call);
  const refuse = (why: unknown): never => fail(io, ExitCode.Interrupted, why);
  if (target.endpoints.length !== 1) {
    refuse(`snapshot must be requested to one selected node, not multiple [${target.endpoints.join(" ")}]`);
  }
  const [endpoint] = target.endpoints;
  const session = await dial(io, target, "client");
  const part = `${path}.part`;
  const log = (message: string, fields: Record<string, unknown>) =>
    logLine(io, "info", message, { caller: "commands/snapshot.ts", ...fields });
  let version: string;
  try {
    let file: number;
    try {
      file = await files.open(part, "w", 0o600);
    } catch (error) {
      refuse(`could not open ${part} (${messageOf(error, part)})`);
      return;
    }
    try {
      log("created temporary db file", { path: part });
      const start = performance.now();
      // Without the flag a snapshot may take as long as it takes.
      const timeoutMs = flags.changed("command-timeout") ? limitOf(call).timeoutMs : Number.POSITIVE_INFINITY;
      log("fetching snapshot", { endpoint });
      const fetched = await fetchTo(session, file, timeoutMs);
      version = fetched.version;
      if (fetched.bytes % 512 !== 32) refuse(`sha256 checksum not found [bytes: ${fetched.bytes}]`);
      await files.sync(file);
      const took = `${((performance.now() - start) / 1000).toFixed(3)}s`;
      log("fetched snapshot", { endpoint, size: sizeText(fetched.bytes), took, "etcd-version": version });
    } catch (error) {
      if (error instanceof Exit) throw error;
      refuse(error instanceof ClientError ? errorText(error) : messageOf(error, part));
      throw error;
    } finally {
      await files.close(file);
    }
    try {
      renameSync(part, path);
    } catch (error) {
      refuse(`could not rename ${part} to ${path} (${messageOf(error)})`);
    }
    log("saved", { path });
  } finally {
    rmSync(part, { force: true });
  }
  io.out(`Snapshot saved at ${path}\n`);
  if (version !== "") io.out(`Server version ${version}\n`);
}

async function fetchTo(
  session: Session,
  file: number,
  timeoutMs: number,
): Promise<{ readonly bytes: number; readonly version: string }> {
  let bytes = 0;
  let version = "";
  let waiting = 0;
  let stream: ClientStream | undefined;
  let written = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (Number.isFinite(timeoutMs)) {
        timer = setTimeout(
          () => reject(new ClientError(Code.DeadlineExceeded, "context deadline exceeded")),
          timeoutMs,
        );
      }
      session.client
        .stream("/etcdserverpb.Maintenance/Snapshot", {
          onMessage(message) {
            const response = rpc.decodeSnapshotResponse(message);
            if (response.version !== "") version = response.version;
            const { blob } = response;
            const at = bytes;
            bytes += blob.length;
            waiting += blob.length;
            if (waiting > waitingBytesMax) stream?.pauseReading();
            written = written.then(async () => {
              for (let done = 0; done < blob.length; ) {
                done += (await files.write(file, blob, done, blob.length - done, at + done)).bytesWritten;
              }
              waiting -= blob.length;
              if (waiting <= waitingBytesMax / 2) stream?.resumeReading();
            });
            written.catch(reject);
          },
          onEnd({ code, message }) {
            if (code === Code.OK) written.then(resolve, reject);
            else reject(new ClientError(code, message));
          },
        })
        .then((opened) => {
          stream = opened;
          stream.send(rpc.encodeSnapshotRequest({}));
          stream.closeSend();
        }, reject);
    });
  } finally {
    clearTimeout(timer);
    stream?.cancel();
  }
  return { bytes, version };
}
