/** The words that C libraries and Go have for the system's error codes, which Node tells in its own form. */
const texts: Readonly<Record<string, string>> = {
  E2BIG: "argument list too long",
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
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
  EINVAL: "invalid argument",
  EIO: "input/output error",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "file name too long",
  ENETDOWN: "network is down",
  ENETUNREACH: "network is unreachable",
  ENFILE: "too many open files in system",
  ENODEV: "no such device",
  ENOENT: "no such file or directory",
  ENOMEM: "cannot allocate memory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  ENXIO: "no such device or address",
  EPERM: "operation not permitted",
  EPIPE: "broken pipe",
  EROFS: "read-only file system",
  ETIMEDOUT: "connection timed out",
  ETXTBSY: "text file busy",
};

interface Coded {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
}

/** Returns the system's own words for an error's code; undefined when the error is not the system's. */
export function systemErrorText(error: unknown): string | undefined {
  const { code } = (error ?? {}) as Coded;
  return typeof code === "string" ? texts[code] : undefined;
}

/** Returns what went wrong with a file in one line, as Go words it: `open /x: permission denied`. */
export function fileErrorText(path: string, error: unknown): string {
  const { code, message } = error as Coded;
  // Opening a directory works; reading it does not.
  const operation = code === "EISDIR" ? "read" : "open";
  return `${operation} ${path}: ${systemErrorText(error) ?? String(message)}`;
}
