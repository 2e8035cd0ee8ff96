import { type Command, flagsOf } from "./tree.ts";

/*
 * Completion scripts. Each carries the whole tree of commands and flags as a table from command path to words, so that completing
 * never starts the program.
 */

interface Entry {
  /** Words after the program's name: "lease grant". */
  readonly path: string;
  readonly words: readonly string[];
}

function entries(root: Command): Entry[] {
  const found: Entry[] = [];
  const walk = (command: Command, path: string) => {
    const { local, inherited } = flagsOf(command);
    const flags = [...local, ...inherited].map((flag) => `--${flag.name}`);
    found.push({ path, words: [...command.children.map((child) => child.name), ...flags] });
    for (const child of command.children) walk(child, path === "" ? child.name : `${path} ${child.name}`);
  };
  walk(root, "");
  return found;
}

/** The script for one of bash, zsh, fish and powershell. */
export function completionScript(shell: string, root: Command): string {
  const name = root.name;
  const list = entries(root);
  switch (shell) {
    case "zsh":
      return `#compdef ${name}\nautoload -U +X bashcompinit && bashcompinit\n${bash(name, list)}`;
    case "fish":
      return fish(name, root);
    case "powershell":
      return powershell(name, list);
    default:
      return bash(name, list);
  }
}

function bash(name: string, list: readonly Entry[]): string {
  const cases = list.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`).join("\n");
  return `# bash completion for ${name}

__${name}_words() {
  local words=""
  case "$1" in
${cases}
    *) return 1 ;;
  esac
  printf '%s' "$words"
}

__start_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -*) continue ;;
    esac
    next="\${path:+$path }\${COMP_WORDS[i]}"
    if __${name}_words "$next" >/dev/null; then path="$next"; fi
  done
  COMPREPLY=($(compgen -W "$(__${name}_words "$path")" -- "$current"))
}

complete -o default -F __start_${name} ${name}
`;
}

function fish(name: string, root: Command): string {
  const lines = [`# fish completion for ${name}`, `complete -c ${name} -f`];
  const walk = (command: Command, above: readonly string[]) => {
    const here = above.map((word) => `__fish_seen_subcommand_from ${word}`);
    const names = command.children.map((child) => child.name);
    const not = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(" ")}`];
    const condition = [...here, ...not].join("; and ");
    const when = condition === "" ? "" : ` -n '${condition}'`;
    for (const child of command.children) {
      lines.push(`complete -c ${name}${when} -a ${child.name} -d '${child.spec.short.replaceAll("'", "\\'")}'`);
    }
    const { local } = flagsOf(command);
    for (const flag of local) {
      const seen = here.length === 0 ? "" : ` -n '${here.join("; and ")}'`;
      const letter = flag.short === undefined ? "" : ` -s ${flag.short}`;
      lines.push(`complete -c ${name}${seen} -l ${flag.name}${letter} -d '${flag.usage.replaceAll("'", "\\'")}'`);
    }
    for (const child of command.children) walk(child, [...above, child.name]);
  };
  walk(root, []);
  return `${lines.join("\n")}\n`;
}

function powershell(name: string, list: readonly Entry[]): string {
  const table = list
    .map(({ path, words }) => `    '${path}' = @(${words.map((word) => `'${word}'`).join(", ")})`)
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
