import { HelpWanted, UsageProblem } from "./flags.ts";
import { helpText, usageText } from "./help.ts";
import { Exit, ExitCode, type Io } from "./io.ts";
import { quote } from "./text.ts";
import { type Command, type CommandSpec, find, flagSetOf, type ProgramOptions, plant } from "./tree.ts";

/** The program with the `help` command that each has. */
function withHelp(spec: CommandSpec, options: ProgramOptions): Command {
  const help: CommandSpec = {
    use: "help [command]",
    short: "Help about any command",
    long: `Tells what a command does and which flags it takes: ${spec.use} help [path to command]`,
    ...(spec.groups === undefined ? {} : { group: Object.keys(spec.groups).at(-1)! }),
    run: async ({ io, args, command }) => {
      try {
        io.out(helpText(find(command.parent!, args).command, options));
      } catch (problem) {
        if (!(problem instanceof UsageProblem)) throw problem;
        io.err(`Unknown help topic [${args.map((arg) => `\`${arg}\``).join(" ")}]\n${usageText(command.parent!)}`);
      }
    },
  };
  return plant({ ...spec, children: [...(spec.children ?? []), help] });
}

/** Reads the command line and runs the command; gives the exit code. */
export async function execute(spec: CommandSpec, io: Io, options: ProgramOptions = {}): Promise<number> {
  const root = withHelp(spec, options);
  const again = (message: string) => {
    if (options.repeatError === true) io.err(`Error: ${message}\n`);
  };
  let command: Command;
  let rest: string[];
  try {
    ({ command, rest } = find(root, io.args));
  } catch (problem) {
    if (!(problem instanceof UsageProblem)) throw problem;
    io.err(`Error: ${problem.message}\nRun '${root.path} --help' for usage.\n`);
    again(problem.message);
    return ExitCode.Error;
  }
  const flags = flagSetOf(command);
  try {
    flags.parse(rest);
    if (flags.bool("help") || command.spec.run === undefined) throw new HelpWanted();
    const refused = command.spec.check?.(flags.args, command.path);
    if (refused !== undefined) throw new UsageProblem(refused);
    const missing = (command.spec.required ?? []).filter((name) => !flags.changed(name)).sort();
    if (missing.length > 0) {
      throw new UsageProblem(`required flag(s) ${missing.map((name) => quote(name)).join(", ")} not set`);
    }
  } catch (problem) {
    if (problem instanceof HelpWanted) {
      io.out(helpText(command, options));
      return ExitCode.Success;
    }
    if (!(problem instanceof UsageProblem)) throw problem;
    io.err(`Error: ${problem.message}\n${usageText(command)}\n`);
    again(problem.message);
    return ExitCode.Error;
  }
  try {
    await command.spec.run!({ io, command, flags, args: flags.args });
    return ExitCode.Success;
  } catch (end) {
    if (end instanceof Exit) return end.code;
    throw end;
  }
}
