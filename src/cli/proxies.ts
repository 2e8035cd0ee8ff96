import { execute } from "./command/command.ts";
import type { Io } from "./command/io.ts";
import type { CommandSpec } from "./command/tree.ts";
import { flags as grpcProxyFlags } from "./grpc-proxy/flags.ts";

/** The servers beside etcd itself that its program holds. Names, flags and initial values are etcd's, descriptions are ours. */
/** `notify`: see `Installation`. */
export const proxies = (notify: string | undefined): readonly CommandSpec[] => [
  {
    use: "gateway <subcommand>",
    short: "Hands on TCP connections to a cluster",
    children: [
      {
        use: "start",
        short: "Starts the gateway",
        flags: [
          { name: "listen-addr", type: "string", initial: "127.0.0.1:23790", usage: "where clients connect" },
          {
            name: "discovery-srv",
            type: "string",
            initial: "",
            usage: "domain whose SRV records name the endpoints",
          },
          { name: "discovery-srv-name", type: "string", initial: "", usage: "ending of the service's name in DNS" },
          {
            name: "insecure-discovery",
            type: "bool",
            initial: "false",
            usage: "take discovered endpoints unchecked",
          },
          {
            name: "trusted-ca-file",
            type: "string",
            initial: "",
            usage: "CA that discovered endpoints' certificates are checked with",
          },
          {
            name: "endpoints",
            type: "stringSlice",
            initial: "[127.0.0.1:2379]",
            usage: "the cluster's endpoints, with commas between",
          },
          {
            name: "retry-delay",
            type: "duration",
            initial: "1m0s",
            usage: "how long an endpoint that does not answer is left alone",
          },
        ],
        run: async (call) => (await import("./gateway/start.ts")).startGateway(call, notify),
      },
    ],
  },
  {
    use: "grpc-proxy <subcommand>",
    short: "Hands on gRPC calls to a cluster",
    children: [
      {
        use: "start",
        short: "Starts the gRPC proxy",
        flags: grpcProxyFlags,
        run: async (call) => (await import("./grpc-proxy/start.ts")).startGrpcProxy(call, notify),
      },
    ],
  },
];

const program = (notify: string | undefined): CommandSpec => ({
  use: "etcd",
  short: "Servers that stand before a cluster.",
  children: proxies(notify),
});

/** Runs `etcd gateway …` or `etcd grpc-proxy …`; gives the exit code once it ended. */
export function main(io: Io, notify?: string): Promise<number> {
  return execute(program(notify), io, { repeatError: true });
}
