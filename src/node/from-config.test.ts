import { describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../base/index.ts";
import { localAddressOf } from "./from-config.ts";

function listening(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const take = (message: string): void => void lines.push(message);
  const logger: Logger = { ...silentLogger, info: take, warn: take };
  return { logger, lines };
}

describe("the address that calls to other members leave from", () => {
  it.each([
    [["https://10.1.2.3:2380", "https://10.1.2.4:2380"], "10.1.2.3"],
    [["http://127.0.0.1:2380", "http://0.0.0.0:2380", "http://10.1.2.4:2380"], "10.1.2.4"],
    [["http://m1.example.com:2380", "http://[::1]:2380", "http://[fd00::2]:2380"], "fd00::2"],
  ])("of %j is %s", (urls, address) => {
    const { logger, lines } = listening();
    expect(localAddressOf(urls, logger)).toBe(address);
    expect(lines.at(-1)).toBe("setting member local address");
  });

  it("is left to the system where no URL says one", () => {
    const { logger, lines } = listening();
    expect(localAddressOf(["http://localhost:2380", "http://[::]:2380", "http://127.1.1.1:1"], logger)).toBeUndefined();
    expect(lines.at(-1)).toBe("unable to set a member local address due to lack of suitable local addresses");
  });
});
