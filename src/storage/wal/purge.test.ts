import { expect, it } from "vitest";
import { ManualTime, nullMetrics, SeededRandom, silentLogger } from "../../base/index.ts";
import { MemoryDisk } from "../disk/index.ts";
import { purgeFiles } from "./purge.ts";

it("leaves no hole between the files that a power cut brings back", async () => {
  const time = new ManualTime();
  const random = new SeededRandom(1);
  const env = { clock: time, scheduler: time, random, logger: silentLogger, metrics: nullMetrics };
  for (let round = 0; round < 50; round++) {
    const disk = new MemoryDisk({ crashable: true });
    disk.makeDirectory("/wal");
    for (let i = 0; i < 8; i++) disk.open(`/wal/${i}.wal`, "createNew").close();
    disk.syncDirectory("/wal");
    await purgeFiles(disk, "/wal", { suffix: ".wal", keep: 6, held: () => false }, env);
    await purgeFiles(disk, "/wal", { suffix: ".wal", keep: 3, held: () => false }, env);
    const left = disk.crashClone({ keep: "random", random }).list("/wal");
    expect(left).toEqual(["5.wal", "6.wal", "7.wal"]);
  }
});
