/*
 * Preloaded into a member (`NODE_OPTIONS=--require=...`): at each SIGUSR2 its wall clock is off by the milliseconds that stand
 * in the file QUORATE_CLOCK. The clock that measures durations goes on as it is, as when somebody sets the date.
 */
const { readFileSync } = require("node:fs");

const RealDate = Date;
let offMs = 0;

process.on("SIGUSR2", () => {
  offMs = Number(readFileSync(process.env.QUORATE_CLOCK, "utf8"));
});

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offMs;
  }
};
