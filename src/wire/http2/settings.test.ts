import { expect, test } from "vitest";
import { type Http2Error, http2CodeName } from "./errors.ts";
import { checkSetting } from "./settings.ts";

const fault = (name: number, value: number, saidByServer = false): string | undefined => {
  try {
    checkSetting(name, value, saidByServer);
    return undefined;
  } catch (error) {
    return http2CodeName((error as Http2Error).code);
  }
};

test("each setting has the values that RFC 9113 6.5.2 gives it", () => {
  // ENABLE_PUSH, of a client and of a server.
  expect([0, 1, 2, 0xffffffff].map((value) => fault(2, value))).toEqual([
    undefined,
    undefined,
    "PROTOCOL_ERROR",
    "PROTOCOL_ERROR",
  ]);
  expect([0, 1].map((value) => fault(2, value, true))).toEqual([undefined, "PROTOCOL_ERROR"]);
  // INITIAL_WINDOW_SIZE
  expect([0, 0x7fffffff, 0x80000000].map((value) => fault(4, value))).toEqual([
    undefined,
    undefined,
    "FLOW_CONTROL_ERROR",
  ]);
  // MAX_FRAME_SIZE
  expect([16383, 16384, 16777215, 16777216].map((value) => fault(5, value))).toEqual([
    "PROTOCOL_ERROR",
    undefined,
    undefined,
    "PROTOCOL_ERROR",
  ]);
});

test("any value will do for the others, known or not", () => {
  for (const name of [1, 3, 6, 8, 0x1234]) {
    for (const value of [0, 1, 0xffffffff]) expect(fault(name, value), `${name} ${value}`).toBeUndefined();
  }
});
