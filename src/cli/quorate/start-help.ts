import { helpText } from "../../node/config/index.ts";

/** The help of `quorate start`: how it is called, then every flag by group. */
export function startHelp(): string {
  return `Starts a member of a cluster, and serves until Ctrl-C or SIGTERM ends it.

Usage:
  quorate start [flags]
  quorate [flags]

Aliases:
  start, server

Examples:
  quorate start                                       one member on 127.0.0.1:2379, its data in ./default.etcd
  quorate start --name m1 --data-dir /var/lib/m1
  quorate start --config-file m1.yaml                 all settings from a file
  ETCD_NAME=m1 quorate start                          every flag has a variable
  quorate start --name m1 --initial-advertise-peer-urls http://10.0.0.1:2380 --listen-peer-urls http://10.0.0.1:2380 \\
    --initial-cluster m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380

At a terminal it greets with its addresses and logs errors only; --log-level info logs what bin/etcd logs.
${helpText()}
`;
}
