import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LogFields, type Logger, silentLogger } from "../../base/index.ts";
import { opensslName } from "./cipher-suites.ts";
import { der, objectId, readDer, readDerAll, Tag, unsignedInteger } from "./der.ts";
import { clientContext, ensureSelfSigned, hasCertificate, noTls, TlsServer, type TlsSettings } from "./index.ts";
import { revokedSerials } from "./revocation.ts";
import { selfSigned, Usage } from "./self-signed.ts";

let dir = "";
const endings: (() => void)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tls-"));
});
afterEach(() => {
  for (const end of endings.splice(0)) end();
  rmSync(dir, { recursive: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

describe("a self-signed certificate", () => {
  it("is good for the hosts it was made for", () => {
    const { cert, key } = selfSigned(["localhost", "127.0.0.1", "::1", "2001:db8::a:0:b"], new Date(), 2);
    const read = new X509Certificate(cert);
    expect(read.subject).toBe("O=etcd");
    expect(read.checkHost("localhost")).toBe("localhost");
    for (const address of ["127.0.0.1", "::1", "2001:db8::a:0:b"]) expect(read.checkIP(address)).toBe(address);
    expect(read.checkHost("elsewhere")).toBeUndefined();
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(read.verify(createPublicKey(createPrivateKey(key)))).toBe(true);
    expect(Date.parse(read.validTo) - Date.parse(read.validFrom)).toBe(2 * 365 * 24 * 3_600_000);
    expect(key).toMatch(/^-----BEGIN EC PRIVATE KEY-----/);
  });

  it("may outlive 2049, when years get four digits", () => {
    const { cert } = selfSigned([], new Date("2040-01-01T00:00:00Z"), 20);
    expect(new Date(new X509Certificate(cert).validTo).getUTCFullYear()).toBe(2059);
  });

  it("is made once and kept", () => {
    const at = join(dir, "fixtures", "client");
    const made = ensureSelfSigned(noTls, at, ["localhost:2379", "[::1]:2379"], 1, silentLogger);
    expect(hasCertificate(made)).toBe(true);
    expect(made.certFile).toBe(join(at, "cert.pem"));
    const first = selfSignedNames(made);
    expect(first).toBe("DNS:localhost, IP Address:0:0:0:0:0:0:0:1");
    ensureSelfSigned(noTls, at, ["elsewhere:1"], 1, silentLogger);
    expect(selfSignedNames(made)).toBe(first);
  });
});

it.each([
  ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"],
  ["TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
])("%s is %s", (go, openssl) => {
  expect(opensslName(go)).toBe(openssl);
});

describe("a revocation list", () => {
  const entry = (serial: number[]) =>
    der(Tag.Sequence, unsignedInteger(Uint8Array.from(serial)), der(Tag.UtcTime, Buffer.from("260101000000Z")));
  const list = (...serials: number[][]) =>
    der(
      Tag.Sequence,
      der(
        Tag.Sequence,
        der(Tag.Sequence, objectId("1.2.840.10045.4.3.2")),
        der(Tag.Sequence),
        der(Tag.UtcTime, Buffer.from("260101000000Z")),
        der(Tag.UtcTime, Buffer.from("270101000000Z")),
        ...(serials.length === 0 ? [] : [der(Tag.Sequence, ...serials.map(entry))]),
      ),
      der(Tag.Sequence),
      der(Tag.BitString, Uint8Array.of(0)),
    );

  it("tells its serial numbers, from DER or PEM", () => {
    const bytes = list([1], [0xab, 0xcd]);
    const pem = `-----BEGIN X509 CRL-----\n${Buffer.from(bytes).toString("base64")}\n-----END X509 CRL-----\n`;
    expect([...revokedSerials(bytes)]).toEqual(["1", "ABCD"]);
    expect([...revokedSerials(Buffer.from(pem))]).toEqual(["1", "ABCD"]);
    expect([...revokedSerials(list())]).toEqual([]);
  });

  it("is refused when it is cut or something else", () => {
    const bytes = list([1]);
    for (let end = 0; end < bytes.length; end++)
      expect(() => revokedSerials(bytes.subarray(0, end))).toThrow(RangeError);
    expect(() => revokedSerials(Buffer.from("hello, world"))).toThrow(RangeError);
  });

  it("turns its members away", async () => {
    const caller = pairFiles("caller", ["127.0.0.1"]);
    const serial = new X509Certificate(caller.cert).serialNumber;
    const crlFile = file("crl", list([...Buffer.from(serial, "hex")]));
    const { dial, faults } = await secured({ trustedCaFile: caller.certFile, crlFile });
    expect(await dial({ cert: caller.cert, key: caller.key })).toBe("closed");
    expect(faults()).toEqual([`transport: certificate serial ${serial.toLowerCase()} revoked`]);
  });
});

/** A certificate of this host that is its own CA. */
function pairFiles(name: string, hosts: readonly string[]) {
  const { cert, key } = selfSigned(hosts, new Date(Date.now() - 60_000), 1, [Usage.server, Usage.client]);
  return { cert, key, certFile: file(`${name}.crt`, cert), keyFile: file(`${name}.key`, key) };
}

function selfSignedNames({ certFile }: TlsSettings): string | undefined {
  return new X509Certificate(readFileSync(certFile)).subjectAltName;
}

/** A server that says the bytes it hears, and `dial`, which tells "served", "closed", or an error's code. */
async function secured(more: Partial<TlsSettings>) {
  const own = pairFiles("own", ["localhost", "127.0.0.1"]);
  const log: [string, LogFields | undefined][] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void log.push([message, fields]),
  };
  const settings = { ...noTls, certFile: own.certFile, keyFile: own.keyFile, ...more };
  const terminator = new TlsServer(settings, "client", logger, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  const server: Server = createServer((socket) => terminator.take(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => {
    terminator.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  let peer: X509Certificate | undefined;
  const dial = (options: ConnectionOptions = {}): Promise<string> =>
    new Promise((resolve) => {
      const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca: own.cert, ...options });
      socket.on("secureConnect", () => {
        peer = socket.getPeerX509Certificate();
        socket.write("said");
      });
      socket.on("data", () => {
        resolve(`served${socket.alpnProtocol === false ? "" : ` ${socket.alpnProtocol}`}`);
        socket.destroy();
      });
      // Where the server hangs up while we still write, it is chance which of these comes first.
      const hungUp = ["ECONNRESET", "EPIPE"];
      socket.on("error", ({ code = "", message }: NodeJS.ErrnoException) =>
        resolve(hungUp.includes(code) ? "closed" : code || message),
      );
      socket.on("close", () => resolve("closed"));
    });
  return { own, port, dial, log, peer: () => peer, faults: () => log.map(([, fields]) => fields?.error) };
}

describe("a secured address", () => {
  it("serves HTTP/2 first, HTTP/1.1 too, and those who do not choose", async () => {
    const { dial } = await secured({});
    expect(await dial({ ALPNProtocols: ["http/1.1", "h2"] })).toBe("served h2");
    expect(await dial({ ALPNProtocols: ["http/1.1"] })).toBe("served http/1.1");
    expect(await dial()).toBe("served");
  });

  it("asks for a certificate of the trusted CA", async () => {
    const caller = pairFiles("caller", ["127.0.0.1"]);
    const stranger = pairFiles("stranger", ["127.0.0.1"]);
    const { dial, faults, log } = await secured({ trustedCaFile: caller.certFile });
    expect(await dial()).toBe("closed");
    expect(await dial({ cert: stranger.cert, key: stranger.key })).toBe("closed");
    expect(faults()).toEqual([
      "tls: client didn't provide a certificate",
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ]);
    expect(log[1]).toMatchObject(["rejected connection on client endpoint", { "ip-addresses": ["127.0.0.1"] }]);
  });

  it("tells plain talk from a handshake", async () => {
    const { port, faults } = await secured({});
    const { request } = await import("node:http");
    await new Promise<void>((resolve) => {
      const plain = request({ host: "127.0.0.1", port });
      plain.on("error", () => resolve());
      plain.end();
    });
    expect(faults()).toEqual(["tls: first record does not look like a TLS handshake"]);
  });

  it("speaks only the versions and suites it was told", async () => {
    const new13 = await secured({ minVersion: "TLS1.3" });
    expect(await new13.dial({ maxVersion: "TLSv1.2" })).toMatch(/ALERT_PROTOCOL_VERSION/);
    expect(await new13.dial()).toBe("served");
    const one = await secured({ cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"], maxVersion: "TLS1.2" });
    expect(await one.dial({ ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" })).toMatch(/HANDSHAKE_FAILURE/);
    expect(await one.dial()).toBe("served");
  });

  it("shows a renewed certificate to the next caller, and keeps the old one while files are broken", async () => {
    const { own, dial, peer } = await secured({});
    await dial();
    const first = peer()!.serialNumber;
    writeFileSync(own.keyFile, "broken");
    utimesSync(own.keyFile, 1, 1);
    expect(await dial()).toBe("served");
    expect(peer()!.serialNumber).toBe(first);
    const renewed = selfSigned(["127.0.0.1"], new Date(Date.now() - 60_000), 1);
    writeFileSync(own.certFile, renewed.cert);
    writeFileSync(own.keyFile, renewed.key);
    expect(await dial({ ca: renewed.cert })).toBe("served");
    expect(peer()!.serialNumber).not.toBe(first);
  });

  it("takes callers by the names in their certificates", async () => {
    const caller = pairFiles("caller", ["node1.test", "127.0.0.1"]);
    const shown = { cert: caller.cert, key: caller.key };
    const ca = { trustedCaFile: caller.certFile };
    expect(await (await secured({ ...ca, allowedHostnames: ["node1.test"] })).dial(shown)).toBe("served");
    expect(await (await secured({ ...ca, checkCallerAddress: true })).dial(shown)).toBe("served");
    for (const refused of [{ allowedHostnames: ["node2.test"] }, { allowedCns: ["root"] }]) {
      const { dial, faults } = await secured({ ...ca, ...refused });
      expect(await dial(shown)).toBe("closed");
      expect(faults()).toEqual(["client certificate authentication failed"]);
    }
  });

  it("compares the caller's address when told to", async () => {
    const caller = pairFiles("caller", ["10.1.2.3"]);
    const { dial, faults } = await secured({ trustedCaFile: caller.certFile, checkCallerAddress: true });
    expect(await dial({ cert: caller.cert, key: caller.key })).toBe("closed");
    expect(faults()).toEqual(["x509: certificate is valid for 10.1.2.3, not 127.0.0.1"]);
  });

  it("is not opened with files that cannot be used", () => {
    const own = pairFiles("own", []);
    const open = (more: Partial<TlsSettings>) => () =>
      new TlsServer(
        { ...noTls, certFile: own.certFile, keyFile: own.keyFile, ...more },
        "client",
        silentLogger,
        () => {},
      );
    expect(open({})).not.toThrow();
    expect(open({ certFile: join(dir, "absent") })).toThrow(`open ${dir}/absent: no such file or directory`);
    expect(open({ keyFile: pairFiles("other", []).keyFile })).toThrow("tls: private key does not match public key");
    expect(open({ trustedCaFile: own.keyFile })).toThrow("x509: malformed tbs certificate");
  });
});

it("calls with its client certificate, and trusts blindly only what nobody can check", async () => {
  const caller = pairFiles("caller", ["127.0.0.1"]);
  const { own, dial } = await secured({ trustedCaFile: caller.certFile });
  const files = { certFile: own.certFile, keyFile: own.keyFile };
  const settings = { ...noTls, ...files, clientCertFile: caller.certFile, clientKeyFile: caller.keyFile };
  const trusting = clientContext({ ...settings, trustedCaFile: own.certFile }, silentLogger);
  expect(await dial({ ca: undefined, ...trusting() })).toBe("served");
  expect(await dial({ ca: undefined, ...clientContext(settings, silentLogger)() })).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  const blind = clientContext({ ...settings, selfSigned: true }, silentLogger);
  expect(await dial({ ca: undefined, ...blind() })).toBe("served");
});

it("calls only those whose certificate has an allowed name", async () => {
  const { own, dial } = await secured({});
  const context = (more: Partial<TlsSettings>) =>
    clientContext({ ...noTls, trustedCaFile: own.certFile, ...more }, silentLogger)();
  expect(await dial(context({ allowedHostnames: ["localhost"] }))).toBe("served");
  expect(await dial(context({ allowedHostnames: ["node1.test"] }))).not.toBe("served");
  expect(await dial(context({ allowedCns: ["node1"] }))).not.toBe("served");
});

it("reads what it writes", () => {
  for (const size of [0, 1, 127, 128, 255, 256, 70_000]) {
    const bytes = der(Tag.OctetString, new Uint8Array(size));
    expect(readDer(bytes)).toMatchObject({ tag: Tag.OctetString, end: bytes.length });
    expect(readDerAll(Buffer.concat([bytes, bytes])).map(({ content }) => content.length)).toEqual([size, size]);
  }
});
