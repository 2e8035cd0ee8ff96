import { Reader } from "../../src/wire/proto/index.ts";

/** Frames, innermost first, each `path/of/module.function` or a bare name of V8's or of native code, and what was found there. */
export interface Stack {
  readonly frames: readonly string[];
  /** The last of the sample's values: nanoseconds of a profile of the CPU, bytes of one of the heap. */
  readonly amount: number;
}

/** One field of a message: its number, and a number or bytes. */
function* fieldsOf(bytes: Uint8Array): Generator<readonly [number: number, value: number | Uint8Array]> {
  const r = new Reader(bytes);
  while (r.pos < bytes.length) {
    const tag = r.tag();
    yield [tag >>> 3, (tag & 7) === 0 ? r.uint64() : r.view(bytes.length)];
  }
}

function numbersOf(packed: Uint8Array): number[] {
  const r = new Reader(packed);
  const numbers: number[] = [];
  while (r.pos < packed.length) numbers.push(r.uint64());
  return numbers;
}

/** Reads what `/debug/pprof/profile` and `heap` answer, unpacked; the format stands in `src/node/pprof/encode.ts`. */
export function readProfile(bytes: Uint8Array): Stack[] {
  const samples: Uint8Array[] = [];
  const functionOf = new Map<number, number>();
  const nameOf = new Map<number, number>();
  const strings: string[] = [];
  for (const [field, value] of fieldsOf(bytes)) {
    if (typeof value === "number") continue;
    if (field === 2) samples.push(value);
    else if (field === 6) strings.push(Buffer.from(value).toString());
    else if (field === 4 || field === 5) {
      const told = new Map(fieldsOf(value));
      const id = told.get(1) as number;
      if (field === 5) nameOf.set(id, told.get(2) as number);
      else functionOf.set(id, new Map(fieldsOf(told.get(4) as Uint8Array)).get(1) as number);
    }
  }
  return samples.map((sample) => {
    const told = new Map(fieldsOf(sample));
    const frames = numbersOf(told.get(1) as Uint8Array).map((id) => strings[nameOf.get(functionOf.get(id)!)!]!);
    return { frames, amount: numbersOf(told.get(2) as Uint8Array).at(-1)! };
  });
}
