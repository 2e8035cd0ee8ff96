/**
 * The part of base that needs nothing but the language: no Buffer, no platform type anywhere behind it.
 * Rooms compiled with `"types": []` enter base through this door, all others through `index.ts`.
 */
export { assert, InvariantError, unreachable } from "./assert.ts";
export { checkGiven, checkOptions, everyOf, isBytes, type Kind, kinds, notWanted, oneOf } from "./given.ts";
export { type LogFields, type Logger, type LogLevel, silentLogger } from "./logger.ts";
export { below, type Random, SeededRandom, unit } from "./random.ts";
