import { describe, expect, it } from "vitest";
import { FlagSet } from "../command/flags.ts";
import { runCommandLine } from "../command/testing.ts";
import { main } from "../proxies.ts";
import { flags as specs } from "./flags.ts";
import { proxyOptions } from "./start.ts";

/** Two certificates made for these tests with OpenSSL; nobody trusts them. */
const named = `-----BEGIN CERTIFICATE-----
MIIBnTCCAUOgAwIBAgIUB2GXIyJdYyi8z08grLFlLUUMtA4wCgYIKoZIzj0EAwIw
IzEOMAwGA1UECgwFdGVzdHMxETAPBgNVBAMMCHNvbWVib2R5MCAXDTI2MTEyNTIz
MjUwOFoYDzIxMjYxMTAxMjMyNTA4WjAjMQ4wDAYDVQQKDAV0ZXN0czERMA8GA1UE
AwwIc29tZWJvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAT7oQeCG3dZlTQ+
gkoPyo/erNmysxCDreFhcv6YILs+c5EF8+nXMQi9CgoWZsva7hGhCjIkh46wo8Zc
u3xJyEHro1MwUTAdBgNVHQ4EFgQU+FTURTgNhC7bbsfd/40caOnFv1AwHwYDVR0j
BBgwFoAU+FTURTgNhC7bbsfd/40caOnFv1AwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiEArBNZ/lRU0gN5thsFirEB8WmbhBWYiI9Vy4LqMz7FgQEC
IGuHnrXsIWIhnaWC4Pc9utqFlujLWIoqTtu1pvcpad2E
-----END CERTIFICATE-----
`;
const nameless = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR2gAwIBAgIUefBOU6YHr36TNGqXfSWfw8+m23QwCgYIKoZIzj0EAwIw
EDEOMAwGA1UECgwFdGVzdHMwIBcNMjYxMTI1MjMyNTA4WhgPMjEyNjExMDEyMzI1
MDhaMBAxDjAMBgNVBAoMBXRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
DIf8wDAsMU1RE2hr5EYAY15LiaqT9jEyzLIVtB030Zes4M8jmhtV7Vmyz/9TynEr
ehchpMy+co7RE9PcdKxLxKNTMFEwHQYDVR0OBBYEFKZrMaKUJ3C6eMuW5MvShe2F
4JLWMB8GA1UdIwQYMBaAFKZrMaKUJ3C6eMuW5MvShe2F4JLWMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAI1gIoDPOvdNSFSIGWZDsFtiRuQ7UkR+
hi8xxlPDznF2AiEAsZXjVvEZtTarm2mTlWzzM0KgoKLzYq2Y8FSDd+zWkYg=
-----END CERTIFICATE-----
`;

function options(...words: string[]) {
  const flags = new FlagSet();
  flags.add(specs);
  flags.parse(words);
  return proxyOptions(flags, (path) => Buffer.from(path === "named.pem" ? named : nameless));
}

describe("etcd grpc-proxy start", () => {
  it("has etcd's initial values", () => {
    expect(options()).toMatchObject({
      listen: "127.0.0.1:23790",
      advertise: "127.0.0.1:23790",
      endpoints: ["127.0.0.1:2379"],
      syncMs: 0,
      sendBytesMax: 1572864,
      keepaliveTimeMs: 7_200_000,
      upstreamTls: undefined,
      listenTls: { minVersion: "TLS1.2", maxVersion: "", cipherSuites: [] },
    });
  });

  it("shows the cluster no certificate with a common name, which would make one user of all clients", () => {
    expect(options("--cert", "nameless.pem", "--key", "k", "--cacert", "c").upstreamTls).toMatchObject({
      certFile: "nameless.pem",
      keyFile: "k",
      trustedCaFile: "c",
    });
    expect(() => options("--cert", "named.pem", "--key", "k")).toThrow(
      "cert has non empty Common Name (somebody): named.pem",
    );
    expect(options("--cert-file", "named.pem").listenTls.certFile).toBe("named.pem");
  });

  it("refuses what it cannot do, in etcd's words where etcd refuses it too", async () => {
    expect(() => options("--namespace=x")).toThrow("--namespace is not supported by this grpc-proxy yet");
    expect(() => options("--tls-min-version=TLS1.1")).toThrow("tls-min-version is invalid: unexpected TLS version");
    expect(() => options("--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2")).toThrow(
      "min version (TLS1.3) is greater than max version (TLS1.2)",
    );
    expect(() => options("--tls-min-version=TLS1.3", "--listen-cipher-suites=TLS_A")).toThrow(
      "cipher suites cannot be configured when only TLS1.3 is enabled",
    );
    const nowhere = await runCommandLine(main, ["grpc-proxy", "start", "--endpoints="]);
    expect(nowhere).toMatchObject({ code: 1, err: "etcdclient: no available endpoints\n" });
    const run = await runCommandLine(main, ["grpc-proxy", "start", "--resolver-prefix=p"]);
    expect(run).toMatchObject({ code: 1, err: "--resolver-prefix is not supported by this grpc-proxy yet\n" });
  });
});
