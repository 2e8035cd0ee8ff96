/**
 * How every HTTP/1 server of the project is set up: as Go's `net/http` is in etcd. Node's own defaults close an idle connection
 * after 5 seconds, which a proxy that pools connections answers with 502, and refuse a head of more than 16 KiB. What each
 * default is, in Node and in etcd, stands in docs/internals/defaults.md.
 */

/** Time that the head of a request may take: etcd's ReadHeaderTimeout. */
export const http1HeadTimeoutMs = 300_000;

/** For `createServer` of `node:http`. Together with `serveLikeGo`; a test sees to it that no server is made without them. */
export const http1Options = {
  /** An idle connection stays for as long as the client wants it. */
  keepAliveTimeout: 0,
  headersTimeout: http1HeadTimeoutMs,
  /** A body may take its time: uploads and streams of requests have no end that is known. */
  requestTimeout: 0,
  /** Go's DefaultMaxHeaderBytes. */
  maxHeaderSize: 1024 * 1024,
  insecureHTTPParser: false,
  noDelay: true,
} as const;

interface Socket {
  readonly writable: boolean;
  end(bytes: string): void;
  destroy(): void;
}

/** As much of `node:http`'s server as is set here; this room imports nothing. */
interface Http1Server {
  maxHeadersCount: number | null;
  timeout: number;
  maxRequestsPerSocket: number | null;
  on(event: "clientError", listener: (error: Error, socket: Socket) => void): unknown;
  on(event: "connect", listener: (request: unknown, socket: Socket) => void): unknown;
  emit(event: "listening"): boolean;
}

/**
 * Sets up a server that was made with `http1Options` and gets its connections by `emit("connection")`. `onGarbage` is told of
 * bytes that were no HTTP.
 */
export function serveLikeGo(server: Http1Server, onGarbage: () => void = () => {}): void {
  // Node would drop the headers behind the two thousandth without a word.
  server.maxHeadersCount = 0;
  server.timeout = 0;
  server.maxRequestsPerSocket = 0;
  server.on("clientError", (error, socket) => {
    if (isParseError(error) && codeOf(error) !== leftEarly && !isOtherMethod(error)) onGarbage();
    const answer = refusalOf(error);
    if (answer !== undefined && socket.writable && !answering(socket)) socket.end(answer);
    else socket.destroy();
  });
  // Without a listener the connection would end without an answer.
  server.on("connect", (_request, socket) => socket.end(answerOf("404 Not Found", "404 page not found\n")));
  // A server that never listens itself counts no connections, and ends none whose head does not come, until it is told so.
  server.emit("listening");
}

/** The caller went away in the middle of a head. */
const leftEarly = "HPE_INVALID_EOF_STATE";

function codeOf(error: Error): string {
  return (error as { code?: string }).code ?? "";
}

function isParseError(error: Error): boolean {
  return codeOf(error).startsWith("HPE_");
}

/** What a client is told whose bytes are no request; undefined when it is not there to be told, or has been silent too long. */
function refusalOf(error: Error): string | undefined {
  if (!isParseError(error)) return undefined;
  switch (codeOf(error)) {
    case "HPE_HEADER_OVERFLOW":
      return answerOf("431 Request Header Fields Too Large");
    default:
      return isOtherMethod(error)
        ? answerOf("405 Method Not Allowed", "Method Not Allowed\n")
        : answerOf("400 Bad Request");
  }
}

const requestLine = /^(?:\r\n)*[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/1\.\d\r?\n/;

/** Whether it is a request, only with another method than Node's parser has on its list; Go's takes any word and leaves it to the page. */
function isOtherMethod(error: Error): boolean {
  if (codeOf(error) !== "HPE_INVALID_METHOD") return false;
  const { rawPacket } = error as { rawPacket?: Uint8Array };
  // An ASCII line, so each byte is a character.
  return rawPacket !== undefined && requestLine.test(String.fromCharCode(...rawPacket.subarray(0, 1024)));
}

function answerOf(status: string, body: string = status): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`;
}

/** Whether the head of an answer is out: more text behind it would be taken for its body. */
function answering(socket: Socket): boolean {
  return (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true;
}
