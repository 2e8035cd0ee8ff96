import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { CONTENT_TYPE } from "../../api/metrics/index.ts";
import { Code, dialOptions, keyBytes, type Logger, messageOf, networkError } from "../../base/index.ts";
import { type GrpcClient, GrpcError, parseEndpoint } from "../../wire/grpc/index.ts";
import { rpc } from "../../wire/proto/index.ts";
import type { ProfilePages } from "../pprof/index.ts";

export interface PagesOptions {
  readonly ready: () => Promise<GrpcClient>;
  readonly endpoints: () => readonly string[];
  readonly tls: (() => ConnectionOptions) | undefined;
  /** The proxy's own metrics. */
  readonly scrape: () => string;
  readonly profiles: ProfilePages | undefined;
  readonly logger: Logger;
}

interface Health {
  readonly health: "true" | "false";
  readonly reason: string;
}

const healthy: Health = { health: "true", reason: "" };
const profilesPath = "/debug/pprof/";
const readTimeoutMs = 1000;
const watchTimeoutMs = 3000;
const metricsTimeoutMs = 10_000;
const metricsBytesMax = 16 * 1024 * 1024;

/** Pages beside gRPC: health and metrics, of the cluster and of the proxy. */
export function pages(options: PagesOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { ready, scrape, profiles, logger } = options;
  const health = async (response: ServerResponse, check: () => Promise<Health>): Promise<void> => {
    const found = await check();
    if (found.health === "false") logger.warn("/health error", { output: JSON.stringify(found), "status-code": 503 });
    send(response, found.health === "true" ? 200 : 503, "application/json", JSON.stringify(found));
  };
  const serve = async (path: string, response: ServerResponse): Promise<void> => {
    switch (path) {
      case "/health":
        return health(response, () => readable(ready));
      case "/proxy/health":
        return health(response, () => watchable(ready));
      case "/proxy/metrics":
        return send(response, 200, CONTENT_TYPE, scrape());
      case "/metrics":
        return send(response, 200, "text/plain; version=0.0.4", await metricsOf(options));
      default:
        return send(response, 404, "text/plain; charset=utf-8", "404 page not found\n");
    }
  };
  return (request, response) => {
    request.resume();
    const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
    if (path.endsWith("/health") && request.method !== "GET") {
      response.setHeader("allow", "GET");
      send(response, 405, "text/plain; charset=utf-8", "Method Not Allowed\n");
      return;
    }
    const served =
      profiles !== undefined && path.startsWith(profilesPath)
        ? profiles.serve(path, new URLSearchParams(query), request, response)
        : serve(path, response);
    served.catch((error: unknown) => {
      logger.warn("failed to serve a page", { path, error: messageOf(error) });
      send(response, 500, "text/plain; charset=utf-8", "Internal server error\n");
    });
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Whether the cluster answers a linearizable read; being refused for want of rights is an answer. */
async function readable(ready: PagesOptions["ready"]): Promise<Health> {
  try {
    const client = await ready();
    const request = rpc.RangeRequest.encode(rpc.createRangeRequest({ key: keyBytes("a") }));
    await client.unary("/etcdserverpb.KV/Range", request, { timeoutMs: readTimeoutMs });
    return healthy;
  } catch (error) {
    if (error instanceof GrpcError && error.code === Code.PermissionDenied) return healthy;
    return { health: "false", reason: `GET ERROR:${messageOf(error)}` };
  }
}

/** Whether reads are answered and watches are set up. */
async function watchable(ready: PagesOptions["ready"]): Promise<Health> {
  const read = await readable(ready);
  if (read.health === "false") return read;
  try {
    const client = await ready();
    const created = await new Promise<boolean>((resolve) => {
      const stream = client.stream(
        "/etcdserverpb.Watch/Watch",
        {
          onMessage: () => {
            resolve(true);
            stream.cancel();
          },
          onEnd: () => resolve(false),
        },
        { timeoutMs: watchTimeoutMs },
      );
      const value = rpc.createWatchCreateRequest({ key: keyBytes("a") });
      const create = rpc.createWatchRequest({ requestUnion: { case: "createRequest", value } });
      stream.send(rpc.WatchRequest.encode(create));
    });
    return created ? healthy : { health: "false", reason: "WATCH TIMEOUT" };
  } catch (error) {
    return { health: "false", reason: `GET ERROR:${messageOf(error)}` };
  }
}

/** The metrics page of a member. */
function metricsOf({ endpoints, tls }: PagesOptions): Promise<string> {
  const { host, port, path, secure } = parseEndpoint(endpoints()[0]!.trim(), { secure: tls !== undefined });
  const place = path === undefined ? { host, port } : { socketPath: path };
  const where = { ...dialOptions, ...place, path: "/metrics", timeout: metricsTimeoutMs };
  return new Promise((resolve, reject) => {
    const asked = secure ? httpsRequest({ ...where, ...tls?.() }) : httpRequest(where);
    asked.on("timeout", () => asked.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
    asked.on("error", (error) => reject(networkError(error)));
    asked.on("response", (message) => {
      const chunks: Buffer[] = [];
      let size = 0;
      message.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > metricsBytesMax) message.destroy(new Error("too much"));
        else chunks.push(chunk);
      });
      message.on("error", reject);
      message.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    });
    asked.end();
  });
}
