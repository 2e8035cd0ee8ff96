// Writes docs/operating/flags.md and metrics.md from what the server itself declares.
//   node scripts/gen-docs.mjs           rewrite them
//   node scripts/gen-docs.mjs --check   exit 1 when they are not what would be written
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const generated =
  "Written by `npm run docs` from what the server declares; `npm run check` compares. Not to be edited by hand.";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes("--check");

const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
spawnSync(process.execPath, [join(typescript, "bin/tsc"), "-p", "tsconfig.build.json"], { cwd: root });
const node = await import("../build/lib/node/index.js");
const config = await import("../build/lib/node/config/index.js");

const pages = { "flags.md": flagsPage(), "metrics.md": await metricsPage() };
let stale = false;
for (const [name, text] of Object.entries(pages)) {
  const path = join(root, "docs/operating", name);
  if (read(path) === text) continue;
  if (check) {
    stale = true;
    console.error(`docs/operating/${name} is out of date: run node scripts/gen-docs.mjs`);
  } else {
    writeFileSync(path, text);
    console.log(`wrote docs/operating/${name}`);
  }
}
process.exit(stale ? 1 : 0);

function flagsPage() {
  const gates = config.featureNames.map((name) => {
    const initial = config.defaultFeatures[name] ? "on" : "off";
    return `| \`${name}\` | ${config.stageOf(name).toLowerCase()} | ${initial} | ${config.featureStatus(name)} |`;
  });
  return `# Flags

${generated}

Flags take one dash or two, \`--flag value\` or \`--flag=value\`. A flag and its variable together are refused. With
\`--config-file\` (or \`ETCD_CONFIG_FILE\`) all other flags and variables are ignored; the third column is the key in that YAML
file, where durations are integers of nanoseconds. The last column: \`done\` has its effect, \`later\` is read and checked but has
no effect yet (start-up says so), \`none\` never will have one here.

${config.optionsMarkdown()}

Taken and ignored, as in etcd: ${config.ignoredFlags.map((flag) => `\`--${flag}\``).join(", ")}.

## Feature gates

\`--feature-gates Name=true,Other=false\`

| Gate | Stage | Default | |
| --- | --- | --- | --- |
${gates.join("\n")}
`;
}

async function metricsPage() {
  const registry = new node.Registry();
  node.registerProcessMetrics(registry);
  node.declareFeatureMetrics(registry, config.defaultFeatures);
  const member = await node.startMember({ storage: "memory" });
  const scraped = await (await fetch(`${member.clientUrl}/metrics`)).text();
  await member.close();
  const families = new Map([...familiesOf(registry.text()), ...familiesOf(scraped)]);
  const group = (title, test) => {
    const rows = [...families]
      .filter(([name]) => test(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { type, help }]) => `| \`${name}\` | ${type} | ${help.replaceAll("|", "\\|")} |`);
    return `## ${title}\n\n| Name | Type | |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
  };
  return `# Metrics

${generated}

\`GET /metrics\` on the client URLs, and on \`--listen-metrics-urls\`. Names, types, labels and buckets are etcd's; what etcd does not
have is named \`quorate_*\`. \`--metrics extensive\` adds the histogram \`grpc_server_handling_seconds\`.

${group("etcd's", (name) => name.startsWith("etcd_") || name.startsWith("os_"))}
${group("gRPC and scrapes", (name) => name.startsWith("grpc_") || name.startsWith("promhttp_"))}
${group("Quorate's own: every queue, cache and buffer", (name) => name.startsWith("quorate_"))}
${group("The process", (name) => name.startsWith("go_") || name.startsWith("process_"))}`;
}

function familiesOf(text) {
  const families = new Map();
  for (const line of text.split("\n")) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (help !== null) families.set(help[1], { help: help[2], type: "" });
    if (type !== null) families.get(type[1]).type = type[2];
  }
  return families;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
