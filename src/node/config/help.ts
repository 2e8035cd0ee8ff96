import { describeFeatures } from "./features.ts";
import { type Group, type Option, options } from "./options.ts";

/** Printed on standard error with every flag that cannot be read. */
export const usageText = `Usage:

  etcd [flags]
    Start a server.

  etcd --version
    Print the version.

  etcd -h | --help
    Print this and all flags.

  etcd --config-file PATH
    Take all settings from a YAML file; other flags and environment variables are ignored.
    Durations in the file are integers of nanoseconds (600000000000 for 10m).

  etcd gateway start [flags]
    Hand on TCP connections to a cluster's members.

  etcd grpc-proxy start [flags]
    Hand on gRPC calls to a cluster.
`;

/** All flags by group, each with its default. */
export function helpText(): string {
  const groups = new Map<Group, Option[]>();
  for (const option of options as readonly Option[]) {
    const list = groups.get(option.group) ?? [];
    list.push(option);
    groups.set(option.group, list);
  }
  const lines: string[] = [];
  for (const [group, members] of groups) {
    lines.push("", `${group}:`);
    for (const option of members) {
      lines.push(`  --${option.flag} '${option.shown}'`, `    ${option.help}${remark(option)}`);
      if (option.kind === "feature-gates") lines.push(...describeFeatures().map((line) => `    ${line}`));
    }
    if (group === "Unsafe") lines.push("", "  These flags may break what the protocol promises. Know what you do.");
  }
  return lines.join("\n");
}

function remark({ status }: Option): string {
  if (status === "later") return " (not in effect yet)";
  return status === "none" ? " (without effect)" : "";
}

/** The reference of all options as a Markdown table, for the documentation. */
export function optionsMarkdown(): string {
  const lines = ["| Flag | Variable | File | Default | | |", "| --- | --- | --- | --- | --- | --- |"];
  for (const option of options as readonly Option[]) {
    const file = option.yaml === undefined ? "" : `\`${option.yaml.join(".")}\``;
    const variable = `\`ETCD_${option.flag.toUpperCase().replaceAll("-", "_")}\``;
    const shown = option.shown === "" ? "" : `\`${option.shown}\``;
    const help = option.help.replaceAll("|", "\\|");
    lines.push(`| \`--${option.flag}\` | ${variable} | ${file} | ${shown} | ${help} | ${option.status} |`);
  }
  return lines.join("\n");
}
