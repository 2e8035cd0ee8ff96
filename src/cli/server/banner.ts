import type { Config, Serving } from "../../node/index.ts";

/** What a person wants to know once a member runs: where, with what, which version, and what to try. */
export function banner(serving: Serving, config: Config, version: string): string {
  const first = serving.urls[0] ?? "";
  const endpoint = first.replace(/^https?:\/\//, "");
  const rows: [string, string][] = [
    ["version", `${version} (speaks etcd ${serving.member.versions().server})`],
    ["member", config.name],
    ["data directory", config.dataDir],
    ["clients", serving.urls.join("  ")],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  return `\nQuorate is ready.\n\n${lines.join("\n")}\n\n  try             quoratectl --endpoints ${endpoint} put greeting hello\n  stop            Ctrl-C\n\n`;
}
