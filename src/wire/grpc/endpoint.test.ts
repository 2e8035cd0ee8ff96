import { describe, expect, it } from "vitest";
import { endpointAddress, parseEndpoint } from "./endpoint.ts";

describe("an endpoint", () => {
  // What etcd's client connects to.
  it.each([
    ["127.0.0.1:1", { host: "127.0.0.1", port: 1, secure: false }],
    ["http://127.0.0.1:1", { host: "127.0.0.1", port: 1, secure: false }],
    ["HTTP://127.0.0.1:1/", { host: "127.0.0.1", port: 1, secure: false }],
    ["http://u:p@a:1/path?q=1#f", { host: "a", port: 1, secure: false }],
    ["https://a.b-c_d:1", { host: "a.b-c_d", port: 1, secure: true }],
    [":1", { host: "localhost", port: 1, secure: false }],
    ["http://:1", { host: "localhost", port: 1, secure: false }],
    ["[::1]:1", { host: "::1", port: 1, secure: false }],
    ["https://[::1%25lo]:1", { host: "::1%lo", port: 1, secure: true }],
    ["[fe80::1%eth0]:1", { host: "fe80::1%eth0", port: 1, secure: false }],
    ["a:+1", { host: "a", port: 1, secure: false }],
    ["a:01", { host: "a", port: 1, secure: false }],
    ["a:", { host: "a", port: 0, secure: false }],
    ["a:http", { host: "a", port: 80, secure: false }],
    ["unix:a:1", { path: "a:1", host: "a", port: 1, secure: false }],
    ["unixs://a:1", { path: "a:1", host: "a", port: 1, secure: true }],
    ["unix:///run/etcd.sock", { path: "/run/etcd.sock", host: "etcd.sock", port: 0, secure: false }],
    ["UNIX:///run/etcd.sock", { path: "/run/etcd.sock", host: "etcd.sock", port: 0, secure: false }],
  ])("%s", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
  });

  // The words of Go's dialler, which etcd's client logs.
  it.each([
    ["", "dial tcp: missing address"],
    ["http://", "dial tcp: missing address"],
    ["http:///a:1", "dial tcp: missing address"],
    ["unix:", "dial unix: missing address"],
    ["unixs://", "dial unix: missing address"],
    ["a", "dial tcp: address a: missing port in address"],
    ["http://a", "dial tcp: address a: missing port in address"],
    ["[::1]", "dial tcp: address [::1]: missing port in address"],
    ["::1:1", "dial tcp: address ::1:1: too many colons in address"],
    ["a:1:2", "dial tcp: address a:1:2: too many colons in address"],
    ["a:1;b:1", "dial tcp: address a:1;b:1: too many colons in address"],
    ["ftp://a:1", "dial tcp: address ftp://a:1: too many colons in address"],
    ["http:a:1", "dial tcp: address http:a:1: too many colons in address"],
    ["http://a b:1", "dial tcp: address http://a b:1: too many colons in address"],
    ["a:99999", "dial tcp: address 99999: invalid port"],
    ["a:-1", "dial tcp: address -1: invalid port"],
    ["a:x", "dial tcp: lookup tcp/x: unknown port"],
    ["a:1/", "dial tcp: lookup tcp/1/: unknown port"],
    ["u@a:1", "dial tcp: lookup u@a: no such host"],
    ["//a:1", "dial tcp: lookup //a: no such host"],
    ["a b:1", "dial tcp: lookup a b: no such host"],
    ["127.1:1", "dial tcp: lookup 127.1: no such host"],
    ["2130706433:1", "dial tcp: lookup 2130706433: no such host"],
    ["%31:1", "dial tcp: lookup %31: no such host"],
  ])("%s cannot be reached", (text, why) => {
    expect(() => parseEndpoint(text)).toThrow(why);
  });

  it("without a scheme is as secure as its client, with one as that says", () => {
    expect(
      ["a:1", "http://a:1", "https://a:1", "unix:/a", "unixs:/a"].map(
        (text) => parseEndpoint(text, { secure: true }).secure,
      ),
    ).toEqual([true, false, true, true, true]);
  });

  it("without a port may have the scheme's", () => {
    const ports = ["a", "http://a", "https://a", "[::1]", "a:5"];
    expect(ports.map((text) => parseEndpoint(text, { defaultPorts: true }).port)).toEqual([2379, 80, 443, 2379, 5]);
  });

  it("is looked at as Go's net/url looks at it", () => {
    expect(endpointAddress("http://[::1%25lo]:1")).toEqual({ address: "[::1%lo]:1", scheme: "http" });
    expect(endpointAddress("http://[::1%lo]:1")).toEqual({ address: "http://[::1%lo]:1", scheme: "" });
  });
});
