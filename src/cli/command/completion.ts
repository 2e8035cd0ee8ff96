import { type Command, flagsOf } from "./tree.ts";

/*
 * Completion scripts. Each carries the whole tree of commands and flags as a table by command path, so that completing never starts
 * the program.
 */

/** What can follow one command. */
export interface CompletionEntry {
  /** Words after the program's name: "lease grant"; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly CompletionFlag[];
}

export interface CompletionFlag {
  readonly name: string;
  readonly short?: string;
  /** Takes the next word. */
  readonly valued: boolean;
  readonly about: string;
}

/** A command and all below it; `above` is the path that it is reached by. */
export function completionEntries(root: Command, above = ""): CompletionEntry[] {
  const found: CompletionEntry[] = [];
  const walk = (command: Command, path: string) => {
    const { local, inherited } = flagsOf(command);
    const flags = [...local, ...inherited].map(({ name, short, type, usage }) => ({
      name,
      ...(short === undefined ? {} : { short }),
      valued: type !== "bool",
      about: firstLine(usage),
    }));
    const commands = command.children.map(({ name, spec }) => ({ name, about: firstLine(spec.short) }));
    found.push({ path, commands, flags });
    for (const child of command.children) walk(child, path === "" ? child.name : `${path} ${child.name}`);
  };
  walk(root, above);
  return found;
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]!;
}

/** The script that completes the program `name` in bash, zsh, fish or powershell. */
export function completionScript(shell: string, name: string, entries: readonly CompletionEntry[]): string {
  switch (shell) {
    case "zsh":
      // Whether it is sourced or autoloaded from $fpath: zsh's own completion has to run first.
      return `#compdef ${name}\nautoload -U +X compinit && (( $+functions[compdef] )) || compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(name, entries)}`;
    case "fish":
      return fish(name, entries);
    case "powershell":
      return powershell(name, entries);
    default:
      return bash(name, entries);
  }
}

function wordsOf({ commands, flags }: CompletionEntry): string[] {
  return [...commands.map((command) => command.name), ...flags.map((flag) => `--${flag.name}`)];
}

/** Flags that take the next word, as they are typed: wherever they are taken, or in one command alone ("make-mirror --prefix"). */
function valuedFlags(entries: readonly CompletionEntry[]): { readonly always: string[]; readonly here: string[] } {
  const kinds = new Map<string, Set<boolean>>();
  const forms = ({ name, short }: CompletionFlag): string[] => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ];
  for (const flag of entries.flatMap((entry) => entry.flags)) {
    for (const form of forms(flag)) kinds.set(form, (kinds.get(form) ?? new Set()).add(flag.valued));
  }
  const always = [...kinds].flatMap(([form, kind]) => (kind.has(true) && kind.size === 1 ? [form] : [])).sort();
  const here = entries.flatMap(({ path, flags }) =>
    flags
      .filter(({ valued }) => valued)
      .flatMap(forms)
      .filter((form) => kinds.get(form)!.size === 2)
      .map((form) => `${path} ${form}`.trimStart()),
  );
  return { always, here };
}

function bash(name: string, entries: readonly CompletionEntry[]): string {
  const { always, here } = valuedFlags(entries);
  const cases = entries.map((entry) => `    "${entry.path}") words="${wordsOf(entry).join(" ")}" ;;`).join("\n");
  return `# bash completion for ${name}

__${name}_words() {
  local words=""
  case "$1" in
${cases}
    *) return 1 ;;
  esac
  printf '%s' "$words"
}

__${name}_valued=" ${always.join(" ")} "
__${name}_valued_here="|${here.join("|")}|"

__start_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" next word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      --) return ;;
      -*=*) continue ;;
      -*)
        # bash makes three words of --flag=value.
        if [[ "\${COMP_WORDS[i + 1]}" == "=" ]]; then ((i += 2))
        elif [[ "$__${name}_valued" == *" $word "* || "$__${name}_valued_here" == *"|\${path:+$path }$word|"* ]]; then ((i += 1))
        fi
        # A flag's value is being typed: the shell completes file names.
        if ((i >= COMP_CWORD)); then return; fi
        continue
        ;;
    esac
    next="\${path:+$path }$word"
    if __${name}_words "$next" >/dev/null; then path="$next"; fi
  done
  COMPREPLY=($(compgen -W "$(__${name}_words "$path")" -- "$current"))
}

complete -o default -F __start_${name} ${name}
`;
}

function fish(name: string, entries: readonly CompletionEntry[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const { always, here } = valuedFlags(entries);
  const paths = entries.flatMap(({ path }) => (path === "" ? [] : [quoted(path)]));
  const lines = [
    `# fish completion for ${name}`,
    "",
    `set -g __${name}_paths ${paths.join(" ")}`,
    `set -g __${name}_valued ${[...always, ...here.map(quoted)].join(" ")}`,
    "",
    `# Whether what is typed so far names this command.`,
    `function __${name}_at`,
    "    set -l path",
    "    set -l skip no",
    "    set -l words (commandline -opc)",
    "    for word in $words[2..-1]",
    "        if test $skip = yes",
    "            set skip no",
    "            continue",
    "        end",
    "        switch $word",
    "            case '-*=*'",
    "                continue",
    "            case '-*'",
    `                contains -- $word $__${name}_valued; and set skip yes`,
    `                contains -- "$path $word" $__${name}_valued; and set skip yes`,
    "            case '*'",
    `                set -l next (string join ' ' $path $word)`,
    `                contains -- $next $__${name}_paths; and set path $next`,
    "        end",
    "    end",
    `    test "$path" = "$argv[1]"`,
    "end",
    "",
  ];
  for (const { path, commands, flags } of entries) {
    const at = `complete -c ${name} -n ${quoted(`__${name}_at "${path}"`)}`;
    // Where commands come next no file can.
    if (commands.length > 0) lines.push(`${at} -f`);
    for (const { name: command, about } of commands) lines.push(`${at} -a ${command} -d ${quoted(about)}`);
    for (const { name: flag, short, valued, about } of flags) {
      const letter = short === undefined ? "" : ` -s ${short}`;
      lines.push(`${at} -l ${flag}${letter}${valued ? " -r" : ""} -d ${quoted(about)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function powershell(name: string, entries: readonly CompletionEntry[]): string {
  const table = entries
    .map((entry) => {
      const words = wordsOf(entry).map((word) => `'${word}'`);
      return `    '${entry.path}' = @(${words.join(", ")})`;
    })
    .join("\n");
  return `# powershell completion for ${name}

Register-ArgumentCompleter -Native -CommandName '${name}' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $table = @{
${table}
  }
  $path = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    $next = ("$path " + $element.ToString()).Trim()
    if ($table.ContainsKey($next)) { $path = $next }
  }
  $table[$path] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
