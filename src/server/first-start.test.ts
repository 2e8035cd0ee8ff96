import { describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { FaultDisk, failFrom, MemoryDisk } from "../storage/disk/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { runMember } from "./testing/run-member.ts";

describe("the first start of a member", () => {
  it("may be cut off at any operation of the disk: the next start serves", async () => {
    let whole = false;
    for (let operation = 0; !whole; operation++) {
      const inner = new MemoryDisk({ crashable: true });
      const cut = await runMember(new FaultDisk(inner, failFrom(operation, "Io"))).then(
        (test) =>
          test.stop().then(
            () => test.fatal.length > 0,
            () => true,
          ),
        () => true,
      );
      whole = !cut;
      for (const keep of ["none", "all"] as const) {
        const left = inner.crashClone({ keep });
        const outcome = await runMember(left).then(
          async (test) => {
            await test.settle(test.member.put(rpc.createPutRequest({ key: utf8("a"), value: utf8("1") })));
            await test.stop();
            return "serves";
          },
          (error: unknown) => String(error).slice(0, 80),
        );
        expect({ operation, keep, outcome }).toEqual({ operation, keep, outcome: "serves" });
      }
    }
  });
});
