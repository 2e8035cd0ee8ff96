import { expect, it } from "vitest";
import { type Env, ManualTime, nullMetrics, SeededRandom, silentLogger } from "../base/index.ts";
import { rpc } from "../wire/proto/index.ts";
import { leaseGrantCost, putCost, QUOTA_DEFAULT_BYTES, Quota, txnCost } from "./quota.ts";

const time = new ManualTime();
const env: Env = {
  clock: time,
  scheduler: time,
  random: new SeededRandom(1),
  logger: silentLogger,
  metrics: nullMetrics,
};
const put = rpc.createPutRequest({ key: Buffer.from("key"), value: Buffer.from("value") });
const putOp: rpc.RequestOp = { request: { case: "requestPut", value: put } };
const rangeOp: rpc.RequestOp = { request: { case: "requestRange", value: rpc.createRangeRequest() } };
const deleteOp: rpc.RequestOp = { request: { case: "requestDeleteRange", value: rpc.createDeleteRangeRequest() } };

it("estimates what a write adds", () => {
  expect(putCost(put)).toBe(264);
  expect(leaseGrantCost()).toBe(64);
  expect(txnCost({ success: [rangeOp, deleteOp], failure: [] })).toBe(0);
  expect(txnCost({ success: [putOp], failure: [putOp, putOp] })).toBe(528);
  const nested: rpc.RequestOp = {
    request: { case: "requestTxn", value: rpc.createTxnRequest({ success: [putOp], failure: [putOp, putOp] }) },
  };
  expect(txnCost({ success: [putOp, nested], failure: [putOp] })).toBe(792);
});

it("refuses the write that reaches the limit", () => {
  let size = 0;
  const quota = new Quota(1000, () => size, env);
  expect([quota.fits(999), quota.fits(1000)]).toEqual([true, false]);
  size = 5000;
  // Deletes and compactions cost nothing, or a full store could never be emptied.
  expect([quota.fits(1), quota.fits(0)]).toEqual([false, true]);
});

it("is 2 GiB by default and absent when negative", () => {
  const byDefault = new Quota(0, () => QUOTA_DEFAULT_BYTES - 65, env);
  expect([byDefault.limitBytes, byDefault.fits(64), byDefault.fits(65)]).toEqual([QUOTA_DEFAULT_BYTES, true, false]);
  const none = new Quota(-1, () => 2 ** 50, env);
  expect([none.limitBytes, none.fits(1)]).toEqual([0, true]);
});
