import { ctl, type Step } from "../transcript.ts";

/** A watch that reads history: ended once the lines came. */
function history(line: string, lines: number): Step {
  return ctl(`watch ${line}`, { lines, signal: "SIGKILL" });
}

export const watches: readonly Step[] = [
  ctl("put a 1"), // 2
  ctl("put a 2"), // 3
  ctl("put b 1"), // 4
  ctl("del a"), // 5
  ctl("put a 3"), // 6
  ctl("txn", { name: "three events in one revision", input: "\nput c/1 x\nput c/2 y\ndel b\n\n\n" }), // 7
  ctl("put c/3 z"), // 8
  ctl("del c/ --prefix"), // 9
  history("a --rev=1", 11),
  history("a --rev=3", 8),
  history("a --rev=5 --prev-kv", 8),
  history("a --rev=2 --prev-kv -w json", 1),
  history("c/ --prefix --rev=1 -w json", 1),
  history("c/ --prefix --rev=1", 15),
  history("c/ --prefix --rev=9 --prev-kv", 15),
  history("'' --prefix --rev=7", 8),
  history("a c --rev=4 -w json", 1),
  history("a --rev=1 -w fields", 32),
  history("c/1 --rev=7 -w protobuf", 2),
  history("--hex a --rev=6", 3),
  ctl("watch b a --rev=1", { name: "an empty range" }),
  ctl("watch a --rev=1 --progress-notify", { name: "a flag that 3.4 has not" }),
  ctl("watch"),
  ctl("watch live -w json", {
    lines: 3,
    linesBefore: 0,
    signal: "SIGKILL",
    during: [ctl("put live 1"), ctl("put other 1"), ctl("put live 2"), ctl("del live")],
  }),
  ctl("watch f --prefix --rev=1000", {
    name: "a start in the future",
    lines: 0,
    linesBefore: 0,
    signal: "SIGKILL",
    during: [ctl("put future 1")],
  }),
  ctl("watch a --rev=6 -- echo watched", { name: "a command for each event", lines: 4, signal: "SIGKILL" }),
  ctl("watch -i", {
    name: "interactive watches",
    input: "watch c/ --prefix --rev=9\n",
    lines: 9,
    signal: "SIGKILL",
  }),
  ctl("compaction 7"),
  ctl("watch a --rev=3", { name: "a start that is compacted" }),
  ctl("watch a --rev=3 -w json", { name: "a start that is compacted, json" }),
  history("c/ --prefix --rev=7 --prev-kv -w json", 1),
  history("c/ --prefix --rev=8 --prev-kv", 15),
];
