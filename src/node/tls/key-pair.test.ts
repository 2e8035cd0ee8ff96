import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type LogFields, silentLogger } from "../../base/index.ts";
import { checkCipherSuites, ciphersOf, http2Fault, keyExchanges, missingCipherSuites } from "./cipher-suites.ts";
import { clientContext } from "./client-context.ts";
import { PemError, readAuthorities, readKeyPair } from "./key-pair.ts";
import { TlsFileError, TlsFiles } from "./material.ts";
import { pemBlocks, pemText } from "./pem.ts";
import { selfSigned } from "./self-signed.ts";
import { noTls, type TlsSettings } from "./settings.ts";
import { systemRoots } from "./system-roots.ts";

const own = selfSigned(["localhost"], new Date(), 1);
const other = selfSigned(["localhost"], new Date(), 1);
const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8"): string =>
  key.export({ type, format: "pem" }).toString();
const x25519 = generateKeyPairSync("x25519").privateKey;
const ownKey = pemBlocks(Buffer.from(own.key))[0]!;
const locked = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "x",
});
const der = (text: string): Buffer => pemBlocks(Buffer.from(text))[0]!.bytes;
const broken = pemText("CERTIFICATE", Buffer.alloc(3));

describe("a certificate and its key", () => {
  it.each([
    ["as they were made", own.cert, own.key],
    [
      "with text around them",
      `hello\n${own.cert}bye\n`,
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${own.key}`,
    ],
    ["in one file", `${own.key}${own.cert}`, `${own.key}${own.cert}`],
    ["with line ends of Windows", own.cert.replaceAll("\n", "\r\n"), own.key.replaceAll("\n", "\r\n")],
    ["called by another name", own.cert, pemText("PRIVATE KEY", ownKey.bytes)],
    ["with a chain", `${own.cert}${other.cert}`, own.key],
  ])("are taken %s", (_how, cert, key) => {
    const pair = readKeyPair(Buffer.from(cert), Buffer.from(key));
    expect(pair.leaf.serialNumber).toBe(new X509Certificate(own.cert).serialNumber);
    expect(pair.key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it.each([
    ["", own.key, "tls: failed to find any PEM data in certificate input"],
    ["hello", own.key, "tls: failed to find any PEM data in certificate input"],
    [der(own.cert), own.key, "tls: failed to find any PEM data in certificate input"],
    [
      own.key,
      own.cert,
      "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
    ],
    [
      pemText("X509 CRL", der(own.cert)),
      own.key,
      'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [X509 CRL]',
    ],
    [own.cert, "", "tls: failed to find any PEM data in key input"],
    [own.cert, der(own.key), "tls: failed to find any PEM data in key input"],
    [own.cert, own.cert, "tls: found a certificate rather than a key in the PEM for the private key"],
    [
      own.cert,
      pemText("PUBLIC KEY", der(own.key)),
      'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [PUBLIC KEY]',
    ],
    [broken, own.key, "x509: malformed certificate"],
    [pemText("CERTIFICATE", Buffer.concat([der(own.cert), Buffer.alloc(1)])), own.key, "x509: trailing data"],
    [pemText("CERTIFICATE", der(own.cert).subarray(0, 100)), own.key, "x509: malformed certificate"],
    [own.cert, pemText("PRIVATE KEY", Buffer.alloc(3)), "tls: failed to parse private key"],
    [own.cert, locked, "tls: failed to parse private key"],
    [own.cert, other.key, "tls: private key does not match public key"],
    [own.cert, pem(rsa), "tls: private key type does not match public key type"],
    [own.cert, pem(rsa, "pkcs1"), "tls: private key type does not match public key type"],
    [own.cert, pem(x25519), "tls: found unknown private key type in PKCS#8 wrapping"],
  ])("are refused (%#)", (cert, key, why) => {
    const bytes = (content: string | Buffer): Buffer => Buffer.from(content as string);
    expect(() => readKeyPair(bytes(cert), bytes(key))).toThrow(new PemError(why));
  });
});

it("reads authorities, and finds a broken one", () => {
  expect(readAuthorities(Buffer.from(`# ours\n${own.cert}${other.cert}`))).toEqual([own.cert, other.cert]);
  expect(readAuthorities(Buffer.from("hello"))).toEqual([]);
  expect(() => readAuthorities(Buffer.from(own.cert + broken))).toThrow(new PemError("x509: malformed certificate"));
  expect(() => readAuthorities(Buffer.from(own.key))).toThrow(new PemError("x509: malformed tbs certificate"));
});

describe("files", () => {
  const dir = mkdtempSync(join(tmpdir(), "key-pair-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const file = (name: string, content: string): string => {
    const path = join(dir, name);
    writeFileSync(path, content);
    return path;
  };
  const certFile = file("own.crt", own.cert);
  const keyFile = file("own.key", own.key);
  const pair = { certFile, keyFile };
  const load = (more: Partial<TlsSettings>, caller = false): TlsFiles =>
    new TlsFiles({ ...noTls, ...more }, silentLogger, caller);

  it.each<[Partial<TlsSettings>, string]>([
    [{ certFile }, `KeyFile and CertFile must both be present[key: , cert: ${certFile}]`],
    [{ keyFile }, `KeyFile and CertFile must both be present[key: ${keyFile}, cert: ]`],
    [{ ...pair, certFile: `${dir}/absent` }, `open ${dir}/absent: no such file or directory`],
    [{ ...pair, keyFile: dir }, `read ${dir}: is a directory`],
    [{ ...pair, trustedCaFile: dir }, `read ${dir}: is a directory`],
    [{ trustedCaFile: `${dir}/absent` }, `open ${dir}/absent: no such file or directory`],
    [
      { ...pair, clientCertFile: certFile },
      `ClientKeyFile and ClientCertFile must both be present or both absent: key: , cert: ${certFile}]`,
    ],
    [
      { ...pair, clientCertFile: certFile, clientKeyFile: `${dir}/absent` },
      `open ${dir}/absent: no such file or directory`,
    ],
    [
      { ...pair, allowedCns: ["a"], allowedHostnames: ["b", "c"] },
      'AllowedCNs and AllowedHostnames are mutually exclusive (cns=["a"], hostnames=["b" "c"])',
    ],
    [
      { ...pair, cipherSuites: ["TLS_RSA_WITH_RC4_128_SHA"], maxVersion: "TLS1.2" },
      "none of the cipher suites TLS_RSA_WITH_RC4_128_SHA is one that this Node has for TLS 1.2, and --tls-max-version allows no other version",
    ],
  ])("are refused (%#)", (settings, why) => {
    expect(() => load(settings)).toThrow(new TlsFileError(why));
    expect(() => load(settings, true)).toThrow(new TlsFileError(why));
  });

  it("name themselves in the log, since Go's words do not", () => {
    const lines: [string, LogFields | undefined][] = [];
    const logger = {
      ...silentLogger,
      error: (message: string, fields?: LogFields) => void lines.push([message, fields]),
    };
    expect(() => new TlsFiles({ ...noTls, certFile, keyFile: certFile }, logger)).toThrow(TlsFileError);
    expect(lines).toMatchObject([["cannot use the files for TLS", { "cert-file": certFile, "key-file": certFile }]]);
  });

  it("without authorities, or with a list that is none, keep no server from starting: they trust nobody", () => {
    const nothing = file("nothing", "hello");
    expect(load({ ...pair, trustedCaFile: nothing }).current().context.ca).toEqual([]);
    const { revoked } = load({ ...pair, crlFile: nothing }).current();
    expect(revoked).toEqual(new TlsFileError("x509: malformed crl"));
    expect(load({ ...pair, crlFile: `${dir}/absent` }).current().revoked).toEqual(
      new TlsFileError(`open ${dir}/absent: no such file or directory`),
    );
  });

  it("are Go's in everything that OpenSSL would choose otherwise", () => {
    const { minVersion, maxVersion, ciphers, ecdhCurve, secureOptions } = load(pair).current().context;
    expect({ minVersion, maxVersion, ecdhCurve }).toEqual({
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
      ecdhCurve: keyExchanges(),
    });
    expect(ciphers).toBe(ciphersOf([]).ciphers);
    // No renegotiation.
    expect(secureOptions).toBe(0x4000_0000);
  });

  it("of a caller without authorities of its own are the system's", () => {
    expect(clientContext({ ...noTls, ...pair }, silentLogger)().ca).toEqual(systemRoots());
    expect(load(pair).current().context.ca).toBeUndefined();
    expect(load({ ...pair, clientCertAuth: true }).current().context.ca).toEqual(systemRoots());
  });

  it("of the system are found as Go finds them", () => {
    const roots = file("roots.pem", `${own.cert}${other.key}`);
    const more = file("more.pem", other.cert);
    expect(systemRoots({ SSL_CERT_FILE: roots }, "linux")).toEqual([own.cert]);
    expect(systemRoots({ SSL_CERT_FILE: more, SSL_CERT_DIR: `${dir}:/absent` }, "darwin")).toEqual(
      expect.arrayContaining([own.cert, other.cert]),
    );
    expect(systemRoots({ SSL_CERT_FILE: `${dir}/absent`, SSL_CERT_DIR: "/absent" }, "linux")).toBeUndefined();
    expect(systemRoots({}, "win32")).toBeUndefined();
  });
});

describe("cipher suites", () => {
  it.each([
    [["FOO"], "FOO"],
    [["TLS_RSA_WITH_AES_128_CBC_SHA", "FOO", "BAR"], "FOO"],
    [["tls_rsa_with_aes_128_cbc_sha"], "tls_rsa_with_aes_128_cbc_sha"],
    [[""], ""],
    // One of OpenSSL's, none of Go's.
    [["TLS_RSA_WITH_AES_256_CBC_SHA256"], "TLS_RSA_WITH_AES_256_CBC_SHA256"],
  ])("%j has one that is none", (suites, wrong) => {
    expect(() => checkCipherSuites(suites)).toThrow(`unexpected TLS cipher suite "${wrong}"`);
  });

  it("are taken by Go's names", () => {
    const names = ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_RSA_WITH_RC4_128_SHA"];
    expect(() => checkCipherSuites(names)).not.toThrow();
    expect(missingCipherSuites(names)).toEqual(["TLS_RSA_WITH_RC4_128_SHA"]);
  });

  it("are those of Go 1.26 unless others are chosen", () => {
    expect(ciphersOf([])).toEqual({
      ciphers:
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:" +
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" +
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" +
        "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:@SECLEVEL=1",
      onlyTls13: false,
    });
    const chosen = ciphersOf(["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA"]);
    expect(chosen.ciphers).toMatch(/SHA256:AES128-SHA:@SECLEVEL=1$/);
    expect(ciphersOf(["TLS_AES_128_GCM_SHA256"]).onlyTls13).toBe(true);
  });

  it("must have one that HTTP/2 asks for", () => {
    expect(http2Fault([])).toBeUndefined();
    expect(http2Fault(["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"])).toBeUndefined();
    expect(http2Fault(["TLS_AES_128_GCM_SHA256"])).toMatch(
      /^http2: TLSConfig\.CipherSuites is missing an HTTP\/2-required/,
    );
  });
});
