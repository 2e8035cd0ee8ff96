/** What the programs know of where they are installed; `bin/run.cjs` tells them. */
export interface Installation {
  /** Of this package, beside etcd's that clients see. */
  readonly version: string;
  /** The path of `bin/etcd`, which `quorate dev` starts its members with. */
  readonly etcd: string;
  /** Runs a program of another bundle, with the same arguments. */
  readonly run: (bundle: string, program: string) => Promise<void>;
  /** Descriptor of the socket to the service manager, or why there is none; undefined when nobody looked. */
  readonly notify: string | undefined;
}

/** The programs of one bundle, by name: each runs with the process's arguments, environment and streams, and sees to its exit code. */
export type Programs = Readonly<Record<string, (installation: Installation) => Promise<void>>>;
