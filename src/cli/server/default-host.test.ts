import { expect, it } from "vitest";
import { defaultHost } from "./default-host.ts";

it("knows the machine's address, or that it does not", () => {
  expect(defaultHost() ?? "10.0.0.1").toMatch(/^\d+\.\d+\.\d+\.\d+$/);
});
