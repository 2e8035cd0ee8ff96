import { connect } from "node:net";

/** One answer of HTTP/1 as it came, taken apart but not judged. */
export interface Answer {
  readonly status: number;
  /** Names as they were spelled, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Latin-1: one character a byte. */
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** `length`: Content-Length; `chunks`: to the last chunk; `cut`: the connection ended in the middle; `close`: all until the end; `open`: reading stopped. */
  readonly end: "length" | "chunks" | "cut" | "close" | "open" | "none";
}

export interface ExchangeOptions {
  /** Stop reading, and leave, after so many lines of the body. */
  readonly lines?: number;
  /** Called with the body so far, each time more came. */
  readonly onBody?: (body: string) => void;
  /** A HEAD: no body follows. */
  readonly head?: boolean;
  readonly timeoutMs?: number;
}

/** Sends these bytes (latin1) on a connection of its own and reads one answer; undefined when there is none. */
export function exchange(
  url: string,
  request: string | Uint8Array,
  options: ExchangeOptions = {},
): Promise<Answer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let raw = "";
    let over = false;
    const finish = (answer: Answer | undefined): void => {
      over = true;
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      if (over) return;
      over = true;
      socket.destroy();
      reject(new Error(`no whole answer in time to ${String(request).slice(0, 200)}\ngot: ${raw.slice(0, 500)}`));
    }, options.timeoutMs ?? 15_000);
    const look = (closed: boolean): void => {
      if (over) return;
      const answer = parse(raw, closed, options);
      if (answer !== undefined) finish(answer === "none" ? undefined : answer);
    };
    socket.on("connect", () => socket.write(typeof request === "string" ? Buffer.from(request, "latin1") : request));
    socket.on("data", (chunk: Buffer) => {
      raw += chunk.toString("latin1");
      look(false);
    });
    socket.on("error", () => look(true));
    socket.on("close", () => look(true));
  });
}

function parse(raw: string, closed: boolean, options: ExchangeOptions): Answer | "none" | undefined {
  let text = raw;
  for (;;) {
    const headEnd = text.indexOf("\r\n\r\n");
    if (headEnd < 0) return closed ? "none" : undefined;
    const [statusLine = "", ...lines] = text.slice(0, headEnd).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
    const rest = text.slice(headEnd + 4);
    if (status >= 100 && status < 200 && status !== 101) {
      text = rest;
      continue;
    }
    const headers = lines.map(fieldOf);
    return bodyOf(status, headers, rest, closed, options);
  }
}

function bodyOf(
  status: number,
  headers: Answer["headers"],
  rest: string,
  closed: boolean,
  options: ExchangeOptions,
): Answer | undefined {
  const value = (name: string): string | undefined =>
    headers.find(([known]) => known.toLowerCase() === name)?.[1].toLowerCase();
  const answer = (body: string, end: Answer["end"], trailers: Answer["trailers"] = []): Answer => ({
    status,
    headers,
    body,
    trailers,
    end,
  });
  if (options.head === true || status === 304 || status === 204 || status === 101) return answer("", "none");
  const length = value("content-length");
  let body = rest;
  if (value("transfer-encoding") === "chunked") {
    body = "";
    for (let at = 0; ; ) {
      const lineEnd = rest.indexOf("\r\n", at);
      if (lineEnd < 0) break;
      const size = Number.parseInt(rest.slice(at, lineEnd), 16);
      if (size === 0) {
        const trailerEnd = rest.startsWith("\r\n", lineEnd + 2) ? lineEnd : rest.indexOf("\r\n\r\n", lineEnd);
        if (trailerEnd < 0) break;
        const trailers = rest.slice(lineEnd + 2, Math.max(lineEnd + 2, trailerEnd));
        return answer(body, "chunks", trailers === "" ? [] : trailers.split("\r\n").map(fieldOf));
      }
      const data = rest.slice(lineEnd + 2, lineEnd + 2 + size);
      body += data;
      at = lineEnd + 2 + size + 2;
      if (data.length < size || rest.length < at) break;
    }
  } else if (length !== undefined) {
    if (rest.length >= Number(length)) return answer(rest.slice(0, Number(length)), "length");
  } else if (closed) return answer(rest, "close");
  options.onBody?.(body);
  if (options.lines !== undefined && body.split("\n").length > options.lines) return answer(body, "open");
  return closed ? answer(body, "cut") : undefined;
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
