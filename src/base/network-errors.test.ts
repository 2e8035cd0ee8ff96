import { type AddressInfo, connect, createServer } from "node:net";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { expect, it } from "vitest";
import { networkError } from "./network-errors.ts";
import { fileErrorText, systemErrorText } from "./system-error.ts";

const text = (raw: object): string => networkError(Object.assign(new Error("raw"), raw)).message;

it.each([
  [
    { syscall: "connect", code: "ECONNREFUSED", address: "10.0.0.1", port: 2380 },
    "dial tcp 10.0.0.1:2380: connect: connection refused",
  ],
  [
    { syscall: "connect", code: "EHOSTUNREACH", address: "::1", port: 1 },
    "dial tcp [::1]:1: connect: no route to host",
  ],
  [
    { syscall: "connect", code: "ENOENT", address: "/run/e.sock" },
    "dial unix /run/e.sock: connect: no such file or directory",
  ],
  [{ syscall: "getaddrinfo", code: "ENOTFOUND", hostname: "m2" }, "dial tcp: lookup m2: no such host"],
  [
    { syscall: "getaddrinfo", code: "EAI_AGAIN", hostname: "m2" },
    "dial tcp: lookup m2: temporary failure in name resolution",
  ],
  [{ syscall: "bind", code: "EADDRNOTAVAIL", address: "10.0.0.1" }, "dial tcp: bind: cannot assign requested address"],
  [{ syscall: "read", code: "ECONNRESET" }, "read: connection reset by peer"],
  [{ syscall: "write", code: "EPIPE" }, "write: broken pipe"],
  [{ code: "ECONNRESET", message: "socket hang up" }, "EOF"],
  [
    { code: "CERT_HAS_EXPIRED" },
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
  ],
  [{ code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" }, "remote error: tls: certificate required"],
  [{ code: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" }, "remote error: tls: unknown certificate authority"],
  [
    {
      code: "EPROTO",
      message: "write EPROTO 00A1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:1:",
    },
    "tls: wrong version number",
  ],
  [
    {
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
      host: "m2",
      cert: { subjectaltname: "DNS:m1, DNS:localhost, IP Address:127.0.0.1" },
    },
    "tls: failed to verify certificate: x509: certificate is valid for m1, localhost, not m2",
  ],
  [
    { code: "ERR_TLS_CERT_ALTNAME_INVALID", host: "10.0.0.1", cert: { subjectaltname: "DNS:m1" } },
    "tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
  ],
  [
    { code: "ERR_TLS_CERT_ALTNAME_INVALID", host: "m2", cert: {} },
    "tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match m2",
  ],
  [{ code: "ERR_SSL_CERT_CB_ERROR" }, "tls: cert cb error"],
])("%o is %s", (raw, told) => {
  expect(text(raw)).toBe(told);
});

it("tells the first of several addresses, whose error has no text of its own", async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
  const error = await new Promise<Error>((resolve) => {
    const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
    connect({ port, host: "m2", lookup: (_host, _options, done) => done(null, addresses) }).on("error", resolve);
  });
  expect(error.message).toBe("");
  expect(networkError(error)).toMatchObject({
    message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
    code: "ECONNREFUSED",
    cause: error,
  });
});

it("tells a server without TLS", async () => {
  const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const error = await new Promise<Error>((resolve) => {
    tlsConnect({ port, host: "127.0.0.1" }).on("error", resolve);
  });
  server.close();
  expect(networkError(error).message).toBe("tls: first record does not look like a TLS handshake");
});

it("tells a server that speaks TLS and has no certificate", async () => {
  const server = createTlsServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const error = await new Promise<Error>((resolve) => {
    tlsConnect({ port, host: "127.0.0.1" }).on("error", resolve);
  });
  server.close();
  expect(networkError(error).message).toBe("remote error: tls: handshake failure");
});

it("leaves other errors as they are", () => {
  const own = new Error("etcdserver: no leader");
  expect(networkError(own)).toBe(own);
  expect(networkError("text").message).toBe("text");
});

it("tells what is wrong with a file", () => {
  expect(fileErrorText("/x", { code: "ENOENT" })).toBe("open /x: no such file or directory");
  expect(fileErrorText("/x", { code: "EISDIR" })).toBe("read /x: is a directory");
  expect(fileErrorText("/x", new Error("odd"))).toBe("open /x: odd");
  expect(systemErrorText(new Error("odd"))).toBeUndefined();
});
