import { HelpWanted, UsageProblem } from "./flags.ts";
import { helpText, usageText } from "./help.ts";
import { Exit, ExitCode, type Io } from "./io.ts";
import { quote } from "./text.ts";
import {
  type Command,
  type CommandSpec,
  find,
  flagSetOf,
  nearest,
  type ProgramOptions,
  plant,
  UnknownCommand,
} from "./tree.ts";

/** The program's tree, with the `help` command that each has. */
export function program(spec: CommandSpec, options: ProgramOptions = {}): Command {
  const help: CommandSpec = {
    use: "help [command]",
    short: "Help about any command",
    long: `Tells what a command does and which flags it takes: ${spec.use} help [path to command]`,
    ...(spec.groups === undefined ? {} : { group: Object.keys(spec.groups).at(-1)! }),
    run: async ({ io, args, command }) => {
      try {
        io.out(helpText(find(command.parent!, args, options.errors === "brief").command, options));
      } catch (problem) {
        if (!(problem instanceof UsageProblem)) throw problem;
        if (options.errors === "brief") {
          tellBriefly(io, command.parent!, problem);
          throw new Exit(ExitCode.Error);
        }
        io.err(`Unknown help topic [${args.map((arg) => `\`${arg}\``).join(" ")}]\n${usageText(command.parent!)}`);
      }
    },
  };
  return plant({ ...spec, children: [...(spec.children ?? []), help] });
}

/** Reads the command line and runs the command; gives the exit code. */
export async function execute(spec: CommandSpec, io: Io, options: ProgramOptions = {}): Promise<number> {
  const root = program(spec, options);
  const brief = options.errors === "brief";
  const again = (message: string) => {
    if (options.repeatError === true) io.err(`Error: ${message}\n`);
  };
  let command: Command;
  let rest: string[];
  try {
    ({ command, rest } = find(root, io.args, brief));
  } catch (problem) {
    if (!(problem instanceof UsageProblem)) throw problem;
    if (brief) tellBriefly(io, root, problem);
    else {
      io.err(`Error: ${problem.message}\nRun '${root.path} --help' for usage.\n`);
      again(problem.message);
    }
    return ExitCode.Error;
  }
  const flags = flagSetOf(command);
  try {
    flags.parse(rest);
    const [stray] = flags.args;
    if (options.strict === true && command.spec.run === undefined && stray !== undefined && !flags.bool("help")) {
      throw new UnknownCommand(command, stray);
    }
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
    if (brief) {
      tellBriefly(io, command, problem, flags.names);
      return ExitCode.Error;
    }
    const hint = options.strict === true ? flagHint(problem, flags.names) : "";
    io.err(`Error: ${problem.message}${hint}\n${usageText(command)}\n`);
    again(`${problem.message}${hint}`);
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

/** `program: what is wrong; did you mean …?` and where to read on. */
function tellBriefly(io: Io, command: Command, problem: UsageProblem, flagNames: readonly string[] = []): void {
  const message =
    problem instanceof UnknownCommand
      ? `unknown command ${quote(problem.word)}${didYouMean(problem.near.map((name) => quote(name)))}`
      : `${problem.message}${flagHint(problem, flagNames)}`;
  const path = problem instanceof UnknownCommand ? problem.path : command.path;
  io.err(`${path}: ${message}\nRun '${path} --help' for usage.\n`);
}

/** `; did you mean --name?` for a flag that does not exist, if one is near. */
export function flagHint(problem: { readonly unknownFlag: string | undefined }, names: readonly string[]): string {
  if (problem.unknownFlag === undefined) return "";
  return didYouMean(nearest(problem.unknownFlag.replace(/^-+/, ""), names).map((name) => `--${name}`));
}

function didYouMean(names: readonly string[]): string {
  if (names.length === 0) return "";
  return `; did you mean ${names.join(" or ")}?`;
}
