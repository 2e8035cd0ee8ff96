import { spawn } from "node:child_process";
import { etcdctl, type Running } from "./servers.ts";

/**
 * One command of a script that drives both servers. Its printed form is compared word for word: what may differ between
 * two runs of one and the same server (a lease id the server chose, a duration) is hidden by `hide`; what differs between
 * the two versions stands in the table of `differences.ts`.
 */
export interface Step {
  /** Unique within its script; the key into the table of differences. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** End the command once it printed that many lines (and whatever comes with them). */
  readonly lines?: number;
  /** How it is ended; `undefined` = it must end by itself. */
  readonly signal?: NodeJS.Signals;
  /** Run once the lines are there, while the command is still running; their output is recorded under their names. */
  readonly during?: readonly Step[];
  /** Lines that must have come before `during` starts; then `lines` are awaited. */
  readonly linesBefore?: number;
  readonly hide?: readonly Hide[];
  /** Compare the lines of the output as a set: for output whose order means nothing. */
  readonly sorted?: boolean;
}

export type Hide = readonly [pattern: RegExp, replacement: string];

/** What a step printed: standard output, then standard error under its mark, then how it ended. */
export type Transcript = ReadonlyMap<string, string>;

export interface Place {
  readonly server: Pick<Running, "url">;
  /** Stands for `{dir}` in arguments. */
  readonly directory: string;
  /** Stands for `{other}`: a second server, where the script has one. */
  readonly other?: Running;
}

type StepOptions = Omit<Step, "name" | "command" | "args"> & { readonly name?: string };

/** A command line of Debian's client; words may be quoted with `'`. */
export function ctl(line: string, options: StepOptions = {}): Step {
  const args = words(line);
  if (!args.some((word) => word.startsWith("--endpoints"))) args.unshift("--endpoints={endpoint}");
  return { name: line, command: etcdctl, args, ...options };
}

export function curl(name: string, path: string, body?: unknown, args: readonly string[] = []): Step {
  const data = body === undefined ? [] : ["-d", typeof body === "string" ? body : JSON.stringify(body)];
  return {
    name,
    command: "/usr/bin/curl",
    args: ["-sS", "-m", "5", "-w", "\n[http %{http_code} %{content_type}]", ...args, ...data, `{url}${path}`],
  };
}

function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|([^\s']+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

/** Runs a script; the transcript has its steps in the order in which they began. */
export async function play(script: readonly Step[], place: Place): Promise<Transcript> {
  const transcript = new Map<string, string>();
  for (const step of script) await playStep(step, place, transcript);
  return transcript;
}

async function playStep(step: Step, place: Place, transcript: Map<string, string>): Promise<void> {
  if (transcript.has(step.name)) throw new Error(`two steps are named ${step.name}`);
  transcript.set(step.name, "(running)");
  const silent = step.during !== undefined && (step.linesBefore ?? step.lines ?? 1) === 0;
  const watchersBefore = silent ? await watchersOf(place.server) : 0;
  const child = spawn(
    step.command,
    step.args.map((word) => fill(word, place)),
    {
      stdio: "pipe",
      env: {
        PATH: process.env["PATH"],
        HOME: "/nonexistent",
        ETCDCTL_API: "3",
        ...step.env,
      },
    },
  );
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === null ? `${signal}` : `exit ${code}`));
  });
  child.stdin.on("error", () => {});
  const interactive = step.during !== undefined || step.lines !== undefined;
  if (step.input !== undefined) child.stdin.write(step.input);
  if (!interactive || step.input === undefined) child.stdin.end();

  let note = "";
  const lineCount = (): number => Buffer.concat(out).toString("latin1").split("\n").length - 1;
  const wait = async (count: number): Promise<void> => {
    const limit = performance.now() + 30_000;
    while (lineCount() < count && child.exitCode === null && performance.now() < limit) await pause(10);
    if (lineCount() < count) note = `(only ${lineCount()} of ${count} lines came)\n`;
  };
  if (step.during !== undefined) {
    await wait(step.linesBefore ?? step.lines ?? 1);
    // A command that prints nothing until something happens is in place once it watches.
    for (const limit = performance.now() + 30_000; silent && performance.now() < limit; await pause(20)) {
      if (child.exitCode !== null || (await watchersOf(place.server)) > watchersBefore) break;
    }
    for (const inner of step.during) await playStep(inner, place, transcript);
  }
  if (step.lines !== undefined) {
    await wait(step.lines);
    // What should not come gets a moment to come.
    await pause(60);
  }
  if (step.signal !== undefined) child.kill(step.signal);
  const guard = setTimeout(() => {
    note += "(did not end)\n";
    child.kill("SIGKILL");
  }, 60_000);
  const end = await ended;
  clearTimeout(guard);

  const stderr = withoutClientLog(printable(Buffer.concat(err)));
  let text = printable(Buffer.concat(out));
  if (step.sorted) text = text.split("\n").sort().join("\n");
  if (text !== "" && !text.endsWith("\n")) text += "\n";
  if (stderr.trim() !== "") text += `[stderr]\n${stderr.trimEnd()}\n`;
  text += `${note}[${end}]`;
  text = unfill(text, place);
  for (const [pattern, replacement] of step.hide ?? []) text = text.replace(pattern, replacement);
  transcript.set(step.name, text);
}

/** Watchers that a server counts, by its metrics. */
async function watchersOf({ url }: Place["server"]): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^etcd_debugging_mvcc_watcher_total (\S+)$/m.exec(text)?.[1]);
}

function fill(word: string, place: Place): string {
  return word
    .replace("{dir}", place.directory)
    .replace("{url}", place.server.url)
    .replace("{endpoint}", place.server.url.replace("http://", ""))
    .replace("{other}", place.other?.url.replace("http://", "") ?? "");
}

function unfill(text: string, place: Place): string {
  return text.replaceAll(place.directory, "{dir}");
}

/** Bytes that are no text show as `\xNN`, so that nothing is lost in the comparison. */
function printable(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replace(/[^\n\t\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** The client library's own log lines (zap's JSON, with time and place) are not output of the command. */
function withoutClientLog(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\{"level":"\w+","ts":/.test(line))
    .join("\n");
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
