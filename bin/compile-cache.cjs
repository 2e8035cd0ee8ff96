// Keeps what V8 compiled of a bundle from one run to the next, in the user's cache directory. It is for a package as npm
// installs it, where nobody has run the build that makes such code (scripts/bundle.mjs). See docs/decisions/0004-one-file.md.
//
// Whoever writes such a file decides what the program does. So it is taken only if the user owns both the file and its
// directory and nobody else can write to either, and only if it is whole:
//
//     <bundle>-<key>.code: | SHA-256 of key and code: 32 bytes | code |
//
// The key is a hash of all that the code depends on. Nothing here ever fails a program: without a cache it starts slower.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { dirname, isAbsolute, join, relative, resolve } = require("node:path");
const { cachedDataVersionTag } = require("node:v8");

const codeBytesMax = 16 * 1024 * 1024;
/** Four bundles each for four versions of the package or of Node; the least recently used ones beyond that are removed. */
const entriesMax = 16;
const dayMs = 24 * 3600 * 1000;
const namePattern = /^(?:server|beside|ctl|utl)-[0-9a-f]{32}\.code(\.\d+\.tmp)?$/;

/** The directory by the environment, or undefined where there is none to be used. */
function cacheDirectory(env = process.env, platform = process.platform) {
  const told = env.QUORATE_COMPILE_CACHE ?? "";
  if (/^(off|no|false|0)$/i.test(told)) return undefined;
  if (told !== "") return resolve(told);
  if (platform === "win32") return under(env.LOCALAPPDATA, "quorate", "Cache");
  // As its specification says, a relative path counts as none.
  if (isAbsolute(env.XDG_CACHE_HOME ?? "")) return join(env.XDG_CACHE_HOME, "quorate");
  return platform === "darwin" ? under(env.HOME, "Library/Caches/quorate") : under(env.HOME, ".cache/quorate");
}

/** A home that is missing, or someone else's, as under sudo, is left alone. */
function under(home, ...path) {
  if (!isAbsolute(home ?? "")) return undefined;
  try {
    return isOwn(fs.statSync(home)) ? join(home, ...path) : undefined;
  } catch {
    return undefined;
  }
}

/** On Windows files have no such owner; there the directory of a user is closed to others. */
function isOwn(stat) {
  return process.geteuid === undefined || stat.uid === process.geteuid();
}

function isTrusted(stat) {
  return isOwn(stat) && (process.geteuid === undefined || (stat.mode & 0o022) === 0);
}

/** V8 takes, and may crash on, the code of another build of Node that has the same V8 and the same version. */
function platformOf() {
  try {
    const { size, mtimeMs } = fs.statSync(process.execPath);
    return { versions: process.versions, platform: process.platform, arch: process.arch, size, mtimeMs };
  } catch {
    // Replaced while this program starts.
    return undefined;
  }
}

/** Where the code of one bundle is kept. */
class CompileCache {
  #directory;
  #path;
  #key;

  /** `source`: the bundle's bytes, of which V8 compares no more than the length. */
  constructor(bundle, source, version, directory = cacheDirectory()) {
    const platform = directory === undefined ? undefined : platformOf();
    if (platform === undefined) return;
    this.#directory = directory;
    const about = { version, ...platform, tag: cachedDataVersionTag() };
    this.#key = createHash("sha256").update(source).update(JSON.stringify(about)).digest("hex").slice(0, 32);
    this.#path = join(directory, `${bundle}-${this.#key}.code`);
  }

  /** The code that an earlier run kept, if there is any and it can be trusted. */
  read() {
    if (this.#directory === undefined) return undefined;
    let file;
    try {
      if (!isTrusted(fs.statSync(this.#directory))) return undefined;
      const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
      file = fs.openSync(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const stat = fs.fstatSync(file);
      if (!stat.isFile() || !isTrusted(stat) || stat.size > codeBytesMax) return undefined;
      const bytes = fs.readFileSync(file);
      const code = bytes.subarray(32);
      if (!this.#digest(code).equals(bytes.subarray(0, 32))) return undefined;
      if (Date.now() - stat.mtimeMs > dayMs) touch(file);
      return code;
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) fs.closeSync(file);
    }
  }

  /** Keeps the code that `make` returns, unless the cache lies within `except`. Several processes may do so at once. */
  write(make, except) {
    if (this.#directory === undefined || (except !== undefined && isWithin(this.#directory, except))) return;
    const temporary = `${this.#path}.${process.pid}.tmp`;
    let begun = false;
    try {
      const existing = nearest(this.#directory);
      if (!isOwn(fs.statSync(existing))) return;
      fs.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      if (!isTrusted(fs.statSync(this.#directory))) return;
      const code = make();
      const file = fs.openSync(temporary, "wx", 0o600);
      begun = true;
      try {
        fs.writeFileSync(file, Buffer.concat([this.#digest(code), code]));
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(temporary, this.#path);
      begun = false;
      this.#purge();
    } catch {
      // A read-only place, a full disk.
    }
    if (begun) remove(temporary);
  }

  #digest(code) {
    return createHash("sha256").update(this.#key).update(code).digest();
  }

  /** Removes the oldest entries beyond the limit, and what processes left that ended while they wrote. */
  #purge() {
    const entries = [];
    for (const name of fs.readdirSync(this.#directory)) {
      const [known, temporary] = namePattern.exec(name) ?? [];
      if (known === undefined) continue;
      const path = join(this.#directory, name);
      const { mtimeMs } = fs.lstatSync(path);
      if (temporary === undefined) entries.push({ path, mtimeMs });
      else if (Date.now() - mtimeMs > dayMs) remove(path);
    }
    entries.sort((a, b) => b.mtimeMs - a.mtimeMs);
    for (const { path } of entries.slice(entriesMax)) remove(path);
  }
}

function isWithin(path, directory) {
  const way = relative(resolve(directory), path);
  return way === "" || (way.split(/[\\/]/)[0] !== ".." && !isAbsolute(way));
}

/** `path`, or the directory above it that is there. */
function nearest(path) {
  return fs.existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** What is used is not what goes first. */
function touch(file) {
  try {
    fs.futimesSync(file, new Date(), new Date());
  } catch {
    // A read-only place.
  }
}

function remove(path) {
  try {
    fs.unlinkSync(path);
  } catch {
    // Another process was first.
  }
}

module.exports = { CompileCache, cacheDirectory };
