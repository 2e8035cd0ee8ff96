import { describe, expect, it } from "vitest";
import { compareSemVer, formatSemVer, majorMinor, parseSemVer, type SemVer, silentLogger } from "../base/index.ts";
import {
  allRun,
  checkDowngrade,
  decideClusterVersion,
  isCapable,
  mayJoin,
  parseDowngradeTarget,
  versionsJson,
} from "./version.ts";

const v = (text: string): SemVer => parseSemVer(text)!;
const off = { targetVersion: "", enabled: false };

describe("semantic versions", () => {
  it("are ordered as semver.org has it", () => {
    const sorted = [
      "3.6.0",
      "3.7.0-alpha.1",
      "3.7.0-alpha.2",
      "3.7.0-alpha.10",
      "3.7.0-rc.0",
      "3.7.0",
      "3.7.1",
      "3.10.0",
    ];
    for (let i = 0; i < sorted.length; i++) {
      for (let j = 0; j < sorted.length; j++) {
        expect(Math.sign(compareSemVer(v(sorted[i]!), v(sorted[j]!)))).toBe(Math.sign(i - j));
      }
      expect(formatSemVer(v(sorted[i]!))).toBe(sorted[i]);
    }
    expect(majorMinor(v("3.7.1"))).toBe("3.7");
  });

  it.each(["", "3", "3.7", "v3.7.1", "3.07.1", "3.7.1 ", "3.7.x"])("%j is none", (text) => {
    expect(parseSemVer(text)).toBeUndefined();
  });
});

describe("cluster version", () => {
  const decide = (current: string | undefined, servers: (string | undefined)[], downgrade = off) => {
    const versions = new Map(servers.map((server, i) => [String(i), server]));
    const next = decideClusterVersion(
      current === undefined ? undefined : v(current),
      versions,
      downgrade,
      silentLogger,
    );
    return next === undefined ? undefined : formatSemVer(next);
  };

  // etcd 3.7.1, version/monitor_test.go: TestDecideClusterVersion and the rules around it.
  it("rises to the lowest server", () => {
    expect(decide(undefined, ["3.7.1", "3.6.4"])).toBe("3.6.0");
    expect(decide("3.6.0", ["3.7.1", "3.6.4"])).toBeUndefined();
    expect(decide("3.6.0", ["3.7.1", "3.7.0"])).toBe("3.7.0");
    expect(decide("3.0.0", ["3.7.1"])).toBe("3.7.0");
  });

  it("starts at 3.0.0 and stays where it is while a member is unknown", () => {
    expect(decide(undefined, ["3.7.1", undefined])).toBe("3.0.0");
    expect(decide("3.6.0", ["3.7.1", undefined])).toBeUndefined();
    expect(decide("3.6.0", ["3.7.1", "what"])).toBeUndefined();
  });

  it("never falls by itself", () => {
    expect(decide("3.7.0", ["3.7.1", "3.6.4"])).toBeUndefined();
    expect(decide("3.7.0", ["4.0.0"])).toBeUndefined();
  });

  it("falls by one minor to the target of a downgrade", () => {
    const to = (targetVersion: string) => ({ targetVersion, enabled: true });
    expect(decide("3.7.0", ["3.7.1", "3.7.1"], to("3.6.0"))).toBe("3.6.0");
    expect(decide("3.6.0", ["3.7.1", "3.6.4"], to("3.6.0"))).toBeUndefined();
    expect(decide("3.7.0", ["3.7.1"], to("3.5.0"))).toBeUndefined();
    expect(decide("3.7.0", ["3.6.4"], to("3.6.0"))).toBeUndefined();
  });

  it("is reached when all run it", () => {
    expect(
      allRun(
        new Map([
          ["a", "3.6.4"],
          ["b", "3.6.1"],
        ]),
        v("3.6.0"),
      ),
    ).toBe(true);
    expect(
      allRun(
        new Map([
          ["a", "3.6.4"],
          ["b", "3.7.1"],
        ]),
        v("3.6.0"),
      ),
    ).toBe(false);
    expect(
      allRun(
        new Map([
          ["a", "3.6.4"],
          ["b", undefined],
        ]),
        v("3.6.0"),
      ),
    ).toBe(false);
  });
});

describe("downgrade requests", () => {
  it("name one minor below, with or without patch", () => {
    expect(formatSemVer(parseDowngradeTarget("3.6"))).toBe("3.6.0");
    expect(formatSemVer(parseDowngradeTarget("3.6.4"))).toBe("3.6.0");
    expect(() => parseDowngradeTarget("x")).toThrow("wrong downgrade target version format");
    expect(() => parseDowngradeTarget("")).toThrow("wrong downgrade target version format");
    expect(() => checkDowngrade(v("3.6.0"), v("3.7.0"), off)).not.toThrow();
    expect(() => checkDowngrade(v("3.5.0"), v("3.7.0"), off)).toThrow("invalid downgrade target version");
    expect(() => checkDowngrade(v("3.7.0"), v("3.7.0"), off)).toThrow("invalid downgrade target version");
    expect(() => checkDowngrade(v("3.6.0"), undefined, off)).toThrow("cluster version not found during downgrade");
    expect(() => checkDowngrade(v("3.6.0"), v("3.7.0"), { targetVersion: "3.6.0", enabled: true })).toThrow(
      "cluster has a downgrade job in progress",
    );
  });
});

describe("joining", () => {
  it("needs one known version, and all known ones within the window", () => {
    expect(mayJoin(["3.7.0", undefined, "not_decided"], false)).toBe(true);
    expect(mayJoin(["3.0.0"], false)).toBe(true);
    expect(mayJoin(["3.8.0", "3.7.0"], false)).toBe(false);
    expect(mayJoin(["2.3.0"], false)).toBe(false);
    expect(mayJoin([undefined, "not_decided"], false)).toBe(false);
    expect(mayJoin(["3.8.0"], true)).toBe(true);
    expect(mayJoin(["3.7.0"], true)).toBe(false);
  });

  it("speaks of versions as /version does", () => {
    expect(versionsJson(undefined, undefined)).toBe(
      '{"etcdserver":"3.7.1","etcdcluster":"not_decided","storage":"unknown"}',
    );
    expect(versionsJson(v("3.7.0"), "3.7.0")).toBe('{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}');
    expect([isCapable(undefined), isCapable(v("3.0.0")), isCapable(v("3.7.0")), isCapable(v("3.8.0"))]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
