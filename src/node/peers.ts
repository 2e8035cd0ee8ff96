import { createServer, type Server } from "node:net";
import type { Env } from "../base/index.ts";
import { clusterVersionMin, HttpPeerNetwork, RaftHttp, serverVersion, type Transport } from "../server/index.ts";
import { ListenError, listenOptions } from "./listen.ts";

/** A transport whose listening sockets end with it. Undefined without addresses: a member that stays alone. */
export async function listenToPeers(urls: readonly string[], env: Env): Promise<Transport | undefined> {
  if (urls.length === 0) return undefined;
  const network = new HttpPeerNetwork();
  const servers: Server[] = [];
  try {
    for (const url of urls) servers.push(await listen(url, network));
  } catch (error) {
    for (const server of servers) server.close();
    await network.close();
    throw error;
  }
  const transport = new RaftHttp(
    network,
    {
      server: serverVersion,
      clusterMin: clusterVersionMin,
      formatTime: (wallMs) => new Date(wallMs).toISOString(),
      parseTime: (text) => Date.parse(text),
    },
    env,
  );
  for (const url of urls) env.logger.info("serving peer traffic", { address: new URL(url).host });
  const close = transport.close.bind(transport);
  transport.close = async () => {
    for (const server of servers) server.close();
    await close();
  };
  return transport;
}

function listen(url: string, network: HttpPeerNetwork): Promise<Server> {
  if (url.startsWith("https:") || url.startsWith("unixs:")) {
    throw new Error(`--listen-peer-urls ${url}: TLS between members is not supported by this version`);
  }
  const server = createServer({ noDelay: true }, (socket) => network.take(socket));
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(new ListenError(url, error)));
    server.listen(listenOptions(url), () => resolve(server));
  });
}
