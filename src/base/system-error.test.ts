import { describe, expect, it } from "vitest";
import { messageOf, systemMeaning } from "./system-error.ts";

/** An error as Node makes them: its message is of Node's own shape. */
function system(code: string, fields: Record<string, unknown>): Error {
  return Object.assign(new Error(`${code}: told by Node, ${String(fields["syscall"])}`), {
    code,
    errno: -1,
    ...fields,
  });
}

describe("messageOf", () => {
  it.each([
    ["mkdir /proc/x: no such file or directory", system("ENOENT", { syscall: "mkdir", path: "/proc/x" })],
    ["open ca.pem: permission denied", system("EACCES", { syscall: "open", path: "ca.pem" })],
    ["open /d: too many levels of symbolic links", system("ELOOP", { syscall: "scandir", path: "/d" })],
    ["rename a b: invalid cross-device link", system("EXDEV", { syscall: "rename", path: "a", dest: "b" })],
    ["remove f: operation not permitted", system("EPERM", { syscall: "unlink", path: "f" })],
    ["sync: input/output error", system("EIO", { syscall: "fdatasync" })],
    [
      "dial tcp 127.0.0.1:1: connect: connection refused",
      system("ECONNREFUSED", { syscall: "connect", address: "127.0.0.1", port: 1 }),
    ],
    [
      "dial tcp [::1]:2379: connect: network is unreachable",
      system("ENETUNREACH", { syscall: "connect", address: "::1", port: 2379 }),
    ],
    ["dial unix /s: connect: no such file or directory", system("ENOENT", { syscall: "connect", address: "/s" })],
    [
      "listen tcp 10.0.0.1:2380: bind: cannot assign requested address",
      system("EADDRNOTAVAIL", { syscall: "listen", address: "10.0.0.1", port: 2380 }),
    ],
    // Node's port of a unix socket.
    [
      "listen unix /s: bind: address already in use",
      system("EADDRINUSE", { syscall: "listen", address: "/s", port: -1 }),
    ],
    ["lookup nowhere: no such host", system("ENOTFOUND", { syscall: "getaddrinfo", hostname: "nowhere" })],
    [`exec: "x": executable file not found in $PATH`, system("ENOENT", { syscall: "spawn x", path: "x" })],
    ["fork/exec ./x: permission denied", system("EACCES", { syscall: "spawn ./x", path: "./x" })],
    ["read: connection reset by peer", system("ECONNRESET", { syscall: "read" })],
  ])("%s", (text, error) => {
    expect(messageOf(error)).toBe(text);
  });

  it("names the file where the error does not", () => {
    expect(messageOf(system("EISDIR", { syscall: "read" }), "etcd.yml")).toBe("read etcd.yml: is a directory");
    expect(messageOf(system("EACCES", { syscall: "open", path: "real" }), "other")).toBe(
      "open real: permission denied",
    );
  });

  it("takes the last of many: none of a host's addresses took a connection", () => {
    const refused = system("ECONNREFUSED", { syscall: "connect", address: "127.0.0.1", port: 1 });
    const failures = new AggregateError(
      [system("EINVAL", { syscall: "connect", address: "::1", port: 1 }), refused],
      "",
    );
    expect(messageOf(failures)).toBe("dial tcp 127.0.0.1:1: connect: connection refused");
    expect(messageOf(new AggregateError([], "nothing"))).toBe("nothing");
  });

  it("leaves all other errors alone", () => {
    expect(messageOf(new Error("plain"))).toBe("plain");
    expect(messageOf("text")).toBe("text");
    expect(messageOf(undefined)).toBe("undefined");
    expect(messageOf(Object.assign(new Error("own"), { code: "ERR_INVALID_ARG_VALUE" }))).toBe("own");
    // A code of the system on an error that no call of the system made.
    expect(messageOf(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))).toBe("socket hang up");
    expect(systemMeaning("toString")).toBeUndefined();
  });
});
