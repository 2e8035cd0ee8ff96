import { HelpWanted, UsageProblem } from "./flags.ts";
import { helpText, usageText } from "./help.ts";
import { Exit, ExitCode, type Io } from "./io.ts";
import { quote } from "./text.ts";
import { type Command, find, flagSetOf, type ProgramOptions } from "./tree.ts";

/** Reads the command line and runs the command; gives the exit code. */
export async function execute(root: Command, io: Io, options: ProgramOptions = {}): Promise<number> {
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
