/**
 * Errors of the operating system in etcd's words, which are Go's: `mkdir /proc/x: no such file or directory`. Node says
 * `ENOENT: no such file or directory, mkdir '/proc/x'`; no person is to read that.
 */

/** What the codes mean, as Go words them on Linux. */
const meanings: Readonly<Record<string, string>> = {
  E2BIG: "argument list too long",
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  EAGAIN: "resource temporarily unavailable",
  EBADF: "bad file descriptor",
  EBUSY: "device or resource busy",
  ECONNABORTED: "software caused connection abort",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EDQUOT: "disk quota exceeded",
  EEXIST: "file exists",
  EFBIG: "file too large",
  EHOSTDOWN: "host is down",
  EHOSTUNREACH: "no route to host",
  EINTR: "interrupted system call",
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  EMFILE: "too many open files",
  EMLINK: "too many links",
  EMSGSIZE: "message too long",
  ENAMETOOLONG: "file name too long",
  ENETDOWN: "network is down",
  ENETUNREACH: "network is unreachable",
  ENFILE: "too many open files in system",
  ENOBUFS: "no buffer space available",
  ENODEV: "no such device",
  ENOENT: "no such file or directory",
  ENOMEM: "cannot allocate memory",
  ENOPROTOOPT: "protocol not available",
  ENOSPC: "no space left on device",
  ENOSYS: "function not implemented",
  ENOTCONN: "transport endpoint is not connected",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENOTSOCK: "socket operation on non-socket",
  ENOTSUP: "operation not supported",
  ENXIO: "no such device or address",
  EOVERFLOW: "value too large for defined data type",
  EPERM: "operation not permitted",
  EPIPE: "broken pipe",
  EPROTO: "protocol error",
  EPROTONOSUPPORT: "protocol not supported",
  EPROTOTYPE: "protocol wrong type for socket",
  EROFS: "read-only file system",
  ESPIPE: "illegal seek",
  ESRCH: "no such process",
  ESTALE: "stale file handle",
  ETIMEDOUT: "connection timed out",
  ETXTBSY: "text file busy",
  EXDEV: "invalid cross-device link",
  // Of the resolver, not of the system.
  EAI_AGAIN: "temporary failure in name resolution",
  ENODATA: "no such host",
  ENOTFOUND: "no such host",
};

/** Node's names of calls, where Go has another for the same. */
const operations: Readonly<Record<string, string>> = {
  scandir: "open",
  opendir: "open",
  unlink: "remove",
  rmdir: "remove",
  rm: "remove",
  fsync: "sync",
  fdatasync: "sync",
  ftruncate: "truncate",
  ftruncate64: "truncate",
};

/** The fields by which Node tells what failed where. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** What `code` of an error of the system means, such as `permission denied` for `EACCES`; undefined for what is no such code. */
export function systemMeaning(code: unknown): string | undefined {
  return typeof code === "string" && Object.hasOwn(meanings, code) ? meanings[code] : undefined;
}

/** Returns the system's own words for an error's code; undefined when the error is not the system's. */
export function systemErrorText(error: unknown): string | undefined {
  return systemMeaning(((error ?? {}) as { readonly code?: unknown }).code);
}

/** Returns what went wrong with a file in one line, as Go words it: `open /x: permission denied`. */
export function fileErrorText(path: string, error: unknown): string {
  const { code, message } = error as Partial<SystemError>;
  // Opening a directory works; reading it does not.
  const operation = code === "EISDIR" ? "read" : "open";
  return `${operation} ${path}: ${systemMeaning(code) ?? String(message)}`;
}

/**
 * What a person is told of `error`: its message, and for an error of the system Go's words for it. `path` names the file for
 * calls whose error does not, such as a read.
 */
export function messageOf(error: unknown, path?: string): string {
  if (!(error instanceof Error)) return String(error);
  // Node's answer when none of a host's addresses took a connection; it has no message of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors.at(-1), path);
  const { code } = error as Partial<SystemError>;
  const meaning = systemMeaning(code);
  return meaning === undefined ? error.message : inGoWords(error as SystemError, meaning, path);
}

function inGoWords(error: SystemError, meaning: string, given: string | undefined): string {
  const { syscall = "", address, port, hostname, dest } = error;
  const path = error.path ?? given;
  if (hostname !== undefined) return `lookup ${hostname}: ${meaning}`;
  // Node's own check of an argument, or another library's error under a system's code.
  if (syscall === "") return error.message;
  if (syscall === "connect" || syscall === "listen" || syscall === "bind") {
    const what = syscall === "connect" ? "dial" : "listen";
    const call = syscall === "connect" ? "connect" : "bind";
    // Node calls a unix socket's path `address`, without a port.
    if (address === undefined || port === undefined || port < 0) {
      return `${what} unix ${path ?? address ?? ""}: ${call}: ${meaning}`;
    }
    return `${what} tcp ${address.includes(":") ? `[${address}]` : address}:${port}: ${call}: ${meaning}`;
  }
  if (syscall.startsWith("spawn")) {
    const program = path ?? syscall.slice("spawn ".length);
    return error.code === "ENOENT" && !program.includes("/")
      ? `exec: "${program}": executable file not found in $PATH`
      : `fork/exec ${program}: ${meaning}`;
  }
  const operation = operations[syscall] ?? syscall;
  return [operation, ...(path === undefined ? [] : [path]), ...(dest === undefined ? [] : [dest])]
    .join(" ")
    .concat(`: ${meaning}`);
}
