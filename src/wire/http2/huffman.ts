/**
 * The Huffman code of RFC 7541 appendix B. The code is canonical: within a length, symbols in ascending order take
 * consecutive codes, and the first code of a longer length continues where the shorter ones stopped. So the lengths
 * alone define it; a test holds it against the RFC's own examples.
 */

/** Symbols by code length, ascending in each; 256 is EOS, which is never sent. */
const symbolsByLength: readonly (readonly [bits: number, symbols: readonly number[]])[] = [
  [5, [48, 49, 50, 97, 99, 101, 105, 111, 115, 116]],
  [
    6,
    [32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 65, 95, 98, 100, 102, 103, 104, 108, 109, 110, 112, 114, 117],
  ],
  [
    7,
    [
      58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 89, 106, 107, 113,
      118, 119, 120, 121, 122,
    ],
  ],
  [8, [38, 42, 44, 59, 88, 90]],
  [10, [33, 34, 40, 41, 63]],
  [11, [39, 43, 124]],
  [12, [35, 62]],
  [13, [0, 36, 64, 91, 93, 126]],
  [14, [94, 125]],
  [15, [60, 96, 123]],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198,
      228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
      183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249],
  ],
  [30, [10, 13, 22, 256]],
];

const EOS = 256;
const codes = new Uint32Array(257);
const lengths = new Uint8Array(257);

/**
 * The decoder: the code's tree cut into steps of four bits. Row = inner node of the tree (256 of them, 0 the root),
 * column = next four bits. The shortest code has five bits, so a step completes at most one symbol.
 *
 *     bit  0..7   inner node after the step
 *     bit  8..15  symbol completed by the step, when EMIT
 */
const steps = new Uint32Array(256 * 16);
const EMIT = 1 << 16;
/** The input may end after this step: what is left over is at most seven bits of ones (RFC 7541 5.2). */
const ACCEPT = 1 << 17;
/** The step ran into EOS, which a string must not contain. */
const FAIL = 1 << 18;

{
  let code = 0;
  let bitsBefore = 0;
  for (const [bits, symbols] of symbolsByLength) {
    code <<= bits - bitsBefore;
    bitsBefore = bits;
    for (const symbol of symbols) {
      codes[symbol] = code++;
      lengths[symbol] = bits;
    }
  }

  // children[2 * node + bit] is an inner node, or -1 - symbol for a leaf.
  const children = new Int16Array(512);
  let nodes = 1;
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0;
    for (let bit = lengths[symbol]! - 1; bit > 0; bit--) {
      const at = 2 * node + ((codes[symbol]! >>> bit) & 1);
      if (children[at] === 0) children[at] = nodes++;
      node = children[at]!;
    }
    children[2 * node + (codes[symbol]! & 1)] = -1 - symbol;
  }

  // Nodes reached by nothing but ones, up to seven of them.
  const padding = new Set<number>([0]);
  for (let node = 0, depth = 1; depth <= 7; depth++) {
    node = children[2 * node + 1]!;
    padding.add(node);
  }

  for (let start = 0; start < 256; start++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = start;
      let step = 0;
      for (let bit = 3; bit >= 0; bit--) {
        const child = children[2 * node + ((nibble >>> bit) & 1)]!;
        if (child >= 0) {
          node = child;
        } else {
          const symbol = -1 - child;
          step |= symbol === EOS ? FAIL : EMIT | (symbol << 8);
          node = 0;
        }
      }
      if (padding.has(node)) step |= ACCEPT;
      steps[(start << 4) | nibble] = step | node;
    }
  }
}

/** Most bytes that `bytes` bytes of Huffman code can stand for: no symbol is shorter than five bits. */
export function huffmanDecodedMax(bytes: number): number {
  return Math.floor((bytes * 8) / 5);
}

/**
 * Decodes `source[start, end)` into `into`, which has room for `huffmanDecodedMax(end - start)`. Returns the decoded
 * length, or -1 when the code is broken: EOS inside, or padding that is longer than seven bits or not all ones.
 */
export function huffmanDecode(source: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let node = 0;
  let length = 0;
  let step = ACCEPT;
  for (let i = start; i < end; i++) {
    const byte = source[i]!;
    step = steps[(node << 4) | (byte >>> 4)]!;
    if ((step & (EMIT | FAIL)) !== 0) {
      if ((step & FAIL) !== 0) return -1;
      into[length++] = (step >>> 8) & 0xff;
    }
    step = steps[((step & 0xff) << 4) | (byte & 0xf)]!;
    if ((step & (EMIT | FAIL)) !== 0) {
      if ((step & FAIL) !== 0) return -1;
      into[length++] = (step >>> 8) & 0xff;
    }
    node = step & 0xff;
  }
  return (step & ACCEPT) !== 0 ? length : -1;
}

/** Bytes that `text` (latin1) takes as Huffman code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += lengths[text.charCodeAt(i) & 0xff]!;
  return (bits + 7) >>> 3;
}

/** Writes `text` (latin1) as Huffman code at `at`; returns the position after it. */
export function huffmanEncode(text: string, into: Uint8Array, at: number): number {
  // `held` are the low `count` bits of `bits`, not yet written; fewer than eight between symbols.
  let bits = 0;
  let count = 0;
  let position = at;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    let length = lengths[symbol]!;
    const code = codes[symbol]!;
    if (length > 24) {
      // Seven held bits and a code of up to 30 do not fit 32: the code goes in two parts.
      length -= 16;
      bits = (bits << length) | (code >>> 16);
      count += length;
      while (count >= 8) {
        count -= 8;
        into[position++] = bits >>> count;
      }
      length = 16;
      bits = (bits << 16) | (code & 0xffff);
    } else {
      bits = (bits << length) | code;
    }
    count += length;
    while (count >= 8) {
      count -= 8;
      into[position++] = bits >>> count;
    }
  }
  if (count > 0) into[position++] = (bits << (8 - count)) | (0xff >>> count);
  return position;
}
