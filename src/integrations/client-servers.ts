import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isRecord } from '../kernel/json.ts';
import type { ClientFile } from './client-files.ts';

/** A server that a client names, as far as it concerns Signalbox. */
export type NamedServer =
  | { readonly kind: 'address'; readonly name: string; readonly url: string }
  | {
      readonly kind: 'command';
      readonly name: string;
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    };

/** What was found in a file. */
export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'read'; readonly servers: readonly NamedServer[] };

/** The members in which clients write the address of a server. */
const addressMembers: readonly string[] = ['url', 'httpUrl', 'serverUrl'];

/** Reads the file of a client, and writes nothing. Of its servers, those that are Signalbox by name or by what they run. */
export const readClientFile = async ({ path, parse, members }: ClientFile): Promise<Found> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    const code = isRecord(thrown) ? thrown['code'] : undefined;
    // A file in the place of a folder is no file of this client either.
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { kind: 'absent' }
      : { kind: 'unreadable', reason: reasonOf(thrown) };
  }
  try {
    const whole = text.trim() === '' ? {} : parse(text.replace(/^\uFEFF/, ''));
    const servers = members.flatMap((member) => serversIn(memberAt(whole, member)));
    return { kind: 'read', servers: servers.filter(isSignalbox) };
  } catch (thrown) {
    return { kind: 'unreadable', reason: reasonOf(thrown) };
  }
};

const memberAt = (whole: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    whole,
  );

const serversIn = (named: unknown): readonly NamedServer[] =>
  isRecord(named) ? Object.entries(named).flatMap(([name, server]) => serverOf(name, server)) : [];

const serverOf = (name: string, server: unknown): readonly NamedServer[] => {
  if (!isRecord(server)) return [];
  const url = addressMembers.map((member) => server[member]).find((text) => typeof text === 'string');
  if (url !== undefined) return [{ kind: 'address', name, url }];
  const { command, args, env } = server;
  // Some write the whole line as one list.
  const [program, ...rest] = Array.isArray(command) ? command.filter(isText) : [command];
  if (!isText(program)) return [];
  const given = Array.isArray(args) ? args.filter(isText) : [];
  const variables = isRecord(env)
    ? Object.entries(env).filter((entry): entry is [string, string] => isText(entry[1]))
    : [];
  return [
    {
      kind: 'command',
      name,
      command: program,
      args: [...rest.filter(isText), ...given],
      env: Object.fromEntries(variables),
    },
  ];
};

const isText = (value: unknown): value is string => typeof value === 'string';

const isSignalbox = (server: NamedServer): boolean =>
  /signalbox/i.test(server.name) ||
  (server.kind === 'command' &&
    [server.command, ...server.args].some((word) => /^signalbox(?:@|\.|$)/.test(basename(word))));

const reasonOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? '';
