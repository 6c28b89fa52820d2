import { code, markdownTable, page } from '../../src/catalogue/docs/markdown.ts';
import { errorCodes } from '../../src/catalogue/errors.ts';
import { sheetsOf } from '../../src/host/commands/help.ts';
import { callFlags, commonKeys, everywhere, inputFlag, keyFlags } from '../../src/host/commands/flags.ts';
import { wholeCatalogue } from '../../src/host/whole-catalogue.ts';
import { errorTable } from '../../src/kernel/errors.ts';
import { flagText } from '../../src/surfaces/cli/help.ts';
import type { KnownFlag } from '../../src/surfaces/cli/flags.ts';
import type { Sheet } from '../../src/surfaces/cli/sheet.ts';

const introduction = [
  'Every operation is a command: `task_add` is `signalbox task add`, and the words behind it fill the member that it names there. The other members of the input are flags. `signalbox call OPERATION JSON` calls the same operations with their input as it is. A call goes to the running hub of the data directory, which is found by itself, or to the one that `SIGNALBOX_URL` names; without a hub the command opens the journals.',
  'With `--json` stdout has exactly one JSON document on one line: the answer, as an MCP tool gives it in its structured content, or `{"error": {"code", "message", "retryable", "details"}}`. Without it, answers are tables and lines for people, and an error is a sentence on stderr with the next step.',
];

const writing = [
  'A flag takes its value behind a space or `=`. Flags may stand before or behind the command, and in any order; `--` ends them.',
  'A list: repeat the flag (`--labels ui --labels api`), or, where an item cannot hold a comma, write several at once (`--labels ui,api`). `--no-labels` is the empty list, where there may be one before.',
  '`--ready` is true, `--no-ready` is false. Where a value can be taken away, `--no-NAME` does it: `--no-due`.',
  'Members of a map: `--metadata branch=main --metadata model=x`; in `agent update` an empty value takes the member away.',
  '`--input` takes the whole input as JSON, `@FILE` or `-` for what is piped in. Flags are put on top of it.',
];

const sessions =
  'Each command is a process of its own, and the name of the agent is what makes them one: `signalbox start --agent ada`, then `signalbox task claim --agent ada`. Set `SIGNALBOX_AGENT` to say it once. `--session` names a session explicitly. A call with none of these speaks for no agent.';

const repeats =
  'A call that changes something is noted in the data directory (`pending-calls`) before it is sent and until its answer is there. When the process is killed, or is interrupted with Ctrl-C, the same command within 24 hours is the same call: what was stored is not done again, and the answer says so (`replayed`). `--request-id` names a call explicitly instead; then no note is kept.';

/** The whole command line, for people who look something up. */
export const cliPage = (): string => {
  const sheets = sheetsOf(wholeCatalogue());
  return page('Command line', [
    ...introduction,
    '## Writing it',
    writing.map((line) => `- ${line}`).join('\n'),
    sessions,
    repeats,
    '## Every command takes',
    flagTable([...everywhere, ...keyFlags(commonKeys)]),
    'and those that call an operation also:',
    flagTable([...callFlags, inputFlag]),
    ...sheets.flatMap(chapter),
    '## Exit codes',
    exits(),
  ]);
};

const chapter = ({
  name,
  words,
  summary,
  flags,
  rare,
  common,
  isCall,
  examples,
}: Sheet): readonly string[] => {
  const own = [...flags, ...rare];
  const keys = common.filter(({ name: flag }) => isConfigured(flag)).map((flag) => code(flagText(flag)));
  return [
    `## ${name}`,
    `${code(['signalbox', name, words].filter((part) => part !== '').join(' '))}: ${summary}.`,
    ...(own.length === 0 ? [] : [flagTable(own)]),
    ...(isCall && keys.length > 0 ? [`Also, as every call: ${keys.join(', ')}.`] : []),
    `\`\`\`text\n${examples.join('\n')}\n\`\`\``,
  ];
};

/** Whether the flag is said of all calls above already. */
const isConfigured = (name: string): boolean =>
  ![...everywhere, ...callFlags, inputFlag, ...keyFlags(commonKeys)].some((flag) => flag.name === name);

const flagTable = (flags: readonly KnownFlag[]): string =>
  markdownTable(
    ['Flag', 'Meaning'],
    flags.map((flag) => [
      code(flagText(flag)),
      [flag.meaning, ...(flag.many ? ['repeatable'] : [])].filter((part) => part !== '').join('; '),
    ]),
  );

const exits = (): string => {
  const codes = Map.groupBy(errorCodes, (name) => errorTable[name].exit);
  return markdownTable(
    ['Exit', 'When'],
    [
      ['0', 'it went well'],
      ...[...codes]
        .toSorted(([a], [b]) => a - b)
        .map(([exit, names]) => [String(exit), names.map(code).join(', ')]),
      [
        '129, 130, 143',
        'ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM, after saying whether something may have been stored',
      ],
    ],
  );
};
