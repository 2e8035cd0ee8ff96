import type { FlagSpec } from "./flags.ts";
import { quote } from "./text.ts";
import { type Command, flagsOf, type ProgramOptions } from "./tree.ts";

/** The whole help: what the command is for, and how it is used. */
export function helpText(command: Command, options: ProgramOptions): string {
  const { long, short, help } = command.spec;
  if (help !== undefined) return help();
  const about = (long ?? short).trimEnd();
  const head = about === "" || options.usageOnly === true ? "" : `${about}\n\n`;
  const footer = options.helpFooter === undefined ? "" : `${options.helpFooter}\n`;
  return `${head}${usageText(command)}${footer}`;
}

/** Usage line, examples, commands below, flags. */
export function usageText(command: Command): string {
  const { spec, path, children } = command;
  const { local, inherited } = flagsOf(command);
  let text = "Usage:";
  if (spec.run !== undefined) text += `\n  ${useLine(command)}`;
  if (children.length > 0) text += `\n  ${path} [command]`;
  if (spec.aliases !== undefined) text += `\n\nAliases:\n  ${[command.name, ...spec.aliases].join(", ")}`;
  if (spec.example !== undefined) text += `\n\nExamples:\n${spec.example}`;
  if (children.length > 0) {
    const width = Math.max(11, ...children.map((child) => child.name.length));
    const line = (child: Command) => `\n  ${child.name.padEnd(width)} ${child.spec.short}`;
    if (spec.groups === undefined) text += `\n\nAvailable Commands:${children.map(line).join("")}`;
    for (const [key, title] of Object.entries(spec.groups ?? {})) {
      text += `\n\n${title}${children
        .filter((child) => child.spec.group === key)
        .map(line)
        .join("")}`;
    }
  }
  const shown = (flags: readonly FlagSpec[]) => flags.filter((flag) => flag.hidden !== true);
  if (shown(local).length > 0) text += `\n\nFlags:\n${flagsText(shown(local)).trimEnd()}`;
  if (shown(inherited).length > 0) text += `\n\nGlobal Flags:\n${flagsText(shown(inherited)).trimEnd()}`;
  if (children.length > 0) text += `\n\nUse "${path} [command] --help" for more information about a command.`;
  return `${text}\n`;
}

function useLine(command: Command): string {
  const above = command.parent?.path ?? command.spec.under;
  const line = above === undefined ? command.spec.use : `${above} ${command.spec.use}`;
  return command.spec.plainUse === true || line.includes("[flags]") ? line : `${line} [flags]`;
}

const typeNames: Readonly<Record<FlagSpec["type"], string>> = {
  string: "string",
  bool: "",
  int: "int",
  int64: "int",
  uint: "uint",
  uint64: "uint",
  duration: "duration",
  stringSlice: "strings",
};

/** One line per flag: letter, name, type, what it does, value when it is not given. */
export function flagsText(flags: readonly FlagSpec[]): string {
  const lines = flags.map((flag) => {
    const [, before = "", named, after = ""] = /^(.*?)`(.*?)`(.*)$/s.exec(flag.usage) ?? [];
    const type = named ?? typeNames[flag.type];
    const usage = named === undefined ? flag.usage : before + named + after;
    const name = `${flag.short === undefined ? "      " : `  -${flag.short}, `}--${flag.name}${type === "" ? "" : ` ${type}`}`;
    const zero =
      ["", "false", "0", "0s", "[]"].includes(flag.initial) && (flag.type !== "string" || flag.initial === "");
    const initial = flag.type === "string" ? quote(flag.initial) : flag.initial;
    return { name, text: zero ? usage : `${usage} (default ${initial})` };
  });
  const width = Math.max(...lines.map((line) => line.name.length));
  return lines.map((line) => `${line.name.padEnd(width)}   ${line.text}\n`).join("");
}
