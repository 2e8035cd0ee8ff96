/**
 * A log file that starts anew when it gets large, as etcd's (lumberjack's) does: the full one is renamed to
 * `<name>-<time>.<ext>`, old ones are compressed and removed by the rules given.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface Rotation {
  /** A file is full at this size; 0 stands for 100 MB. */
  readonly maxSizeMb: number;
  /** Full files older than this go; 0 keeps them. */
  readonly maxAgeDays: number;
  /** So many full files stay; 0 keeps all. */
  readonly maxBackups: number;
  /** Names in local time instead of UTC. */
  readonly localTime: boolean;
  /** Full files are packed by gzip, off the loop. */
  readonly compress: boolean;
}

/** Reads `--log-rotation-config-json`, which `node/config` has checked. */
export function parseRotation(json: string): Rotation {
  const given = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  return {
    maxSizeMb: Number(given.maxsize ?? 0),
    maxAgeDays: Number(given.maxage ?? 0),
    maxBackups: Number(given.maxbackups ?? 0),
    localTime: given.localtime === true,
    compress: given.compress === true,
  };
}

const dayMs = 86_400_000;

export class RotatingFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  readonly #bytesMax: number;
  readonly #now: () => number;
  #fd: number;
  #bytes: number;
  /** Packing and clearing away, while they run. */
  #tidying: Promise<void> = Promise.resolve();

  constructor(path: string, rotation: Rotation, now: () => number = Date.now) {
    this.#path = path;
    this.#rotation = rotation;
    this.#bytesMax = (rotation.maxSizeMb || 100) * 1024 * 1024;
    this.#now = now;
    this.#fd = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#fd).size;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    this.#bytes += bytes.length;
  }

  end(): void {
    closeSync(this.#fd);
  }

  /** Resolves when what a rotation set off is done; for tests. */
  settled(): Promise<void> {
    return this.#tidying;
  }

  #rotate(): void {
    let backup = this.#backupName(this.#now());
    // Twice within a millisecond: the next free name.
    for (let ms = 1; existsSync(backup); ms++) backup = this.#backupName(this.#now() + ms);
    closeSync(this.#fd);
    renameSync(this.#path, backup);
    this.#fd = openSync(this.#path, "a", 0o600);
    this.#bytes = 0;
    // A log that cannot be tidied up still takes lines.
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch(() => {});
  }

  #backupName(ms: number): string {
    const offsetMs = this.#rotation.localTime ? -new Date(ms).getTimezoneOffset() * 60_000 : 0;
    const time = new Date(ms + offsetMs).toISOString().slice(0, -1).replaceAll(":", "-");
    const extension = extname(this.#path);
    return join(dirname(this.#path), `${basename(this.#path, extension)}-${time}${extension}`);
  }

  async #tidy(): Promise<void> {
    const { maxAgeDays, maxBackups, compress } = this.#rotation;
    const directory = dirname(this.#path);
    const extension = extname(this.#path);
    const prefix = `${basename(this.#path, extension)}-`;
    const backups = readdirSync(directory)
      .map((name) => ({ name, time: timeOf(name, prefix, extension) }))
      .filter((backup): backup is { name: string; time: number } => backup.time !== undefined)
      .sort((a, b) => b.time - a.time);
    const oldest = maxAgeDays > 0 ? this.#now() - maxAgeDays * dayMs : Number.NEGATIVE_INFINITY;
    for (const [at, { name, time }] of backups.entries()) {
      const path = join(directory, name);
      if ((maxBackups > 0 && at >= maxBackups) || time < oldest) rmSync(path, { force: true });
      else if (compress && !name.endsWith(".gz")) {
        await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o600 }));
        rmSync(path, { force: true });
      }
    }
  }
}

function timeOf(name: string, prefix: string, extension: string): number | undefined {
  const plain = name.endsWith(".gz") ? name.slice(0, -3) : name;
  if (!plain.startsWith(prefix) || !plain.endsWith(extension)) return undefined;
  const text = plain.slice(prefix.length, plain.length - extension.length);
  const match = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text);
  if (match === null) return undefined;
  return Date.parse(`${match[1]}${match[2]}:${match[3]}:${match[4]}Z`);
}
