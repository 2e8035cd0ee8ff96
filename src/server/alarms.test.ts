import { expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import type { Store } from "../storage/store/index.ts";
import { openMemoryStore } from "../storage/store/testing/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { AlarmStore, alarmText } from "./alarms.ts";

const { NONE, NOSPACE, CORRUPT } = rpc.AlarmType;

function environment(): Env {
  const time = new ManualTime();
  return { clock: time, scheduler: time, random: new SeededRandom(1), logger: silentLogger, metrics: nullMetrics };
}

function keys(store: Store): string[] {
  const found: string[] = [];
  store.visit("alarm", new Uint8Array(0), undefined, (key, value) => {
    expect(value.length).toBe(0);
    found.push(Buffer.from(key).toString("hex"));
  });
  return found;
}

it("keeps raised alarms over a restart, as etcd's rows", () => {
  const store = openMemoryStore();
  const alarms = new AlarmStore(store, environment());
  let changes = 0;
  alarms.onChange(() => changes++);
  const raised = alarms.activate(2n, NOSPACE);
  expect(alarms.activate(2n, NOSPACE)).toBe(raised);
  alarms.activate(1n, NOSPACE);
  alarms.activate(1n, CORRUPT);
  expect(changes).toBe(3);
  expect(keys(store)).toEqual(["08011001", "08011002", "08021001"]);

  const again = new AlarmStore(store, environment());
  expect(again.get(NONE)).toEqual([
    { memberID: 1n, alarm: NOSPACE },
    { memberID: 2n, alarm: NOSPACE },
    { memberID: 1n, alarm: CORRUPT },
  ]);
  expect(again.get(CORRUPT)).toEqual([{ memberID: 1n, alarm: CORRUPT }]);
  expect(again.deactivate(1n, CORRUPT)).toEqual({ memberID: 1n, alarm: CORRUPT });
  expect(again.deactivate(1n, CORRUPT)).toBeUndefined();
  expect([again.has(CORRUPT), again.has(NOSPACE)]).toEqual([false, true]);
  expect(keys(store)).toEqual(["08011001", "08021001"]);
});

it("prints an alarm as Status shows it", () => {
  expect(alarmText({ memberID: 10501334649042878790n, alarm: NOSPACE })).toBe(
    "memberID:10501334649042878790 alarm:NOSPACE",
  );
});
