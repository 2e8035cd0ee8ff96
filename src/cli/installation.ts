/** What the programs know of where they are installed; `bin/run.cjs` tells them. */
export interface Installation {
  /** Of this package, beside etcd's that clients see. */
  readonly version: string;
  /** The path of `bin/etcd`, which `quorate dev` starts its members with; etcd's other programs lie beside it. */
  readonly etcd: string;
  /** Runs a program of another bundle, with the same arguments; gives what that program gives. */
  readonly run: (bundle: string, program: string) => Promise<unknown>;
  /** The server calls this once it serves: from then on its compiled code may be kept for the next start, outside of `dataDir`. */
  readonly ready: (dataDir: string) => void;
  /** Descriptor of the socket to the service manager, or why there is none; undefined when nobody looked. */
  readonly notify: string | undefined;
}

/** The programs of one bundle, by name: each runs with the process's arguments, environment and streams, and sees to its exit code. */
export type Programs = Readonly<Record<string, (installation: Installation) => Promise<unknown>>>;
