import { readFileSync, readSync } from "node:fs";
import { messageOf, systemMeaning } from "../../base/index.ts";
import { writeAll } from "../process/output.ts";
import { Exit, ExitCode, fail, type Io } from "./io.ts";
import { bytesOf, textOf } from "./text.ts";

/** The process's own arguments, without the first `skip`, streams and signals. */
export function systemIo(skip = 0): Io {
  const input = new Input();
  return {
    args: rawArguments().slice(skip),
    env: process.env,
    out: (data) => write(1, data),
    err: (data) => write(2, data),
    readAll: () => input.readAll(),
    readLine: () => input.readLine(),
    askPassword: (prompt) => askPassword(prompt),
    onInterrupt(run) {
      const once = (signal: NodeJS.Signals) => {
        restore();
        run(signal);
      };
      const restore = () => {
        process.off("SIGINT", once);
        process.off("SIGTERM", once);
      };
      process.on("SIGINT", once);
      process.on("SIGTERM", once);
      return restore;
    },
  };
}

/** Runs a program's main function and ends the process with its exit code. */
export async function runMain(main: (io: Io) => Promise<number>, skip = 0): Promise<void> {
  const io = systemIo(skip);
  let code: number;
  try {
    code = await main(io);
  } catch (error) {
    if (error instanceof Exit) code = error.code;
    else {
      const unforeseen = error instanceof Error && systemMeaning((error as NodeJS.ErrnoException).code) === undefined;
      io.err(`Error: ${unforeseen ? (error.stack ?? error.message) : messageOf(error)}\n`);
      code = ExitCode.Error;
    }
  }
  // Connections may still be open; nothing waits for them.
  process.exit(code);
}

/** Arguments may be any bytes; Node decodes them as UTF-8 and loses what is not. Linux keeps the originals. */
function rawArguments(): string[] {
  const args = process.argv.slice(2);
  if (!args.some((arg) => arg.includes("\ufffd"))) return args;
  try {
    const raw = readFileSync("/proc/self/cmdline");
    const words: string[] = [];
    for (let start = 0; start < raw.length; ) {
      const end = raw.indexOf(0, start);
      words.push(textOf(raw.subarray(start, end < 0 ? raw.length : end)));
      start = end < 0 ? raw.length : end + 1;
    }
    return words.slice(-args.length);
  } catch {
    return args;
  }
}

/** Straight to the descriptor: a command writes little, and must have written before it exits. */
function write(descriptor: number, data: string | Uint8Array): void {
  try {
    writeAll(descriptor, typeof data === "string" ? bytesOf(data) : data);
  } catch (error) {
    // Such as a full disk. etcd's commands do not look, and end well with half an answer.
    if (descriptor === 1) fail({ err: (text) => write(2, text) }, ExitCode.Error, messageOf(error, "/dev/stdout"));
  }
}

class Input {
  #buffer: Buffer = Buffer.alloc(0);
  #chunks: AsyncIterator<Buffer> | undefined;
  #ended = false;

  async readAll(): Promise<Uint8Array> {
    while (await this.#more()) {
      // Gathers.
    }
    const all = this.#buffer;
    this.#buffer = Buffer.alloc(0);
    return all;
  }

  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf(10);
      if (end >= 0 || this.#ended) {
        const line = this.#buffer.subarray(0, end < 0 ? this.#buffer.length : end + 1);
        this.#buffer = this.#buffer.subarray(line.length);
        return line.length === 0 ? undefined : textOf(line);
      }
      await this.#more();
    }
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    this.#chunks ??= process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#ended = true;
      return false;
    }
    this.#buffer = Buffer.concat([this.#buffer, next.value]);
    return true;
  }
}

/** At a terminal what is typed is not shown; from a pipe one line is read. */
async function askPassword(prompt: string): Promise<string> {
  write(1, prompt);
  const { stdin } = process;
  const raw = stdin.isTTY === true;
  if (raw) stdin.setRawMode(true);
  try {
    const bytes: number[] = [];
    const one = Buffer.alloc(1);
    for (;;) {
      if ((await readByte(one)) === 0) break;
      const byte = one[0]!;
      if (byte === 10 || byte === 13 || byte === 4) break;
      if (byte === 3) throw new Exit(130);
      if (byte === 127 || byte === 8) bytes.pop();
      else bytes.push(byte);
    }
    return textOf(Buffer.from(bytes));
  } finally {
    if (raw) stdin.setRawMode(false);
    write(1, "\n");
  }
}

/** One byte at a time, so that what follows the line is left for whoever reads next. */
async function readByte(into: Buffer): Promise<number> {
  for (;;) {
    try {
      return readSync(0, into);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
