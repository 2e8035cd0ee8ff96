import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Env } from "../../base/index.ts";
import { encodeCpu, encodeHeap } from "./convert.ts";
import { cpuPeriodMicros, heapPeriodBytes, type Profiler } from "./profiler.ts";

/** What is told when a profile of the CPU has no `seconds`. */
const secondsDefault = 30;
/** A sample takes some ten bytes until the profile ends: an hour of them is some 40 MB. */
const secondsMax = 3600;

const compress = promisify(gzip);

/** Profiles that Go has and a program without goroutines has not, with what to ask for instead. */
const meaningless: Readonly<Record<string, string>> = {
  allocs: "what was allocated and is gone again is not sampled here; /debug/pprof/heap tells what is in use",
  block:
    "there are no goroutines here that could wait for each other; the loop's waiting is no work, and not in a profile",
  mutex: "there are no locks here",
  threadcreate: "the threads here are Node's own, made at the start",
  trace: "there is no trace of this runtime that Go's tools could read; /debug/pprof/profile tells where time goes",
};

/** Those of `meaningless` are listed, too: who looks for one learns why it is not there. */
const listed: readonly (readonly [name: string, about: string])[] = [
  ["cmdline", "The command line."],
  [`profile?seconds=${secondsDefault}`, `CPU profile, of so many seconds (${secondsDefault} when not told).`],
  ["heap", "Memory in use by where it was allocated, sampled; gc=1 collects garbage first."],
  ["goroutine", "What the event loop waits for, as text: there are no goroutines."],
  ["symbol", "Says that profiles hold their names themselves."],
  ...Object.entries(meaningless).map(([name, why]) => [name, `Not here: ${why}.`] as const),
];

/** The pages under `/debug/pprof/`, for `go tool pprof` and for browsers. */
export class ProfilePages {
  readonly #profiler: Profiler;
  readonly #env: Env;
  #profiling = false;

  constructor(profiler: Profiler, env: Env) {
    this.#profiler = profiler;
    this.#env = env;
  }

  /** Serves `path`, which starts with `/debug/pprof/`. */
  async serve(path: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = path.slice("/debug/pprof/".length);
    switch (name) {
      case "":
        send(response, 200, "text/html; charset=utf-8", index());
        return;
      case "cmdline":
        send(response, 200, "text/plain; charset=utf-8", process.argv.join("\0"));
        return;
      case "symbol":
        request.resume();
        send(response, 200, "text/plain; charset=utf-8", "num_symbols: 0\n");
        return;
      case "goroutine":
        send(response, 200, "text/plain; charset=utf-8", waits());
        return;
      case "heap":
        await this.#heap(query, response);
        return;
      case "profile":
        await this.#cpu(query, response);
        return;
      default: {
        const why = meaningless[name];
        if (why === undefined) refuse(response, 404, "Unknown profile");
        else refuse(response, 501, `no profile "${name}": ${why}`);
      }
    }
  }

  async #heap(query: URLSearchParams, response: ServerResponse): Promise<void> {
    if (query.has("seconds")) {
      refuse(response, 501, "no difference over time here: fetch the heap twice and give pprof one as -base");
      return;
    }
    const profile = await this.#profiler.heap(Number(query.get("gc")) > 0);
    await attach(response, "heap", encodeHeap(profile, this.#env.clock.wallMs(), heapPeriodBytes));
  }

  async #cpu(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const asked = query.get("seconds") ?? "";
    const seconds = /^\d{1,9}$/.test(asked) && Number(asked) > 0 ? Number(asked) : secondsDefault;
    if (seconds > secondsMax) {
      refuse(response, 400, `at most ${secondsMax} seconds`);
      return;
    }
    if (this.#profiling) {
      refuse(response, 500, "Could not enable CPU profiling: cpu profiling already in use");
      return;
    }
    this.#profiling = true;
    try {
      const startMs = this.#env.clock.wallMs();
      const stop = await this.#profiler.startCpu();
      await this.#whileOpen(response, seconds * 1000);
      const profile = await stop();
      if (!response.destroyed) await attach(response, "profile", encodeCpu(profile, startMs, cpuPeriodMicros));
    } finally {
      this.#profiling = false;
    }
  }

  /** So long, or until the client has gone. */
  #whileOpen(response: ServerResponse, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        response.off("close", done);
        resolve();
      };
      const timer = this.#env.scheduler.after(ms, done);
      response.on("close", done);
      if (response.destroyed) done();
    });
  }
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.writeHead(code, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function attach(response: ServerResponse, name: string, profile: Uint8Array): Promise<void> {
  const body = await compress(profile);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": `attachment; filename="${name}"`,
    "Content-Length": body.length,
  });
  response.end(body);
}

/** A refusal whose text `go tool pprof` shows to its user: it does so for answers that carry this header. */
function refuse(response: ServerResponse, code: number, text: string): void {
  response.setHeader("X-Go-Pprof", "1");
  send(response, code, "text/plain; charset=utf-8", `${text}\n`);
}

function index(): string {
  const rows = listed.map(([name, about]) => {
    const label = name.replace(/\?.*/, "");
    return `<tr><td><a href="${name}">${label}</a></td><td>${about}</td></tr>`;
  });
  return `<!DOCTYPE html>
<html>
<head><title>/debug/pprof/</title></head>
<body>
<p>Profiles of this process. Names and lines are those of JavaScript; <code>go tool pprof</code> reads them.</p>
<table>
${rows.join("\n")}
</table>
</body>
</html>
`;
}

/** What keeps the event loop waiting, by kind. */
function waits(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const lines = [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}\n`);
  return `There are no goroutines: one event loop runs all. It waits for:\n\n${lines.join("")}`;
}
