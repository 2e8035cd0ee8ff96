import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { Code, codeName, messageOf } from "../../base/index.ts";
import { Client, ClientError, type TlsSettings } from "../../client/index.ts";
import type { MessageCodec } from "../../wire/proto/index.ts";
import { Exit, ExitCode, fail, type Io, logLine } from "../command/io.ts";
import { type Invocation, inheritedNames } from "../command/tree.ts";
import type { Display } from "./display.ts";

/** How to reach a cluster and as whom: what the global flags say. */
export interface Target {
  readonly endpoints: readonly string[];
  readonly dialTimeoutMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** 0: what etcd's client sends at most. */
  readonly sendBytesMax: number;
  /** 0: no limit. */
  readonly receiveBytesMax: number;
  readonly tls: TlsFiles;
  readonly user: User | undefined;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly cacert: string;
  readonly insecureTransport: boolean;
  readonly skipVerify: boolean;
  readonly serverName: string;
}

export type User = { readonly name: string; readonly password: string } | { readonly token: string };

/** Limits of one request. */
export interface CallLimits {
  /** Sending it twice does no harm. */
  readonly repeatable?: boolean;
  /** Milliseconds; none: it may take for ever. */
  readonly timeoutMs?: number;
}

/** etcd's client sends no more than this in one message. */
const sendBytesMax = 2 * 1024 * 1024;

/** A client for one command: etcd's methods by name, its errors in its words. */
export class Session {
  readonly io: Io;
  readonly target: Target;
  readonly client: Client;
  /** `etcd-client`, the name its log lines carry. */
  readonly #logger: string;

  constructor(io: Io, target: Target, client: Client, logger: string) {
    this.io = io;
    this.target = target;
    this.client = client;
    this.#logger = logger;
  }

  /** Calls `/etcdserverpb.<method>`. Throws an `Error` with the text etcdctl shows. */
  async call<Q, A>(
    method: string,
    request: readonly [MessageCodec<Q>, Q],
    answer: MessageCodec<A>,
    limits: CallLimits = {},
  ): Promise<A> {
    const path = `/etcdserverpb.${method}`;
    const bytes = request[0].encode(request[1]);
    const most = this.target.sendBytesMax || sendBytesMax;
    try {
      if (bytes.length > most) {
        const text = `trying to send message larger than max (${bytes.length} vs. ${most})`;
        throw new ClientError(Code.ResourceExhausted, text);
      }
      return answer.decode(await this.client.call(path, bytes, { timeoutMs: Number.POSITIVE_INFINITY, ...limits }));
    } catch (error) {
      const failure = ClientError.from(error);
      // What may be asked again is asked until the time is over, so that is what went wrong.
      const late = limits.repeatable === true && failure.code === Code.Unavailable && !isOwn(failure.message);
      throw this.explain(path, late ? new ClientError(Code.DeadlineExceeded, failure.message) : failure);
    }
  }

  /** Turns a failure into what etcd's client would say, and leaves its log line. */
  explain(path: string, error: unknown): CallError {
    const failure = ClientError.from(error);
    const late = failure.code === Code.DeadlineExceeded || failure.unsent;
    const code = late ? "DeadlineExceeded" : codeName(failure.code);
    logLine(this.io, "warn", "retrying of unary invoker failed", {
      logger: this.#logger,
      caller: "ctl/session.ts",
      target: `etcd-endpoints://${this.target.endpoints[0]}`,
      method: path,
      attempt: 0,
      error: `rpc error: code = ${code} desc = ${failure.message}`,
    });
    return new CallError(failure);
  }

  close(): void {
    this.client.close();
  }
}

/** A request that failed. */
export class CallError extends Error {
  readonly code: Code;
  /** The server's own words. */
  readonly text: string;

  constructor(failure: ClientError) {
    super(errorText(failure));
    this.code = failure.code;
    this.text = failure.message;
  }
}

/** etcd's own errors are known by their text alone; any other is shown as gRPC's. */
export function errorText(failure: {
  readonly code: Code;
  readonly message: string;
  readonly unsent?: boolean;
}): string {
  if (failure.unsent === true || failure.code === Code.DeadlineExceeded) return "context deadline exceeded";
  if (isOwn(failure.message)) return failure.message;
  return `rpc error: code = ${codeName(failure.code)} desc = ${failure.message}`;
}

function isOwn(message: string): boolean {
  return message.startsWith("etcdserver: ");
}

/** What every command that talks to a server starts with: settings from flags and environment, then a client. */
export async function open(call: Invocation): Promise<{ readonly session: Session; readonly display: Display }> {
  const { target, display } = await settings(call);
  return { session: await dial(call.io, target), display };
}

/** The global flags, completed from the environment and checked. */
export async function settings(call: Invocation): Promise<{ readonly target: Target; readonly display: Display }> {
  applyEnvironment(call);
  const { io, flags } = call;
  if (flags.bool("debug")) {
    for (const name of inheritedNames(call.command)) io.err(`${variableOf(name)}=${flags.text(name)}\n`);
  }
  const endpoints = await endpointsOf(call);
  const tls = tlsOf(call);
  const user = await userOf(call);
  const { display } = await import("./display.ts");
  return {
    target: {
      endpoints,
      dialTimeoutMs: flags.durationMs("dial-timeout"),
      keepaliveTimeMs: flags.durationMs("keepalive-time"),
      keepaliveTimeoutMs: flags.durationMs("keepalive-timeout"),
      sendBytesMax: flags.number("max-request-bytes"),
      receiveBytesMax: flags.number("max-recv-bytes"),
      tls,
      user,
    },
    display: display(io, flags.string("write-out"), flags.bool("hex")),
  };
}

/** Opens a client; a user is logged in right away. */
export async function dial(io: Io, target: Target, logger = "etcd-client"): Promise<Session> {
  const client = clientFor(io, target);
  const session = new Session(io, target, client, logger);
  if (target.user !== undefined && "name" in target.user) {
    try {
      await client.authenticate();
    } catch (error) {
      fail(io, ExitCode.BadConnection, session.explain("/etcdserverpb.Auth/Authenticate", error));
    }
  }
  return session;
}

function clientFor(io: Io, target: Target): Client {
  const { tls, user } = target;
  const settings = tlsSettings(io, tls);
  if (target.endpoints.length === 0) fail(io, ExitCode.BadConnection, "etcdclient: no available endpoints");
  const secured = settings !== undefined;
  // An endpoint that names no scheme is as secure as the flags make it.
  const urls = target.endpoints.map((endpoint) =>
    endpoint.includes("://") || /^unixs?:/.test(endpoint) ? endpoint : `${secured ? "https" : "http"}://${endpoint}`,
  );
  // As in etcdctl, a time of nothing is no limit.
  const dialTimeoutMs = target.dialTimeoutMs > 0 ? target.dialTimeoutMs : Number.POSITIVE_INFINITY;
  try {
    return new Client({
      endpoints: urls,
      ...(settings === undefined ? {} : { tls: settings }),
      ...(user === undefined
        ? {}
        : "token" in user
          ? { token: user.token }
          : { username: user.name, password: user.password }),
      requestTimeoutMs: dialTimeoutMs,
      connectTimeoutMs: dialTimeoutMs,
      keepaliveTimeMs: Math.max(1, target.keepaliveTimeMs),
      keepaliveTimeoutMs: Math.max(1, target.keepaliveTimeoutMs),
      ...(target.receiveBytesMax === 0 ? {} : { receiveBytesMax: target.receiveBytesMax }),
    });
  } catch (error) {
    fail(io, ExitCode.BadConnection, error);
  }
}

/** undefined: no TLS was asked for. */
function tlsSettings(io: Io, files: TlsFiles): TlsSettings | undefined {
  const { cert, key, cacert, insecureTransport, skipVerify, serverName } = files;
  if (cert === "" && key === "" && cacert === "" && insecureTransport && !skipVerify) {
    return serverName === "" ? undefined : { servername: serverName };
  }
  if ((cert === "") !== (key === "")) {
    fail(io, ExitCode.BadArgs, `KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`);
  }
  const read = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      fail(io, ExitCode.BadArgs, messageOf(error, path));
    }
  };
  const material = {
    ...(cacert === "" ? {} : { ca: read(cacert) }),
    ...(cert === "" ? {} : { cert: read(cert), key: read(key) }),
  };
  try {
    // Told now: with the first connection it would look like a server that does not answer.
    if (material.ca !== undefined) new X509Certificate(material.ca);
    createSecureContext(material);
  } catch (error) {
    fail(io, ExitCode.BadArgs, `tls: ${messageOf(error)}`);
  }
  return {
    ...material,
    ...(serverName === "" ? {} : { servername: serverName }),
    rejectUnauthorized: !skipVerify,
  };
}

function variableOf(flag: string): string {
  return `ETCDCTL_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/** ETCDCTL_<FLAG> speaks for a flag that was not given; giving both is refused, since one of them would be ignored. */
export function applyEnvironment(call: Invocation): void {
  const { io, flags, command } = call;
  const known = new Map(inheritedNames(command).map((name) => [variableOf(name), name]));
  const quiet = command.name === "watch" ? ["ETCDCTL_WATCH_KEY", "ETCDCTL_WATCH_RANGE_END"] : [];
  const caller = "ctl/session.ts";
  for (const [variable, value = ""] of Object.entries(io.env)) {
    if (!variable.startsWith("ETCDCTL_")) continue;
    const name = known.get(variable);
    if (name !== undefined && flags.changed(name)) {
      const text =
        "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))";
      logLine(io, "fatal", text, { caller, "environment-variable": variable });
      throw new Exit(ExitCode.Error);
    }
    if (value === "") {
      if (name === undefined && !quiet.includes(variable)) {
        logLine(io, "warn", "unrecognized environment variable", { caller, "environment-variable": `${variable}=` });
      }
      continue;
    }
    if (name !== undefined) {
      try {
        flags.set(name, value);
      } catch {
        // etcdctl goes on with the flag's own value.
      }
    } else if (!quiet.includes(variable)) {
      logLine(io, "warn", "unrecognized environment variable", {
        caller,
        "environment-variable": `${variable}=${value}`,
      });
    }
  }
}

/** Members found by DNS, if a domain was given; else those of `--endpoints`. */
export async function endpointsOf(call: Invocation): Promise<readonly string[]> {
  const { io, flags } = call;
  const domain = flags.string("discovery-srv");
  if (domain !== "") {
    const { discover } = await import("./discovery.ts");
    let found: readonly string[] = [];
    try {
      found = await discover(domain, flags.string("discovery-srv-name"));
    } catch (error) {
      fail(io, ExitCode.Error, error);
    }
    if (flags.bool("insecure-discovery")) {
      if (found.length > 0) return found;
    } else {
      const secure = found.filter((endpoint) => !endpoint.startsWith("http://"));
      for (const endpoint of found) {
        if (endpoint.startsWith("http://")) io.err(`ignoring discovered insecure endpoint "${endpoint}"\n`);
      }
      if (secure.length > 0) return secure;
    }
  }
  return flags.list("endpoints").map((endpoint) => endpoint.trim());
}

export function tlsOf(call: Invocation): TlsFiles {
  const { io, flags } = call;
  for (const name of ["cert", "key", "cacert"]) {
    if (flags.changed(name) && flags.string(name) === "") {
      fail(io, ExitCode.BadArgs, `empty string is passed to --${name} option`);
    }
  }
  return {
    cert: flags.string("cert"),
    key: flags.string("key"),
    cacert: flags.string("cacert"),
    insecureTransport: flags.bool("insecure-transport"),
    skipVerify: flags.bool("insecure-skip-tls-verify"),
    serverName: flags.bool("insecure-discovery") ? "" : flags.string("discovery-srv"),
  };
}

async function userOf(call: Invocation): Promise<User | undefined> {
  const { io, flags } = call;
  const token = flags.string("auth-jwt-token");
  if (token !== "") return { token };
  return askUser(io, flags.string("user"), flags.string("password"), "Password: ");
}

/** `name[:password]` and a password; asks for what is missing. */
export async function askUser(io: Io, user: string, password: string, prompt: string): Promise<User | undefined> {
  if (user === "") return undefined;
  if (password !== "") return { name: user, password };
  const colon = user.indexOf(":");
  if (colon >= 0) return { name: user.slice(0, colon), password: user.slice(colon + 1) };
  try {
    return { name: user, password: await io.askPassword(prompt) };
  } catch (error) {
    fail(io, ExitCode.Error, error);
  }
}

/** The time limit of a short command. */
export function limitOf(call: Invocation): { readonly timeoutMs: number } {
  return { timeoutMs: Math.max(1, call.flags.durationMs("command-timeout")) };
}
