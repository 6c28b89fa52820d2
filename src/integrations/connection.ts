import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../kernel/json.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { repeatable } from '../kernel/text.ts';
import type { ClientFile } from './client-files.ts';
import { jsonAddition, jsonMemberPiece } from './json-pieces.ts';
import { type Piece, lineEndOf, withPiece, withoutPiece } from './text-change.ts';

/** The name under which clients know Signalbox. */
const serverName = 'signalbox';

/** The program that a client starts. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly secret?: Secret | undefined;
}

/** A variable that the program gets. */
export interface Secret {
  readonly variable: string;
  /** As it stands in the file; undefined where it is that of whoever starts the client, if there is one. */
  readonly text: string | undefined;
}

/** What was put into a file. */
export interface Connection {
  readonly program: Program;
  /** The piece of text. */
  readonly text: string;
  /** Whether the file had no list of servers before. */
  readonly madeList: boolean;
}

const faultCharactersMax = 200;

/** What comes of a file: it is so already, or a piece is added or taken away. */
export type Change =
  | { readonly kind: 'none' }
  | { readonly kind: 'piece'; readonly piece: Piece; readonly madeList: boolean };

/** How Signalbox gets into the file of a client. Everything else stays as it is, byte for byte. */
export const connecting = (file: ClientFile, text: string, program: Program): Outcome<Change> => {
  const read = readServers(file, text);
  if (!read.ok) return read;
  const { whole, servers } = read.value;
  const [path = []] = file.members;
  if (servers !== undefined && Object.hasOwn(servers, serverName)) {
    return isProgram(file, servers[serverName], program)
      ? ok({ kind: 'none' })
      : refuse(
          'exists',
          `${file.client} (${file.path}) has another server that is called ${serverName}. Take that out first.`,
          { path: file.path },
        );
  }
  const entry = entryFor(file, program);
  const piece = isToml(file) ? tomlAddition(text, program) : jsonAddition(text, path, [serverName, entry]);
  const wanted = withServers(whole, path, { ...servers, [serverName]: entry });
  if (piece === undefined || !isSame(parsed(file, withPiece(text, piece)), wanted))
    return refuse(
      'invalid_state',
      `${file.client} (${file.path}) has its servers written in a way in which none can be added below them. Add it by hand: ${repeatable(JSON.stringify({ [serverName]: entry }), faultCharactersMax)}`,
      { path: file.path },
    );
  return ok({ kind: 'piece', piece, madeList: servers === undefined });
};

/**
 * How what was put into a file leaves it. `known`: what was noted when that was done; without it, what would be put there
 * now is looked for. What somebody has changed since is refused.
 */
export const disconnecting = (
  file: ClientFile,
  text: string,
  { program, known }: { readonly program: Program; readonly known: Connection | undefined },
): Outcome<Change> => {
  const read = readServers(file, text);
  if (!read.ok) return read;
  const { whole, servers = {} } = read.value;
  if (!Object.hasOwn(servers, serverName)) return ok({ kind: 'none' });
  const [path = []] = file.members;
  const { [serverName]: entry, ...others } = servers;
  const left = withServers(whole, path, others);
  const isEmpty = Object.keys(others).length === 0;
  const madeList = known?.madeList === true && isEmpty;
  // In TOML a list is there only through what is in it.
  const wanted = isEmpty ? [withServers(whole, path, undefined), left] : [left];
  const pieces = isProgram(file, entry, known?.program ?? program)
    ? piecesOf(file, text, { program, known, madeList })
    : [];
  for (const expected of wanted) {
    const piece = pieces.find((one) => isSame(parsed(file, withoutPiece(text, one)), expected));
    if (piece !== undefined) return ok({ kind: 'piece', piece, madeList });
  }
  return refuse(
    'invalid_state',
    `${file.client} (${file.path}) has a server that is called ${serverName}, but not as it was put there by this program. Take it out by hand.`,
    { path: file.path },
  );
};

/** The value of a variable in what a file says of Signalbox, as long as that can be read. */
export const variableIn = (file: ClientFile, text: string, variable: string): string | undefined => {
  const read = readServers(file, text);
  const entry = read.ok ? read.value.servers?.[serverName] : undefined;
  const env = isRecord(entry) ? entry['env'] : undefined;
  const value = isRecord(env) ? env[variable] : undefined;
  return typeof value === 'string' ? value : undefined;
};

interface Known {
  readonly program: Program;
  readonly known: Connection | undefined;
  readonly madeList: boolean;
}

/** What may be what was put there, the likeliest first. */
const piecesOf = (file: ClientFile, text: string, { program, known, madeList }: Known): readonly Piece[] => {
  const noted = known === undefined ? [] : occurrence(text, known.text);
  if (isToml(file)) {
    const { text: block } = tomlAddition('', known?.program ?? program, lineEndOf(text));
    return [...noted, ...occurrence(text, lineEndOf(text) + block), ...occurrence(text, block)];
  }
  const [path = []] = file.members;
  const list = madeList ? jsonMemberPiece(text, path.slice(0, -1), path.at(-1) ?? '') : undefined;
  const member = jsonMemberPiece(text, path, serverName);
  return [...noted, ...[list, member].filter((piece) => piece !== undefined)];
};

const occurrence = (whole: string, text: string): readonly Piece[] => {
  const at = whole.indexOf(text);
  return at === -1 || whole.indexOf(text, at + 1) !== -1 ? [] : [{ at, text }];
};

const isToml = ({ client }: ClientFile): boolean => client === 'Codex';

const entryFor = (file: ClientFile, { command, args, secret }: Program): object => ({
  ...(!isToml(file) && { type: 'stdio' }),
  command,
  args,
  ...(secret && environmentFor(file, secret)),
});

/** Codex gives programs hardly any of its variables, and Claude Code reads no file that names one which is not set. */
const environmentFor = (file: ClientFile, { variable, text }: Secret): object => {
  if (text !== undefined) return { env: { [variable]: text } };
  return isToml(file) ? { env_vars: [variable] } : { env: { [variable]: `\${${variable}:-}` } };
};

const tomlAddition = (text: string, { command, args, secret }: Program, eol = lineEndOf(text)): Piece => {
  const lines = [
    `[mcp_servers.${serverName}]`,
    `command = ${tomlText(command)}`,
    `args = [${args.map(tomlText).join(', ')}]`,
    ...(secret === undefined ? [] : [tomlLine(secret)]),
  ];
  const gap = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol;
  return { at: text.length, text: `${gap}${lines.join(eol)}${eol}` };
};

const tomlLine = ({ variable, text }: Secret): string =>
  text === undefined ? `env_vars = [${tomlText(variable)}]` : `env = { ${variable} = ${tomlText(text)} }`;

const tomlText = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');

/** As clients write it as well: with the kind of transport, or variables of which there are none. */
const isProgram = (file: ClientFile, entry: unknown, program: Program): boolean =>
  isRecord(entry) && isSame({ ...usual, ...entry }, { ...usual, ...entryFor(file, program) });

const usual = { type: 'stdio', args: [], env: {} };

/** Whether two files say the same. Parsers make objects with and without a prototype. */
const isSame = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(structuredClone(one), structuredClone(other));

type Members = Readonly<Record<string, unknown>>;

interface Servers {
  readonly whole: Members;
  /** Undefined where the file has no list of them. */
  readonly servers: Members | undefined;
}

const parsed = ({ parse }: ClientFile, text: string): unknown => {
  try {
    return text.trim() === '' ? {} : parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
};

const readServers = (file: ClientFile, text: string): Outcome<Servers> => {
  const unreadable = (why: string): Outcome<never> =>
    refuse(
      'invalid_state',
      `${file.client} (${file.path}) has a configuration that cannot be changed: ${why}. Correct it first.`,
      { path: file.path },
    );
  let whole: unknown = {};
  try {
    if (text.trim() !== '') whole = file.parse(text.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    return unreadable(faultOf(file, thrown));
  }
  if (!isRecord(whole)) return unreadable('it is no object');
  const [name = ''] = file.members[0] ?? [];
  const servers = Object.hasOwn(whole, name) ? whole[name] : undefined;
  return servers === undefined || isRecord(servers)
    ? ok({ whole, servers })
    : unreadable(`its ${name} is no list of servers by name`);
};

/** JSON.parse repeats what stands there, which may be a secret. */
const faultOf = (file: ClientFile, thrown: unknown): string => {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (isToml(file))
    return `it is not valid TOML (${repeatable(said.split('\n', 1)[0] ?? '', faultCharactersMax)})`;
  const place = /line \d+ column \d+/.exec(said)?.[0];
  return `it is not valid JSON${place === undefined ? '' : ` (${place})`}`;
};

/** All that a file says, with other servers; `undefined` takes their list away. */
const withServers = (
  whole: Members,
  [name = '']: readonly string[],
  servers: Members | undefined,
): Members => {
  const { [name]: _before, ...others } = whole;
  return servers === undefined ? others : { ...others, [name]: servers };
};
