import type { Server, Socket } from "node:net";
import type { Env, Logger } from "../base/index.ts";
import {
  clusterVersionMin,
  HttpPeerNetwork,
  type PeerTimeouts,
  RaftHttp,
  serverVersion,
  type Transport,
} from "../server/index.ts";
import { boundAddress, listenOn, tcpServer } from "./listen.ts";
import { clientContext, hasCertificate, TlsServer, type TlsSettings } from "./tls/index.ts";

export interface PeerListen {
  readonly urls: readonly string[];
  readonly tls: TlsSettings;
  /** Where calls to other members leave from; undefined leaves it to the system. */
  readonly localAddress: string | undefined;
  readonly timeouts: PeerTimeouts;
  readonly reusePort: boolean;
}

/** A transport whose listening sockets end with it. Undefined without addresses: a member that stays alone. */
export async function listenToPeers(options: PeerListen, env: Env): Promise<Transport | undefined> {
  const { urls, tls, timeouts, reusePort } = options;
  if (urls.length === 0) return undefined;
  const network = new HttpPeerNetwork(clientContext(tls, env.logger), options.localAddress);
  const servers: Server[] = [];
  try {
    for (const url of urls) servers.push(await listen(url, reusePort, network, tls, env.logger));
  } catch (error) {
    for (const server of servers) server.close();
    await network.close();
    throw error;
  }
  const transport = new RaftHttp(
    network,
    {
      timeouts,
      server: serverVersion,
      clusterMin: clusterVersionMin,
      formatTime: (wallMs) => new Date(wallMs).toISOString(),
      parseTime: (text) => Date.parse(text),
    },
    env,
  );
  for (const server of servers) env.logger.info("serving peer traffic", { address: boundAddress(server) });
  const close = transport.close.bind(transport);
  transport.close = async () => {
    for (const server of servers) server.close();
    await close();
  };
  return transport;
}

async function listen(
  url: string,
  reusePort: boolean,
  network: HttpPeerNetwork,
  tls: TlsSettings,
  logger: Logger,
): Promise<Server> {
  let take = (socket: Socket): void => network.take(socket);
  if (url.startsWith("https:") || url.startsWith("unixs:")) {
    if (!hasCertificate(tls)) {
      const where = url.replace(/^\w+:\/\//, "");
      throw new Error(`cannot listen on TLS for ${where}: KeyFile and CertFile are not presented`);
    }
    const secure = new TlsServer(tls, "peer", logger, take);
    take = (socket) => secure.take(socket);
  }
  const server = tcpServer((socket) => take(socket));
  await listenOn(server, url, reusePort);
  return server;
}
