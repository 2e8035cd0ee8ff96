import { quote } from "./text.ts";

/** `completion` takes one argument, a shell's name. */
export function onlyShells(args: readonly string[], path: string): string | undefined {
  if (args.length !== 1) return `accepts 1 arg(s), received ${args.length}`;
  const known = ["bash", "zsh", "fish", "powershell"].includes(args[0]!);
  return known ? undefined : `invalid argument ${quote(args[0]!)} for ${quote(path)}`;
}
