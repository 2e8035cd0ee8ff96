/** Version of a server, a cluster or a store: `major.minor.patch` with an optional `-pre` part. Build metadata is dropped. */
export interface SemVer {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Text after the dash, or empty. `3.7.0-rc.1` comes before `3.7.0`. */
  readonly pre: string;
}

const numeral = "(0|[1-9][0-9]{0,9})";
const shape = new RegExp(`^${numeral}\\.${numeral}\\.${numeral}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]*)?$`);

/** Reads `3.7.1`; undefined for anything else, also for `3.7` and `v3.7.1`. */
export function parseSemVer(text: string): SemVer | undefined {
  const parts = shape.exec(text);
  if (parts === null) return undefined;
  return { major: Number(parts[1]), minor: Number(parts[2]), patch: Number(parts[3]), pre: parts[4] ?? "" };
}

export function formatSemVer(version: SemVer): string {
  const core = `${version.major}.${version.minor}.${version.patch}`;
  return version.pre === "" ? core : `${core}-${version.pre}`;
}

/** `3.7`: how cluster versions are shown. */
export function majorMinor(version: SemVer): string {
  return `${version.major}.${version.minor}`;
}

/** The version with patch and pre dropped: what cluster and storage versions are. */
export function minorOnly(version: SemVer): SemVer {
  return { major: version.major, minor: version.minor, patch: 0, pre: "" };
}

/** Negative, zero or positive, by the rules of semver.org: numbers first, then a version with `pre` comes before one without. */
export function compareSemVer(a: SemVer, b: SemVer): number {
  if (a.major !== b.major) return a.major - b.major;
  if (a.minor !== b.minor) return a.minor - b.minor;
  if (a.patch !== b.patch) return a.patch - b.patch;
  if (a.pre === b.pre) return 0;
  if (a.pre === "") return 1;
  if (b.pre === "") return -1;
  return comparePre(a.pre.split("."), b.pre.split("."));
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === y) continue;
    const xNumber = /^[0-9]+$/.test(x);
    const yNumber = /^[0-9]+$/.test(y);
    if (xNumber && yNumber) return Number(x) - Number(y);
    // A number comes before a word.
    if (xNumber !== yNumber) return xNumber ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
