import type { Clock } from "../../base/index.ts";
import {
  type CallOptions,
  type ClientStream,
  type GrpcClient,
  type MethodRegistry,
  type ServerStream,
  statusOf,
} from "../../wire/grpc/index.ts";
import type { ServiceDescriptor } from "../../wire/proto/index.ts";

type Ready = () => Promise<GrpcClient>;

/**
 * Registers methods that hand their calls on: messages as they come, in both directions, with metadata, time limit, status
 * and back-pressure. What they say is not looked at.
 */
export function forward(service: ServiceDescriptor, into: MethodRegistry, ready: Ready, clock: Clock): void {
  for (const { name, clientStream, serverStream } of service.methods) {
    const path = `/${service.typeName}/${name}`;
    if (clientStream) {
      const handler = (down: ServerStream) => handOn(path, down, ready, clock, undefined);
      into.register(service.typeName, name, { kind: serverStream ? "bidi" : "clientStream", handler });
    } else if (serverStream) {
      into.register(service.typeName, name, {
        kind: "serverStream",
        handler: (down, request) => handOn(path, down, ready, clock, request),
      });
    } else {
      into.register(service.typeName, name, {
        kind: "unary",
        handler: async (call, request) => {
          const ending = new AbortController();
          call.onCancel = () => ending.abort();
          const client = await ready();
          return client.unary(path, request, { ...optionsOf(call, clock), signal: ending.signal });
        },
      });
    }
  }
}

function optionsOf(call: Pick<ServerStream, "metadata" | "deadlineMs">, clock: Clock): CallOptions {
  const metadata = call.metadata.entries();
  const leftMs = call.deadlineMs - clock.monotonicMs();
  return {
    ...(metadata.length === 0 ? {} : { metadata }),
    ...(Number.isFinite(leftMs) ? { timeoutMs: Math.max(1, leftMs) } : {}),
  };
}

/** One stream: what the client sends goes up, what the member sends comes down, each as fast as the other side takes it. */
async function handOn(
  path: string,
  down: ServerStream,
  ready: Ready,
  clock: Clock,
  request: Uint8Array | undefined,
): Promise<void> {
  // Nothing is read from the client before there is somebody to give it to.
  down.pauseReading();
  let up: ClientStream | undefined;
  down.onCancel = (why) => up?.cancel(why);
  const toUp: Uint8Array[] = [];
  let ended = request !== undefined;
  down.onMessage = (message) => {
    if (up === undefined) toUp.push(message);
    else {
      up.send(message);
      if (!up.writable()) down.pauseReading();
    }
  };
  down.onEnd = () => {
    ended = true;
    up?.closeSend();
  };
  down.onDrain = () => up?.resumeReading();
  let client: GrpcClient;
  try {
    client = await ready();
  } catch (error) {
    down.end(statusOf(error));
    return;
  }
  if (down.ended) return;
  up = client.stream(
    path,
    {
      onMessage: (message) => {
        down.send(message);
        if (!down.writable()) up?.pauseReading();
      },
      onDrain: () => down.resumeReading(),
      onEnd: (outcome) => down.end(outcome),
    },
    optionsOf(down, clock),
  );
  if (request !== undefined) up.send(request);
  for (const message of toUp) up.send(message);
  if (ended) up.closeSend();
  if (up.writable()) down.resumeReading();
}
