import { fileURLToPath } from "node:url";
import { sourcePlace } from "../source-lines.ts";
import { type Frame, ProfileEncoder } from "./encode.ts";

/** A function, as V8's profilers name it: lines count from 0, and are negative for what is in no file. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** What of V8's CPU profile is read here; times are microseconds on a clock of its own. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
    /** How often a sample found each of its lines, counted from 1. */
    readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** What of V8's profile of the heap is read here: a tree of the places that allocated what is still there. */
export interface HeapProfile {
  readonly head: HeapNode;
}

export interface HeapNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** V8's name for the time in which the loop waits: not work, so it is left out, as a profile of Go leaves it out. */
const idle = "(idle)";

function frameOf({ functionName, url, lineNumber }: CallFrame, line?: number): Frame {
  const path = url.startsWith("file://") ? fileURLToPath(url) : url;
  const { file, line: startLine } = sourcePlace(path, Math.max(0, lineNumber + 1));
  const name = functionName === "" ? "(anonymous)" : functionName;
  return {
    // As Go writes them, the path of a package before the name: what is called the same in many files is told apart.
    name: file === "" ? name : `${moduleOf(file)}.${name}`,
    file,
    startLine,
    line: line === undefined ? startLine : sourcePlace(path, line).line,
  };
}

/** `/…/dist/wire/http2/engine.js` and `src/wire/http2/engine.ts`: `wire/http2/engine`. */
function moduleOf(file: string): string {
  const [, known] = /(?:^|.*\/)(?:dist|src|node_modules)\/(.+)/.exec(file) ?? [];
  const path = known ?? (file.startsWith("/") ? file.slice(file.lastIndexOf("/") + 1) : file);
  return path.replace(/\.[cm]?[jt]s$/, "");
}

/**
 * A CPU profile for pprof: samples and nanoseconds by stack. The innermost frame has the line that ran, those
 * around it the line where their function begins, since V8 does not tell where they called.
 */
export function encodeCpu(profile: CpuProfile, startMs: number, periodMicros: number): Uint8Array {
  const cpu = { type: "cpu", unit: "nanoseconds" };
  const encoder = new ProfileEncoder([{ type: "samples", unit: "count" }, cpu], cpu, periodMicros * 1000);
  const parents = new Map<number, CpuProfile["nodes"][number]>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);

  const spent = spentByNode(profile);
  for (const node of profile.nodes) {
    const { count, micros } = spent.get(node.id) ?? { count: 0, micros: 0 };
    if (count === 0 || node.callFrame.functionName === idle) continue;
    const outer: Frame[] = [];
    for (let at = parents.get(node.id); at !== undefined && parents.has(at.id); at = parents.get(at.id)) {
      outer.push(frameOf(at.callFrame));
    }
    const lines = node.positionTicks ?? [];
    const ticks = lines.reduce((sum, line) => sum + line.ticks, 0);
    if (ticks === 0) {
      encoder.sample([frameOf(node.callFrame), ...outer], [count, micros * 1000]);
      continue;
    }
    for (const line of lines) {
      const share = line.ticks / ticks;
      encoder.sample([frameOf(node.callFrame, line.line), ...outer], [count * share, micros * 1000 * share]);
    }
  }
  return encoder.finish(startMs, (profile.endTime - profile.startTime) / 1000);
}

/** How many samples found each node on top, and for how long it was there: each sample lasts until the next. */
function spentByNode(profile: CpuProfile): Map<number, { count: number; micros: number }> {
  const { samples = [], timeDeltas = [] } = profile;
  const spent = new Map<number, { count: number; micros: number }>();
  let at = profile.startTime;
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i] ?? 0;
    // Clocks of different cores may make one step backwards.
    const micros = Math.max(0, i + 1 < samples.length ? (timeDeltas[i + 1] ?? 0) : profile.endTime - at);
    const known = spent.get(id);
    if (known === undefined) spent.set(id, { count: 1, micros });
    else {
      known.count++;
      known.micros += micros;
    }
  }
  return spent;
}

/** A profile of the heap for pprof: bytes in use by the stack that allocated them. */
export function encodeHeap(profile: HeapProfile, nowMs: number, periodBytes: number): Uint8Array {
  const space = { type: "space", unit: "bytes" };
  const encoder = new ProfileEncoder([{ type: "inuse_space", unit: "bytes" }], space, periodBytes);
  // The head is the root of all stacks and no function. Innermost frames come first, so that a path is built from its end.
  const waiting = profile.head.children.map((node) => ({ node, outer: [] as readonly Frame[] }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const frames = [frameOf(next.node.callFrame), ...next.outer];
    if (next.node.selfSize > 0) encoder.sample(frames, [next.node.selfSize]);
    for (const node of next.node.children) waiting.push({ node, outer: frames });
  }
  return encoder.finish(nowMs, 0);
}
