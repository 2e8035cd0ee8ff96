import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codecs } from "./codecs.ts";
import { DecodeError } from "./index.ts";
import { createFrom, hex } from "./testing.ts";

/*
 * test/fixtures/proto-3.7.1 holds what etcd 3.7.1's own Go types encode to, recorded once: each message with small, big and negative values,
 * each arm of each oneof, the all-zero message, and the exact records that the log and snapshot files are made of.
 */
interface Golden {
  message: string;
  case: string;
  value: Record<string, unknown>;
  hex: string;
}

const folder = new URL("../../../test/fixtures/proto-3.7.1/", import.meta.url);

describe.each(readdirSync(folder).filter((name) => name !== "legacy.json" && name !== "mutated.json"))("%s", (name) => {
  const goldens: Golden[] = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  test.each(goldens.map((g) => [g.message, g.case, g] as const))("%s %s", (_message, _case, golden) => {
    const codec = codecs.get(golden.message);
    expect(codec, "a codec for it").toBeDefined();
    const bytes = Buffer.from(golden.hex, "hex");
    const value = createFrom(codec!, golden.value);
    expect(hex(codec!.encode(value))).toBe(golden.hex);
    expect(codec!.decode(bytes)).toEqual(value);
    expect(hex(codec!.encode(codec!.decode(bytes)))).toBe(golden.hex);
  });
});

// What gogo wrote in 3.5, where every field is on the wire: its logs, snapshots and peers must read the same.
describe("written by etcd 3.5", () => {
  const goldens: Golden[] = JSON.parse(readFileSync(new URL("legacy.json", folder), "utf8"));
  test.each(goldens.map((g) => [g.message, g.case, g] as const))("%s %s", (message, _case, golden) => {
    const codec = codecs.get(message)!;
    const value = createFrom(codec, golden.value);
    expect(codec.decode(Buffer.from(golden.hex, "hex"))).toEqual(value);
    // Only the request of the old kind is ever written again by us.
    if (message === "etcdserverpb.Request") expect(hex(codec.encode(value))).toBe(golden.hex);
  });
});

// Goldens with bytes changed, cut, doubled and thrown in; what Go's protobuf made of them. `again` is its encoding of what it read, null a refusal.
test("damaged messages are refused exactly where Go refuses them", () => {
  const cases: { message: string; hex: string; again: string | null }[] = JSON.parse(
    readFileSync(new URL("mutated.json", folder), "utf8"),
  );
  for (const { message, hex: bytes, again } of cases) {
    const codec = codecs.get(message)!;
    let got: string | null;
    try {
      got = hex(codec.encode(codec.decode(Buffer.from(bytes, "hex"))));
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      got = null;
    }
    expect(got, `${message} ${bytes}`).toBe(again);
  }
});

test("every message of ours is in the goldens", () => {
  const recorded = new Set(
    readdirSync(folder).flatMap((name) =>
      (JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Golden[]).map((g) => g.message),
    ),
  );
  const missing = [...codecs.keys()].filter((name) => !recorded.has(name));
  // The map entry of the health service has no type of its own in Go.
  expect(missing).toEqual(["grpc.health.v1.HealthListEntry"]);
});
