import { ctl, type Step } from "../transcript.ts";

let count = 0;

/**
 * A transaction in the client's own grammar: compares, success requests, failure requests. (The client panics over
 * compares of a lease with a number; the gateway's script has them.)
 */
function txn(name: string, compares: string[], success: string[], failure: string[], format = "simple"): Step {
  count++;
  const input = [compares, success, failure].map((part) => `${part.map((line) => `${line}\n`).join("")}\n`).join("");
  return ctl(`txn -w ${format}`, { name: `${name} (txn ${count})`, input });
}

const read = ["get k"];

function compare(line: string): Step {
  return txn(`compare ${line}`, [line], ["put yes 1"], ["put no 1"]);
}

export const transactions: readonly Step[] = [
  ctl("lease grant 600 -w json", { name: "some lease", hide: [[/"ID":\d+/, '"ID":<id>']] }),
  ctl("put k v1"),
  ctl("put k v2"),
  ctl("put r/1 same"),
  ctl("put r/2 same"),
  ctl("put r/3 other"),
  ...["=", "!=", "<", ">"].flatMap((sign) => [
    compare(`value("k") ${sign} "v2"`),
    compare(`version("k") ${sign} "2"`),
    compare(`create("k") ${sign} "2"`),
    compare(`mod("k") ${sign} "3"`),
    compare(`c("k") ${sign} "3"`),
    compare(`value("missing") ${sign} "x"`),
    compare(`version("missing") ${sign} "0"`),
    compare(`mod("missing") ${sign} "0"`),
    compare(`create("missing") ${sign} "1"`),
  ]),
  compare('val("k") = "v2"'),
  compare('ver("k") = "2"'),
  compare('colour("k") = "2"'),
  compare("nonsense"),
  compare('version("k") = "two"'),
  compare('version("") = "2"'),
  txn("all compares must hold", ['version("k") = "2"', 'value("k") = "v2"'], read, []),
  txn("one compare fails", ['version("k") = "2"', 'value("k") = "v1"'], read, ["get r/1"]),
  txn("nothing at all", [], [], []),
  txn("only success", [], ["put s 1", "get s", "del s", "get s", "put s2 2"], []),
  txn("ops see the writes of earlier ones", [], ["put t 1", "get t", "del t --prev-kv", "get t"], []),
  txn("one put of a key only", [], ["put d 1", "put d 2"], []),
  txn("put within a deleted range", [], ["put d/1 1", "del d/ --prefix"], []),
  txn("two deletes may overlap", [], ["del d --prefix", "del d/1"], []),
  txn("the branch that is not taken counts too", [], ["get k"], ["put d 1", "put d 1"]),
  txn(
    "flags within",
    [],
    ["put k v3 --prev-kv", "get r/ --prefix --order=DESCEND --limit=2", "get r/ --prefix --keys-only"],
    [],
  ),
  txn("json", ['value("k") = "v3"'], ["put k v4 --prev-kv", "get k", "del r/3 --prev-kv"], [], "json"),
  txn("fields", ['value("k") = "v4"'], ["put k v5 --prev-kv", "get k", "del r/2 --prev-kv"], [], "fields"),
  txn("protobuf", ['value("k") = "v5"'], ["put k v6 --prev-kv", "get k", "del r/1 --prev-kv"], [], "protobuf"),
  txn("failure branch, json", ['value("k") = "v1"'], ["get k"], ["put k v7", "get k --rev=3"], "json"),
  txn("a future revision in a read-only one", [], ["get k --rev=1000"], []),
  txn("a future revision beside a put", [], ["put k lost", "get k --rev=1000"], []),
  txn("unknown lease beside a put", [], ["put k lost", "put z 1 --lease=123"], []),
  txn("ignore-value on a missing key beside a put", [], ["put k lost", "put nowhere --ignore-value"], []),
  txn("empty key", [], ['put "" x'], []),
  txn("unknown request", [], ["fetch k"], []),
  txn("writes nothing, keeps the revision", [], ["del missing", "get k"], [], "json"),
  txn(
    "128 requests are allowed",
    [],
    Array.from({ length: 128 }, (_, i) => `put many/${i} ${i}`),
    [],
    "json",
  ),
  txn(
    "129 requests are too many",
    [],
    Array.from({ length: 129 }, (_, i) => `put more/${i} ${i}`),
    [],
  ),
  txn(
    "129 compares are too many",
    Array.from({ length: 129 }, () => 'version("k") > "0"'),
    read,
    [],
  ),
  ctl("txn --interactive", {
    input: 'value("k") = "v7"\n\nput k v8\nget k\n\n\n',
    name: "interactive",
  }),
  ctl("get '' --prefix -w json", { name: "what the transactions left" }),
];
