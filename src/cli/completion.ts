/** `grapevine completion`: prints a script that completes commands, options and their choices; made from the commands. */
import { Argument, Command, type Option } from 'commander';
import { printResult } from './print.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function createCommand(): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine completion bash >> ~/.bashrc\n  grapevine completion zsh > "${fpath[1]}/_grapevine"' +
        '\n  grapevine completion fish > ~/.config/fish/completions/grapevine.fish',
    )
    .action((shell: Shell, options: { readonly json?: boolean }, command: Command) => {
      const program = command.parent ?? command;
      const script = completionScript(shell, program);
      printResult(options.json, { shell, script }, () => script);
    });
}

/** Without a final end of line. */
export function completionScript(shell: Shell, program: Command): string {
  const places = placesOf(program, []);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program.name(), places);
}

/** A position while typing: the program, a command, or a subcommand. */
interface Place {
  readonly words: readonly string[];
  readonly commands: readonly Command[];
  readonly options: readonly Option[];
  readonly choices: readonly string[];
}

function placesOf(command: Command, words: readonly string[]): readonly Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help');
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const place = { words, commands, options: help.visibleOptions(command), choices };
  return [place, ...commands.flatMap((sub) => placesOf(sub, [...words, sub.name()]))];
}

/** Commands with the id of an offer as an argument. */
function ofOffers(places: readonly Place[]): readonly string[] {
  const commands = places[0]?.commands ?? [];
  return commands.filter((sub) => sub.registeredArguments[0]?.name() === 'id').map((sub) => sub.name());
}

function wordsOf({ commands, options, choices }: Place): readonly string[] {
  return [...commands.map((sub) => sub.name()), ...choices, ...options.flatMap(({ long }) => long ?? [])];
}

/** A pattern of the shell for all commands and subcommands. */
function pathsOf(places: readonly Place[]): string {
  return places.flatMap(({ words }) => (words.length === 0 ? [] : [`'${words.join(' ')}'`])).join(' | ');
}

/** A pattern of the shell for all options with a value, each behind its command. */
function valuedOptions(places: readonly Place[]): string {
  return places
    .flatMap(({ words, options }) =>
      options.flatMap(({ long, required, optional }) =>
        long != null && (required || optional) ? [`'${[...words, long].join(' ')}'`] : [],
      ),
    )
    .join(' | ');
}

/** Words that begin with what was typed, or file names if there are none. */
function bashScript(name: string, places: readonly Place[]): string {
  const cases = places.flatMap((place) => [
    `    '${place.words.join(' ')}') words='${wordsOf(place).join(' ')}' ;;`,
    ...place.options.flatMap(({ long, argChoices }) =>
      argChoices === undefined ? [] : [`    '${[...place.words, long].join(' ')}') words='${argChoices.join(' ')}' ;;`],
    ),
  ]);
  return [
    `_${name}() {`,
    "  local word previous path='' words='' desk=()",
    '  word="${COMP_WORDS[COMP_CWORD]}"',
    '  previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local index candidate',
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    '    candidate="${path:+$path }${COMP_WORDS[index]}"',
    `    case "$candidate" in ${pathsOf(places)}) path="$candidate" ;; esac`,
    // The typed word, including the characters that a shell would remove.
    `    [ "\${COMP_WORDS[index]}" = --data-dir ] && desk=(--data-dir "\${COMP_WORDS[index+1]//[\\\\\\"\\']/}")`,
    '  done',
    // Behind an option with a value comes that value.
    `  case "\${path:+$path }$previous" in ${valuedOptions(places)}) path="\${path:+$path }$previous" ;; esac`,
    '  case "$path" in',
    ...cases,
    '  esac',
    `  case "$path" in ${ofOffers(places).join(' | ')}) words="$words $(${name} offers --all --ids "\${desk[@]}" 2>/dev/null)" ;; esac`,
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    `complete -o default -F _${name} ${name}`,
  ].join('\n');
}

function zshScript(name: string, places: readonly Place[]): string {
  const cases = places.map((place) => {
    const described = [
      ...place.commands.map((sub) => `${sub.name()}:${plain(sub.description())}`),
      ...place.choices,
      ...place.options.flatMap(({ long, description }) => (long == null ? [] : [`${long}:${plain(description)}`])),
    ];
    return `    ('${place.words.join(' ')}') items=(${described.map((item) => `'${item}'`).join(' ')}) ;;`;
  });
  return [
    `#compdef ${name}`,
    `_${name}() {`,
    "  local path_='' candidate word",
    '  local -a items',
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    candidate="${path_:+$path_ }$word"',
    `    case "$candidate" in (${pathsOf(places)}) path_="$candidate" ;; esac`,
    '  done',
    '  case "$path_" in',
    ...cases,
    '  esac',
    '  local -a desk',
    '  local at=${words[(i)--data-dir]}',
    '  (( at < CURRENT - 1 )) && desk=(--data-dir "${words[at+1]}")',
    `  case "$path_" in (${ofOffers(places).join('|')}) compadd -- $(${name} offers --all --ids $desk 2>/dev/null) ;; esac`,
    "  _describe 'grapevine' items || _files",
    '}',
    `if [ "$funcstack[1]" = "_${name}" ]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  ].join('\n');
}

function fishScript(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ words, commands, options, choices }) => {
    const where = words.length === 0 ? '__fish_use_subcommand' : words.map(seen).join('; and ');
    const begin = `complete -c ${name} -n '${where}'`;
    return [
      ...commands.map((sub) => `${begin} -f -a ${sub.name()} -d '${plain(sub.description())}'`),
      ...(choices.length === 0 ? [] : [`${begin} -f -a '${choices.join(' ')}'`]),
      ...options.flatMap((option) => {
        const { long, description, argChoices, required } = option;
        if (long == null) return [];
        const takes = argChoices === undefined ? (required ? ' -r' : '') : ` -x -a '${argChoices.join(' ')}'`;
        return [`${begin} -l ${long.slice(2)}${takes} -d '${plain(description)}'`];
      }),
    ];
  });
  const ids = ofOffers(places).map(
    (command) => `complete -c ${name} -n '${seen(command)}' -f -a '(${name} offers --all --ids 2>/dev/null)'`,
  );
  return [...lines, ...ids].join('\n');
}

function seen(word: string): string {
  return `__fish_seen_subcommand_from ${word}`;
}

/** In single quotes, without the separator of zsh. */
function plain(text: string): string {
  return text.replaceAll("'", '').replaceAll(':', ' -');
}
