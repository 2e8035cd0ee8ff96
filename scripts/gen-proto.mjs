// Writes src/wire/proto/gen/*.ts from proto/*.proto. `node scripts/gen-proto.mjs` writes, with --check it only compares.
//
// The part of the language that our files use: messages, nested enums and messages, oneof, repeated, services with HTTP paths, version options.
// Annotations stand in the comment at the end of a field's line:
//   @id        a 64-bit identity: bigint in TypeScript (counters are numbers)
//   @embed     a message kept as its encoded bytes: neither decoded nor built, only passed on
//   @always    proto2: written even when zero, since etcd sets it explicitly
//   @optional  proto2: `undefined` when absent, written when present
// in the comment above a message:
//   @kept      its bytes are kept for long (log entries, stored values)
// and alone on a line of the file:
//   @safe      counters of this file must be safe integers, or decoding fails
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const check = process.argv.includes("--check");

// --- the language -------------------------------------------------------------------------------------------------------------------

/** Tokens with the annotations of the comment that ends their line, and the text of the comment lines above. */
function tokens(text) {
  const out = [];
  let doc = [];
  for (const line of text.split("\n")) {
    const lone = /^\s*\/\/ ?(.*)$/.exec(line);
    if (lone) {
      doc.push(lone[1]);
      continue;
    }
    const from = out.length;
    let notes = [];
    for (const m of line.matchAll(/"([^"]*)"|\/\/(.*)$|[\w.]+|[{}()[\]=;<>:,]/g)) {
      if (m[2] !== undefined) notes = m[2].match(/@\w+/g) ?? [];
      else out.push({ text: m[0], notes: [], doc: [] });
    }
    for (const token of out.slice(from)) token.notes = notes;
    if (out.length > from) {
      out[from].doc = doc;
      doc = [];
    } else if (line.trim() === "") doc = [];
  }
  return out;
}

function parse(name, text) {
  const list = tokens(text);
  let at = 0;
  const file = {
    name,
    package: "",
    syntax: "",
    safe: /^\/\/ @safe$/m.test(text),
    imports: [],
    messages: [],
    enums: [],
    services: [],
  };
  const peek = () => list[at]?.text;
  const next = () => {
    const token = list[at++];
    if (token === undefined) throw new Error(`${name}: unexpected end`);
    return token.text;
  };
  const expect = (want) => {
    const got = next();
    if (got !== want)
      throw new Error(
        `${name}: expected ${want}, got ${got} (after ${list
          .slice(Math.max(0, at - 6), at)
          .map((t) => t.text)
          .join(" ")})`,
      );
  };
  const string = () => next().slice(1, -1);
  /** A value of an option: a word, a string or a { } message, of which only strings after `post:` and nested ones matter. */
  const value = () => {
    if (peek() !== "{") return next().replace(/^"|"$/g, "");
    const posts = [];
    let depth = 0;
    do {
      const t = next();
      if (t === "{") depth++;
      else if (t === "}") depth--;
      else if (t === "post") {
        expect(":");
        posts.push(string());
      }
    } while (depth > 0);
    return posts;
  };
  const option = () => {
    let key = next();
    if (key === "(") {
      key = next();
      expect(")");
    }
    expect("=");
    return [key, value()];
  };
  const fieldOptions = () => {
    const options = {};
    if (peek() !== "[") return options;
    next();
    for (;;) {
      const [key, v] = option();
      options[key] = v;
      if (next() === "]") return options;
    }
  };
  const parseEnum = (parent) => {
    const doc = list[at - 1].doc;
    const own = next();
    const full = parent ? `${parent}.${own}` : own;
    // Nested enums keep their own name unless it says nothing alone.
    const e = { full, ts: own === "Type" ? full.replace(".", "") : own, values: [], options: {}, doc };
    expect("{");
    while (peek() !== "}") {
      const lineDoc = list[at].doc;
      const word = next();
      if (word === "option") {
        const [key, v] = option();
        e.options[key] = v;
      } else {
        expect("=");
        const number = Number(next());
        e.values.push({ name: word, number, options: fieldOptions(), doc: lineDoc });
      }
      expect(";");
    }
    next();
    file.enums.push(e);
  };
  const parseMessage = () => {
    const doc = list[at - 1].doc;
    const m = { name: next(), fields: [], oneofs: [], options: {}, doc };
    expect("{");
    const body = (oneof) => {
      while (peek() !== "}") {
        const first = list[at];
        const word = next();
        if (word === "option") {
          const [key, v] = option();
          m.options[key] = v;
          expect(";");
        } else if (word === "enum") parseEnum(m.name);
        else if (word === "reserved") while (next() !== ";");
        else if (word === "oneof") {
          const group = { name: next(), ts: "", fields: [], doc: first.doc };
          group.ts = property(group.name);
          m.oneofs.push(group);
          expect("{");
          body(group);
        } else {
          const labelled = word === "repeated" || word === "optional";
          const type = labelled ? next() : word;
          const own = next();
          expect("=");
          const number = Number(next());
          const field = {
            name: own,
            ts: property(own),
            type,
            number,
            repeated: word === "repeated",
            options: fieldOptions(),
            notes: first.notes,
            doc: first.doc,
            oneof,
          };
          expect(";");
          m.fields.push(field);
          oneof?.fields.push(field);
        }
      }
      next();
    };
    body(undefined);
    file.messages.push(m);
  };
  const parseService = () => {
    const doc = list[at - 1].doc;
    const s = { name: next(), methods: [], doc };
    expect("{");
    while (peek() !== "}") {
      const methodDoc = list[at].doc;
      expect("rpc");
      const m = { name: next(), paths: [], doc: methodDoc };
      for (const side of ["input", "output"]) {
        if (side === "output") expect("returns");
        expect("(");
        m[`${side}Stream`] = peek() === "stream";
        if (m[`${side}Stream`]) next();
        m[side] = next();
        expect(")");
      }
      expect("{");
      while (peek() !== "}") {
        expect("option");
        const [key, v] = option();
        if (key === "google.api.http") m.paths = v;
        expect(";");
      }
      next();
      s.methods.push(m);
    }
    next();
    file.services.push(s);
  };

  while (at < list.length) {
    const word = next();
    if (word === "syntax") {
      expect("=");
      file.syntax = string();
      expect(";");
    } else if (word === "package") {
      file.package = next();
      expect(";");
    } else if (word === "import") {
      file.imports.push(string().replace(/\.proto$/, ""));
      expect(";");
    } else if (word === "message") parseMessage();
    else if (word === "enum") parseEnum("");
    else if (word === "service") parseService();
    else if (word === "extend") while (next() !== "}");
    else throw new Error(`${name}: what is ${word}?`);
  }
  return file;
}

/** range_end -> rangeEnd, member_ID -> memberID, Term -> term, NodeID -> nodeID; ID, TTL and peerURLs stay. */
function property(name) {
  const camel = name.replace(/_([a-zA-Z])/g, (_, c) => c.toUpperCase());
  return /^[A-Z][a-z]/.test(camel) ? camel[0].toLowerCase() + camel.slice(1) : camel;
}

/** The JSON name as protoc derives it. */
function jsonName(name) {
  return name.replace(/_([a-zA-Z])/g, (_, c) => c.toUpperCase());
}

// --- the types ----------------------------------------------------------------------------------------------------------------------

const files = new Map();
for (const entry of readdirSync(new URL("proto/", root)).sort()) {
  if (!entry.endsWith(".proto")) continue;
  const name = entry.slice(0, -".proto".length);
  files.set(name, parse(name, readFileSync(new URL(`proto/${entry}`, root), "utf8")));
}

/** File names where TypeScript wants another: the room's entry names modules by what they are for. */
const moduleOf = { raft_internal: "internal", leasepb: "lease" };
const moduleName = (file) => moduleOf[file.name] ?? file.name;

/** Finds the message or enum that `type` means inside `file`. */
function resolve(file, message, type) {
  const candidates = [file, ...[...files.values()].filter((f) => f !== file && visible(file, f))];
  for (const other of candidates) {
    const local = other.package === file.package && !type.includes(".") ? type : strip(type, other.package);
    if (local === undefined) continue;
    const m = other.messages.find((x) => x.name === local);
    if (m) return { file: other, message: m };
    const e =
      other.enums.find((x) => x.full === `${message.name}.${local}`) ?? other.enums.find((x) => x.full === local);
    if (e) return { file: other, enumeration: e };
  }
  throw new Error(`${file.name}: unknown type ${type} in ${message.name}`);
}
function visible(file, other) {
  return file.imports.includes(other.name);
}
function strip(type, pkg) {
  return type.startsWith(`${pkg}.`) ? type.slice(pkg.length + 1) : undefined;
}

const scalars = new Set(["int64", "uint64", "uint32", "bool", "bytes", "string"]);

/** Everything the writer of code needs to know about one field. */
function model(file, message, field) {
  const note = (n) => field.notes.includes(n);
  const kind = scalars.has(field.type) ? field.type : undefined;
  const target = kind ? undefined : resolve(file, message, field.type);
  const f = {
    ...field,
    file,
    kind: kind ?? (target.message ? "message" : "enum"),
    target,
    id: note("@id"),
    embed: note("@embed"),
    always: note("@always"),
    optional: note("@optional"),
    since: field.options["versionpb.etcd_version_field"],
    // Local names start with $ so that no field can hide a variable of the decoder.
    local: `$${field.ts}`,
  };
  if (f.id && f.kind !== "int64" && f.kind !== "uint64") throw new Error(`${message.name}.${f.name}: @id on ${f.kind}`);
  if (f.embed && f.kind !== "message") throw new Error(`${message.name}.${f.name}: @embed on ${f.kind}`);
  f.prefix = target && target.file !== file ? `${moduleName(target.file)}.` : "";
  f.symbol = target ? f.prefix + (target.message ? target.message.name : target.enumeration.ts) : "";
  f.tsType =
    f.kind === "bytes" || f.embed
      ? "Uint8Array"
      : f.kind === "string"
        ? "string"
        : f.kind === "bool"
          ? "boolean"
          : f.kind === "message" || f.kind === "enum"
            ? f.symbol
            : f.id
              ? "bigint"
              : "number";
  f.zero =
    f.kind === "bytes"
      ? "EMPTY"
      : f.kind === "string"
        ? '""'
        : f.kind === "bool"
          ? "false"
          : f.kind === "enum"
            ? "0"
            : f.id
              ? "0n"
              : "0";
  f.presence = (f.kind === "message" && !f.repeated) || f.optional;
  return f;
}

const wireType = (f) => (f.kind === "bytes" || f.kind === "string" || f.kind === "message" ? 2 : 0);
const tagOf = (number, wire) => ((number << 3) | wire) >>> 0;
const packable = (f) => f.repeated && wireType(f) === 0;
/** proto3 packs repeated numbers, proto2 as etcd uses it does not. */
const packed = (f) => packable(f) && f.file.syntax === "proto3";

function sizeVarint(n) {
  let size = 1;
  for (; n > 127; n = Math.floor(n / 128)) size++;
  return size;
}

/** Expression: reads one value of `f` whose tag was read. */
function readOne(f) {
  const safe = f.file.safe && !f.id;
  switch (f.kind) {
    case "int64":
      return f.id ? "r.int64Id()" : safe ? "r.safeInt64()" : "r.int64()";
    case "uint64":
      return f.id ? "r.uint64Id()" : safe ? "r.safeUint64()" : "r.uint64()";
    case "uint32":
      return "r.uint32()";
    case "bool":
      return "r.bool()";
    case "bytes":
      return "r.view(end)";
    case "string":
      return f.file.syntax === "proto3" ? "r.string(end)" : "r.looseString(end)";
    case "enum":
      return `r.int32() as ${f.symbol}`;
    default:
      throw new Error(f.kind);
  }
}

const readName = (f) => `${f.prefix}read${f.target.message.name}`;
const sizeName = (f) => `${f.prefix}size${f.target.message.name}`;
const writeName = (f) => `${f.prefix}write${f.target.message.name}`;

/** Expression: bytes of one value, without its tag. */
function sizeOne(f, v) {
  switch (f.kind) {
    case "int64":
      return f.id ? `sizeId(${v})` : `sizeInt64(${v})`;
    case "uint64":
      return f.id ? `sizeId(${v})` : `sizeUint64(${v})`;
    case "uint32":
      return `sizeUint32(${v})`;
    case "bool":
      return "1";
    case "bytes":
      return `sizeBytes(${v})`;
    case "string":
      return `sizeString(${v})`;
    case "enum":
      return `sizeInt32(${v})`;
    default:
      return f.embed ? `sizeBytes(${v})` : `sizeDelimited(${sizeName(f)}(${v}))`;
  }
}

/** Statement: writes one value, without its tag. */
function writeOne(f, v) {
  switch (f.kind) {
    case "int64":
    case "uint64":
      return f.id ? `w.id(${v});` : `w.${f.kind}(${v});`;
    case "uint32":
      return `w.uint32(${v});`;
    case "bool":
      return `w.bool(${v});`;
    case "bytes":
      return `w.bytes(${v});`;
    case "string":
      return `w.string(${v});`;
    case "enum":
      return `w.int32(${v});`;
    default:
      return f.embed ? `w.bytes(${v});` : `w.uint32(${sizeName(f)}(${v})); ${writeName(f)}(w, ${v});`;
  }
}

function writeTag(number, wire) {
  const tag = tagOf(number, wire);
  return tag < 128 ? `w.byte(${tag});` : `w.uint32(${tag});`;
}

/** Condition under which a singular field is on the wire; undefined when it always is. */
function present(f, v) {
  if (f.presence) return `${v} !== undefined`;
  if (f.always) return undefined;
  switch (f.kind) {
    case "bytes":
      return `${v}.length !== 0`;
    case "string":
      return `${v} !== ""`;
    case "bool":
      return v;
    default:
      return `${v} !== ${f.zero}`;
  }
}

// --- the code -----------------------------------------------------------------------------------------------------------------------

function docComment(lines, indent = "") {
  const text = lines.filter((l) => !/^@\w+$/.test(l.trim()));
  if (text.length === 0) return "";
  if (text.length === 1) return `${indent}/** ${text[0]} */\n`;
  return `${indent}/**\n${text.map((l) => `${indent} * ${l}`).join("\n")}\n${indent} */\n`;
}

function emitEnum(file, e) {
  const values = e.values.map((v) => `${docComment(v.doc, "  ")}  ${v.name}: ${v.number},`).join("\n");
  return `${docComment(e.doc)}export const ${e.ts} = {\n${values}\n} as const;
export type ${e.ts} = (typeof ${e.ts})[keyof typeof ${e.ts}];
export const ${e.ts}Type: EnumType = { typeName: "${file.package}.${e.full}", values: ${e.ts}, since: ${JSON.stringify(e.options["versionpb.etcd_version_enum"])}, valuesSince: { ${e.values
    .filter((v) => v.options["versionpb.etcd_version_enum_value"])
    .map((v) => `${v.number}: "${v.options["versionpb.etcd_version_enum_value"]}"`)
    .join(", ")} } };\n`;
}

function emitMessage(file, m) {
  const N = m.name[0].toUpperCase() + m.name.slice(1);
  const fields = m.fields.map((f) => model(file, m, f));
  const byNumber = [...fields].sort((a, b) => a.number - b.number);
  /** Slots of the object in order of declaration: plain fields and oneofs. */
  const slots = [];
  for (const f of fields) {
    if (!f.oneof) slots.push({ ts: f.ts, local: f.local, field: f });
    else if (!slots.some((s) => s.oneof === f.oneof))
      slots.push({ ts: f.oneof.ts, local: `$${f.oneof.ts}`, oneof: f.oneof });
  }
  const slotType = (s) => {
    if (s.oneof) return `${N}_${s.oneof.ts[0].toUpperCase()}${s.oneof.ts.slice(1)}`;
    if (s.field.repeated) return `${s.field.tsType}[]`;
    return s.field.tsType + (s.field.presence ? " | undefined" : "");
  };
  const slotZero = (s) => (s.oneof ? "NONE" : s.field.repeated ? "[]" : s.field.presence ? "undefined" : s.field.zero);
  let out = "";

  // Types.
  for (const o of m.oneofs) {
    const cases = fields.filter((f) => f.oneof === o);
    out += `${docComment(o.doc)}export type ${slotType({ oneof: o })} =\n${cases
      .map((f) => `  | { readonly case: "${f.ts}"; readonly value: ${f.tsType} }`)
      .join("\n")}\n  | { readonly case: undefined; readonly value?: undefined };\n\n`;
  }
  out += `${docComment(m.doc)}export interface ${N} {\n${slots
    .map((s) => `${docComment((s.field ?? s.oneof).doc, "  ")}  ${s.ts}: ${slotType(s)};`)
    .join("\n")}\n}\n\n`;

  // Create.
  const zeros = slots.map((s) => `${s.ts}: ${slotZero(s)}`).join(", ");
  if (slots.length === 0) out += `export function create${N}(_init?: Partial<${N}>): ${N} {\n  return {};\n}\n\n`;
  else {
    const inits = slots.map((s) => `    ${s.ts}: init.${s.ts} ?? ${slotZero(s)},`).join("\n");
    out += `export function create${N}(init?: Partial<${N}>): ${N} {
  if (init === undefined) return { ${zeros} };
  return {\n${inits}\n  };\n}\n\n`;
  }

  // Size and write in the order of Go's protobuf: plain fields by number, then the oneofs.
  const order = [
    ...byNumber.filter((f) => !f.oneof).map((field) => ({ field })),
    ...m.oneofs.map((oneof) => ({ oneof })),
  ];
  let size = "";
  let write = "";
  for (const item of order) {
    if (item.oneof) {
      const o = item.oneof;
      const cases = fields.filter((f) => f.oneof === o);
      size += `  const $${o.ts} = m.${o.ts};\n  switch ($${o.ts}.case) {\n`;
      write += `  const $${o.ts} = m.${o.ts};\n  switch ($${o.ts}.case) {\n`;
      for (const f of cases) {
        const v = `$${o.ts}.value`;
        size += `    case "${f.ts}":\n      n += ${sizeVarint(tagOf(f.number, 0))} + ${sizeOne(f, v)};\n      break;\n`;
        write += `    case "${f.ts}":\n      ${writeTag(f.number, wireType(f))}\n      ${writeOne(f, v)}\n      break;\n`;
      }
      size += "  }\n";
      write += "  }\n";
      continue;
    }
    const f = item.field;
    const v = `m.${f.ts}`;
    const tagSize = sizeVarint(tagOf(f.number, 0));
    if (packed(f)) {
      size += `  if (${v}.length !== 0) {\n    let packed = 0;\n    for (const v of ${v}) packed += ${sizeOne(f, "v")};\n    n += ${tagSize} + sizeDelimited(packed);\n  }\n`;
      write += `  if (${v}.length !== 0) {\n    let packed = 0;\n    for (const v of ${v}) packed += ${sizeOne(f, "v")};\n    ${writeTag(f.number, 2)}\n    w.uint32(packed);\n    for (const v of ${v}) ${writeOne(f, "v")}\n  }\n`;
    } else if (f.repeated) {
      size += `  for (let i = 0; i < ${v}.length; i++) n += ${tagSize} + ${sizeOne(f, `${v}[i]!`)};\n`;
      write += `  for (let i = 0; i < ${v}.length; i++) {\n    ${writeTag(f.number, wireType(f))}\n    const v = ${v}[i]!;\n    ${writeOne(f, "v")}\n  }\n`;
    } else {
      const when = present(f, v);
      const guard = when ? `if (${when}) ` : "";
      size += `  ${guard}n += ${tagSize} + ${sizeOne(f, v)};\n`;
      write += `  ${guard}{\n    ${writeTag(f.number, wireType(f))}\n    ${writeOne(f, v)}\n  }\n`;
    }
  }
  const unused = fields.length === 0;
  out += `export function size${N}(${unused ? "_m" : "m"}: ${N}): number {\n${unused ? "  return 0;\n" : `  let n = 0;\n${size}  return n;\n`}}\n\n`;
  out += `export function write${N}(${unused ? "_w" : "w"}: Writer, ${unused ? "_m" : "m"}: ${N}): void {\n${write}}\n\n`;
  out += `export function encode${N}(m: ${N}): Uint8Array {\n${
    unused
      ? `  void m;\n  return EMPTY;\n`
      : `  const size = size${N}(m);\n  if (size === 0) return EMPTY;\n  const w = Writer.${m.doc.includes("@kept") ? "kept" : "of"}(size);\n  write${N}(w, m);\n  return w.finish();\n`
  }}\n\n`;

  // Decode.
  const embedsSingular = fields.filter((f) => f.embed && !f.repeated);
  let body = "";
  if (slots.length > 0) {
    body += slots.map((s) => `  let ${s.local}: ${slotType(s)} = ${slotZero(s)};\n`).join("");
    for (const f of embedsSingular) body += `  let ${f.local}Parts: Uint8Array[] | undefined;\n`;
    body += `  if (into !== undefined) {\n${slots.map((s) => `    ${s.local} = into.${s.ts};\n`).join("")}  }\n`;
  }
  body += `  while (r.pos < end) {\n    const tag = r.tag();\n    switch (tag) {\n`;
  for (const f of fields) {
    body += `      case ${tagOf(f.number, wireType(f))}:\n`;
    const slot = f.oneof ? `$${f.oneof.ts}` : f.local;
    let statement;
    if (f.oneof) {
      if (f.kind === "message")
        statement = `${slot} = { case: "${f.ts}", value: ${readName(f)}(r, r.sub(end), depth - 1, ${slot}.case === "${f.ts}" ? ${slot}.value : undefined) };`;
      else statement = `${slot} = { case: "${f.ts}", value: ${readOne(f)} };`;
    } else if (f.embed) {
      statement = f.repeated
        ? `${slot}.push(r.view(end));`
        : `if (${slot} === undefined) ${slot} = r.view(end);\n        else (${slot}Parts ??= [${slot}]).push(r.view(end));`;
    } else if (f.kind === "message") {
      statement = f.repeated
        ? `${slot}.push(${readName(f)}(r, r.sub(end), depth - 1));`
        : `${slot} = ${readName(f)}(r, r.sub(end), depth - 1, ${slot});`;
    } else statement = f.repeated ? `${slot}.push(${readOne(f)});` : `${slot} = ${readOne(f)};`;
    body += `        ${statement}\n        break;\n`;
    if (packable(f)) {
      body += `      case ${tagOf(f.number, 2)}: {\n        const until = r.sub(end);\n        while (r.pos < until) ${slot}.push(${readOne(f)});\n        r.done(until);\n        break;\n      }\n`;
    }
  }
  body += `      default:\n        r.skip(tag, end);\n    }\n  }\n  r.done(end);\n`;
  for (const f of embedsSingular) body += `  if (${f.local}Parts !== undefined) ${f.local} = join(${f.local}Parts);\n`;
  body += `  return { ${slots.map((s) => `${s.ts}: ${s.local}`).join(", ")} };\n`;
  out += `/** Reads up to \`end\`; fields join those of \`into\`, as protobuf merges a singular message that comes twice. */
export function read${N}(r: Reader, end: number, depth: number, ${slots.length > 0 ? "into" : "_into"}?: ${N}): ${N} {
  if (depth < 0) tooDeep();\n${body}}\n\n`;
  out += `export function decode${N}(bytes: Uint8Array): ${N} {\n  return read${N}(new Reader(bytes), bytes.length, DEPTH_MAX);\n}\n\n`;

  // Companion.
  const descriptors = byNumber.map((f) => {
    const parts = [
      `name: "${f.name}"`,
      `jsonName: "${jsonName(f.name)}"`,
      `property: "${f.ts}"`,
      `number: ${f.number}`,
      `kind: "${f.kind}"`,
      `repeated: ${f.repeated}`,
      `id: ${f.id}`,
      `embed: ${f.embed}`,
      `oneof: ${f.oneof ? `"${f.oneof.ts}"` : "undefined"}`,
      `optional: ${f.optional}`,
      `since: ${JSON.stringify(f.since)}`,
      `message: ${f.kind === "message" ? `() => ${f.symbol} as MessageCodec<unknown>` : "undefined"}`,
      `enumeration: ${f.kind === "enum" ? `${f.symbol}Type` : "undefined"}`,
    ];
    return `    { ${parts.join(", ")} },\n`;
  });
  out += `export const ${N}: MessageCodec<${N}> = {
  typeName: "${file.package}.${m.name}",
  since: ${JSON.stringify(m.options["versionpb.etcd_version_msg"])},
  fields: [${descriptors.length ? `\n${descriptors.join("")}  ` : ""}],
  create: () => create${N}(),
  encode: encode${N},
  decode: decode${N},
};\n`;
  return out;
}

function emitService(file, s) {
  const ref = (type) => {
    const t = resolve(file, { name: "" }, type);
    return (t.file === file ? "" : `${moduleName(t.file)}.`) + t.message.name;
  };
  const methods = s.methods.map(
    (m) =>
      `${docComment(m.doc, "    ")}    { name: "${m.name}", input: ${ref(m.input)}, output: ${ref(m.output)}, clientStream: ${m.inputStream}, serverStream: ${m.outputStream}, paths: ${JSON.stringify(m.paths)} },\n`,
  );
  return `${docComment(s.doc)}export const ${s.name}Service: ServiceDescriptor = {
  typeName: "${file.package}.${s.name}",
  methods: [\n${methods.join("")}  ],
};\n`;
}

function emit(file) {
  const parts = [
    ...file.enums.map((e) => emitEnum(file, e)),
    ...file.messages.map((m) => emitMessage(file, m)),
    ...file.services.map((s) => emitService(file, s)),
  ];
  const code = parts.join("\n");
  const uses = (word) => new RegExp(`\\b${word.replace("$", "\\$")}\\b`).test(code);
  const pick = (from, names) => {
    const used = names.filter((n) => uses(n.replace(/^type /, "")));
    return used.length ? `import { ${used.join(", ")} } from "${from}";\n` : "";
  };
  let head = `// Written by scripts/gen-proto.mjs from proto/${file.name}.proto. Change that file, then run \`npm run gen\`.\n`;
  head += pick("../../../base/index.ts", ["EMPTY"]);
  head += pick("../descriptor.ts", ["type EnumType", "type MessageCodec", "type ServiceDescriptor"]).replace(
    /import \{ ((?:type \w+(?:, )?)+) \}/,
    (_, n) => `import type { ${n.replace(/type /g, "")} }`,
  );
  head += pick("../reader.ts", ["DEPTH_MAX", "join", "Reader", "tooDeep"]);
  head += pick("../writer.ts", [
    "sizeBytes",
    "sizeDelimited",
    "sizeId",
    "sizeInt32",
    "sizeInt64",
    "sizeString",
    "sizeUint32",
    "sizeUint64",
    "Writer",
  ]);
  for (const other of file.imports) {
    const name = moduleName(files.get(other));
    if (new RegExp(`\\b${name}\\.`).test(code)) head += `import * as ${name} from "./${name}.ts";\n`;
  }
  if (uses("NONE")) head += `\n/** The empty oneof. */\nconst NONE = { case: undefined } as const;\n`;
  return `${head}\n${code}`;
}

const target = new URL("src/wire/proto/gen/", root);
mkdirSync(target, { recursive: true });
let stale = 0;
for (const file of files.values()) {
  if (file.messages.length + file.enums.length === 0) continue;
  const url = new URL(`${moduleName(file)}.ts`, target);
  const code = emit(file);
  if (check) {
    let old = "";
    try {
      old = readFileSync(url, "utf8");
    } catch {}
    if (old !== code) {
      console.error(`stale: ${url.pathname}`);
      stale++;
    }
  } else writeFileSync(url, code);
}
if (stale > 0) {
  console.error("run: npm run gen");
  process.exit(1);
}
