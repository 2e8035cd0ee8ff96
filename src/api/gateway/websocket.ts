import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Socket } from "node:net";

/** Loaded with the first WebSocket: most members never see one. */
function library(): typeof import("ws") {
  return createRequire(import.meta.url)("ws") as typeof import("ws");
}

/** One WebSocket: a call's requests come as text messages, its answers go as text messages. */
export interface TextChannel {
  onText: ((text: string) => void) | undefined;
  onClose: (() => void) | undefined;
  onDrain: (() => void) | undefined;
  send(text: string): void;
  bufferedBytes(): number;
  close(): void;
}

/** Completes the handshake and hands over the channel; a client that is wrong about WebSockets gets HTTP 400 from the library. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  messageBytesMax: number,
  onOpen: (channel: TextChannel) => void,
): void {
  const server = new (library().WebSocketServer)({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
  });
  server.handleUpgrade(request, socket, head, (webSocket) => {
    const channel: TextChannel = {
      onText: undefined,
      onClose: undefined,
      onDrain: undefined,
      send: (text) => webSocket.send(text, () => channel.onDrain?.()),
      bufferedBytes: () => webSocket.bufferedAmount,
      close: () => webSocket.close(),
    };
    webSocket.on("message", (data) => channel.onText?.(data.toString()));
    webSocket.on("close", () => channel.onClose?.());
    webSocket.on("error", () => webSocket.terminate());
    onOpen(channel);
  });
}
