import { quote } from "./text.ts";
import type { CommandSpec, Invocation } from "./tree.ts";

/** `completion` takes one argument, a shell's name. */
function onlyShells(args: readonly string[], path: string): string | undefined {
  if (args.length !== 1) return `accepts 1 arg(s), received ${args.length}`;
  const known = ["bash", "zsh", "fish", "powershell"].includes(args[0]!);
  return known ? undefined : `invalid argument ${quote(args[0]!)} for ${quote(path)}`;
}

/** The command `completion` of the program `name`; what it completes is the tree it stands in, unless `run` says otherwise. */
export function completionCommand(name: string, run: (call: Invocation) => Promise<void> = printOwn): CommandSpec {
  return {
    use: "completion [bash|zsh|fish|powershell]",
    short: "Prints a script that completes commands in a shell",
    long: `Prints a script that completes commands in a shell. For the running shell:

  bash         source <(${name} completion bash)
  zsh          source <(${name} completion zsh)
  fish         ${name} completion fish | source
  powershell   ${name} completion powershell | Out-String | Invoke-Expression
`,
    plainUse: true,
    check: onlyShells,
    run,
  };
}

async function printOwn({ io, args, command }: Invocation): Promise<void> {
  const { completionEntries, completionScript } = await import("./completion.ts");
  const root = command.parent!;
  io.out(completionScript(args[0]!, root.name, completionEntries(root)));
}
