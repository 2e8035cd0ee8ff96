import { expect, it } from "vitest";
import { type MemberView, roleOf, summary } from "./outlook.ts";

const command = (line: string) => `quorate dev ${line}`;

/** One letter a member: Leader, follower, no leader known, starting, mute after it has served, dead, not yet started. */
function outlook(letters: string, starting = false) {
  const members = [...letters].map((letter, i): MemberView => {
    const runs = letter !== "d" && letter !== "-";
    const answers = "Lfn".includes(letter);
    return {
      name: `m${i + 1}`,
      pid: runs ? 100 + i : undefined,
      served: answers || letter === "m",
      end: letter === "d" ? "killed" : undefined,
      leads: answers ? letter === "L" : undefined,
      knowsLeader: letter === "L" || letter === "f",
    };
  });
  return { members, starting };
}

it.each([
  ["Lff", "m1 leads; 3 of 3 members up"],
  ["fLd", "m2 leads; 2 of 3 members up; m3 down"],
  ["nnd", "no leader yet; 2 of 3 members up"],
  ["L", "m1 leads; 1 of 1 member up"],
  // The leader has not noticed yet.
  [
    "Ldd",
    "majority lost: 1 of 3 members up, 2 needed; nothing can be written, and reads wait; only reads with --consistency=s are answered\nto get it back: quorate dev start m2",
  ],
  [
    "sdd",
    "majority lost: 1 of 3 members up, 2 needed; nothing can be read or written\nto get it back: quorate dev start m2",
  ],
  [
    "ddd",
    "majority lost: 0 of 3 members up, 2 needed; nothing can be read or written\nto get it back: quorate dev start m1; quorate dev start m2",
  ],
  [
    "fdddL",
    "majority lost: 2 of 5 members up, 3 needed; nothing can be written, and reads wait; only reads with --consistency=s are answered\nto get it back: quorate dev start m2",
  ],
  [
    "d",
    "majority lost: 0 of 1 member up, 1 needed; nothing can be read or written\nto get it back: quorate dev start m1",
  ],
])("%s: %s", (letters, text) => {
  expect(summary(outlook(letters), command)).toBe(text);
});

it("says that a cluster starts, however few run", () => {
  expect(summary(outlook("s--", true), command)).toBe("starting: 0 of 3 members serve");
  expect(summary(outlook("Lfs", true), command)).toBe("starting: 2 of 3 members serve");
});

it.each([
  ["Lff", ["leader", "follower", "follower"]],
  ["Lsd", ["leader", "starting", "killed"]],
  ["Ldd", ["no leader", "killed", "killed"]],
  ["fdd", ["no leader", "killed", "killed"]],
  ["sdd", ["waits for a majority", "killed", "killed"]],
  ["mLf", ["does not answer", "leader", "follower"]],
  ["nn-", ["no leader", "no leader", "not started"]],
])("roles of %s", (letters, roles) => {
  const view = outlook(letters);
  expect(view.members.map((member) => roleOf(member, view))).toEqual(roles);
});
