import { createServer, type Server, type Socket } from "node:net";
import type { Env, Logger } from "../base/index.ts";
import { clusterVersionMin, HttpPeerNetwork, RaftHttp, serverVersion, type Transport } from "../server/index.ts";
import { ListenError, listenOptions } from "./listen.ts";
import { clientContext, hasCertificate, TlsServer, type TlsSettings } from "./tls/index.ts";

/**
 * A transport whose listening sockets end with it. Undefined without addresses: a member that stays alone. Calls to other
 * members leave from `localAddress`, if one is given.
 */
export async function listenToPeers(
  urls: readonly string[],
  tls: TlsSettings,
  env: Env,
  localAddress?: string,
): Promise<Transport | undefined> {
  if (urls.length === 0) return undefined;
  const network = new HttpPeerNetwork(clientContext(tls, env.logger), localAddress);
  const servers: Server[] = [];
  try {
    for (const url of urls) servers.push(await listen(url, network, tls, env.logger));
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

function listen(url: string, network: HttpPeerNetwork, tls: TlsSettings, logger: Logger): Promise<Server> {
  let take = (socket: Socket): void => network.take(socket);
  if (url.startsWith("https:") || url.startsWith("unixs:")) {
    if (!hasCertificate(tls)) {
      throw new Error(`cannot listen on TLS for ${new URL(url).host}: KeyFile and CertFile are not presented`);
    }
    const secure = new TlsServer(tls, "peer", logger, take);
    take = (socket) => secure.take(socket);
  }
  const server = createServer({ noDelay: true }, (socket) => take(socket));
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(new ListenError(url, error)));
    server.listen(listenOptions(url), () => resolve(server));
  });
}
