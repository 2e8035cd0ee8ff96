/** One block of a PEM file. */
export interface PemBlock {
  /** What stands behind BEGIN, e.g. `CERTIFICATE`. */
  readonly type: string;
  readonly bytes: Buffer;
}

const block = /^-----BEGIN ([^\r\n]*?)-----[ \t]*\r?\n([\s\S]*?)^-----END \1-----[ \t]*\r?$/gm;

/** The blocks of a PEM file in their order. Text around them, and blocks whose base64 is broken, are passed over, as Go does. */
export function pemBlocks(file: Buffer): PemBlock[] {
  const blocks: PemBlock[] = [];
  // latin1: the file may hold anything, and every byte stays one character.
  for (const [, type = "", inner = ""] of file.toString("latin1").matchAll(block)) {
    const bytes = decoded(withoutHeaders(inner));
    if (bytes !== undefined) blocks.push({ type, bytes });
  }
  return blocks;
}

/** The block as a file of its own would hold it. */
export function pemText(type: string, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString("base64");
  return `-----BEGIN ${type}-----\n${base64.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END ${type}-----\n`;
}

/** `Proc-Type: 4,ENCRYPTED` and its like, up to a blank line. */
function withoutHeaders(inner: string): string {
  const lines = inner.split("\n");
  const first = lines.findIndex((line) => !line.includes(":"));
  return first <= 0 ? inner : lines.slice(first).join("\n");
}

function decoded(base64: string): Buffer | undefined {
  const text = base64.replace(/[ \t\r\n]/g, "");
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}
