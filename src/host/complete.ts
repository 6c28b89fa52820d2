import { writtenDescription } from '../catalogue/written-description.ts';
import { z } from 'zod';
import { presets } from '../catalogue/exposure/modes.ts';
import type { Log } from '../engine/log.ts';
import { secondMs } from '../kernel/instants.ts';
import {
  type Candidate,
  type Typing,
  type Wanted,
  completionLines,
  joined,
  placeOf,
  plain,
} from '../surfaces/cli/completion.ts';
import { filesMark, isShell, shells } from '../surfaces/cli/completion-scripts.ts';
import { commandOf } from '../surfaces/cli/command-name.ts';
import type { Hub } from '../surfaces/hub.ts';
import { type Named, commandNamed, outline } from './command-line.ts';
import {
  callFlags,
  callKeys,
  commonKeys,
  everywhere,
  inputFlag,
  keyFlags,
  versionFlag,
} from './commands/flags.ts';
import { commands } from './commands/index.ts';
import { operationCommand } from './commands/operation.ts';
import { type KeyFlags, readConfiguration } from './configuration/configuration.ts';
import { ownerPrincipal } from './owner.ts';
import type { Settings } from './configuration/settings.ts';
import { connectToLook, meantAt } from './look-once.ts';
import type { ConnectedOnce } from './open-once.ts';
import { resolveWorkspace } from './workspace-resolution/resolve.ts';
import { thisProcess } from './workspace-resolution/wanted.ts';

/** A person who presses a key does not wait longer. */
const patienceMs = 2 * secondMs;

/** Whoever completes a line wants no news: what cannot be found is just not offered. */
const silent: Log = {
  debugs: false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** Writes what the words of a line may be completed with. The last one is as far as the cursor. */
export const complete = async (args: readonly string[]): Promise<void> => {
  const [shell, ...typed] = args;
  if (!isShell(shell)) return;
  const words = joined(typed);
  const timer = setTimeout(() => process.exit(0), patienceMs).unref();
  try {
    const typing = await typingOf(words.slice(0, -1));
    const place = placeOf(words, typing);
    if (place.wanted.kind === 'files') process.stdout.write(`${filesMark}\n`);
    else {
      const candidates = await candidatesOf(place.wanted, place.prefix, words);
      for (const line of completionLines(shell, place, candidates)) process.stdout.write(`${line}\n`);
    }
  } catch {
    // A defect shows when the command is run; here it would be printed into the line that is being typed.
  }
  clearTimeout(timer);
};

const typingOf = async (before: readonly string[]): Promise<Typing> => {
  const [first, second] = outline(before).words.map(({ text }) => text);
  const global = [...everywhere, ...keyFlags([...callKeys, ...commonKeys])];
  if (first === undefined) return { flags: [...global, versionFlag], word: these(firstWords()) };
  if (first === 'help')
    return { flags: everywhere, word: these(second === undefined ? firstWords() : verbsOf(second)) };
  const named = commandNamed(first, second);
  if (!named.ok) return { flags: global, word: these(second === undefined ? verbsOf(first) : []) };
  const { length } = named.value.name.split(' ');
  const taken = outline(before).words.length - length;
  return { flags: flagsOf(named.value), word: taken === 0 ? wordOf(named.value) : these([]) };
};

const these = (candidates: readonly Candidate[]): Wanted => ({ kind: 'these', candidates });

const named = (): readonly Candidate[] => [
  ...writtenDescription().operations.map(({ name, summary }) => ({
    value: commandOf(name),
    remark: summary,
  })),
  ...commands.map(({ name, summary }) => ({ value: name, remark: summary })),
];

const firstWords = (): readonly Candidate[] => {
  const families = Map.groupBy(named(), ({ value }) => value.split(' ')[0] ?? '');
  return [
    ...[...families].map(([first, family]) => ({
      value: first,
      remark: family.length === 1 && family[0]?.value === first ? family[0].remark : verbsIn(first, family),
    })),
    ...plain(['help', 'version']),
  ];
};

const verbsIn = (first: string, family: readonly Candidate[]): string =>
  family.map(({ value }) => value.slice(first.length + 1)).join(', ');

const verbsOf = (first: string): readonly Candidate[] =>
  named()
    .filter(({ value }) => value.startsWith(`${first} `))
    .map(({ value, remark }) => ({ value: value.slice(first.length + 1), remark }));

const flagsOf = (found: Named): Typing['flags'] => {
  if (found.kind === 'version') return [];
  const own =
    found.kind === 'operation'
      ? [...operationCommand(found.catalogue, found.operation).flags, ...callFlags, inputFlag]
      : found.command.flags;
  const keys = found.kind === 'operation' ? callKeys : found.command.keys;
  const all = [...everywhere, ...keyFlags([...keys, ...commonKeys]), ...own];
  return [...new Map(all.map((flag) => [flag.name, flag])).values()];
};

/** What the first word behind a command names. */
const wordOf = (found: Named): Wanted => {
  if (found.kind === 'version') return these([]);
  if (found.kind === 'operation') {
    const { positional } = found.operation;
    if (positional === 'id') return { kind: found.name === 'task claim' ? 'ready tasks' : 'tasks' };
    return these(positional === 'mode' ? plain(presets) : []);
  }
  switch (found.name) {
    case 'call':
      return these(
        writtenDescription().operations.map(({ name, summary }) => ({ value: name, remark: summary })),
      );
    case 'completion':
      return these(plain(shells));
    case 'connect':
      return these(plain(['claude', 'codex']));
    case 'workspace use':
      return { kind: 'workspaces' };
    default:
      return these([]);
  }
};

const candidatesOf = async (
  wanted: Wanted,
  prefix: string,
  words: readonly string[],
): Promise<readonly Candidate[]> => {
  if (wanted.kind === 'these') return wanted.candidates;
  if (wanted.kind === 'files') return [];
  const configuration = await readConfiguration(keysIn(words), thisProcess());
  if (!configuration.ok) return [];
  const { token } = configuration.value.settings;
  // A person who presses a key does not want to be asked for a password.
  const settings = {
    ...configuration.value.settings,
    token: token?.runsProgram === true ? undefined : token,
  };
  const options = { catalogue: writtenDescription(), log: silent };
  const connected = await connectToLook(settings, options);
  if (!connected.ok || connected.value === undefined) return [];
  const found = await candidatesAt(connected.value, { wanted: wanted.kind, prefix, settings });
  await connected.value.close();
  return found;
};

interface Asking {
  readonly wanted: keyof typeof asks;
  readonly prefix: string;
  readonly settings: Settings;
}

const candidatesAt = async (
  connected: ConnectedOnce,
  { wanted, prefix, settings }: Asking,
): Promise<readonly Candidate[]> => {
  const meant = wanted === 'workspaces' ? undefined : await workspaceAt(connected, settings);
  if (wanted !== 'workspaces' && meant === undefined) return [];
  return asks[wanted](
    (operation, input) => listOf({ hub: connected.hub, workspace: meant }, operation, input),
    prefix,
  );
};

/** None where it would have to be made: completing a line makes nothing. */
const workspaceAt = async (
  connected: ConnectedOnce,
  { workspace }: Settings,
): Promise<string | undefined> => {
  const wanted = await resolveWorkspace({ configured: workspace, ...thisProcess() });
  const meant = wanted.ok ? await meantAt(connected, wanted.value) : wanted;
  return meant.ok && meant.value.there ? meant.value.name : undefined;
};

/** The keys of the configuration that were typed, as far as they bear on where to ask. */
const keysIn = (words: readonly string[]): KeyFlags => {
  const { values } = outline(words.slice(0, -1));
  return Object.fromEntries(
    [...callKeys, ...commonKeys].flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
};

const listed = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), title: z.string() }).partial()),
});

type Item = z.infer<typeof listed>['items'][number];

const listOf = async (
  { hub, workspace }: { readonly hub: Pick<Hub, 'call'>; readonly workspace: string | undefined },
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<readonly Item[]> => {
  const reply = await hub.call({
    operation,
    input,
    caller: {
      principal: ownerPrincipal,
      role: 'reader',
      kind: 'agent',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    },
    workspace,
    requestId: undefined,
    signal: AbortSignal.timeout(patienceMs),
  });
  const parsed = listed.safeParse(reply.ok ? reply.value.value : undefined);
  return parsed.success ? parsed.data.items : [];
};

type List = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<readonly Item[]>;

const itemsMax = 100;

const beginning = (member: string, prefix: string) => (prefix === '' ? {} : { [member]: prefix });

const taskCandidates = (items: readonly Item[]): readonly Candidate[] =>
  items.map(({ id = '', title = '' }) => ({ value: id, remark: title }));

const asks = {
  /** Open ones by rank, then those that are closed, what changed last first. */
  tasks: async (list: List, prefix: string): Promise<readonly Candidate[]> => {
    const input = { limit: itemsMax, ...beginning('id', prefix) };
    const open = await list('task_list', input);
    const closed = await list('task_list', { ...input, status: ['done', 'cancelled'], sort: 'updated' });
    return taskCandidates([...open, ...closed]);
  },
  'ready tasks': async (list: List, prefix: string): Promise<readonly Candidate[]> =>
    taskCandidates(await list('task_list', { limit: itemsMax, ready: true, ...beginning('id', prefix) })),
  agents: async (list: List, prefix: string): Promise<readonly Candidate[]> =>
    (await list('agent_list', { all: true, limit: itemsMax, ...beginning('name', prefix) })).map(
      ({ name = '' }) => ({
        value: name,
        remark: '',
      }),
    ),
  workspaces: async (list: List): Promise<readonly Candidate[]> =>
    (await list('workspace_list', {})).map(({ name = '', title = '' }) => ({
      value: name,
      remark: title === name ? '' : title,
    })),
};
