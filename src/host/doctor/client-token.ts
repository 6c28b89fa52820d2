import { stat } from 'node:fs/promises';
import type { ClientFile } from '../../integrations/client-files.ts';
import type { NamedServer } from '../../integrations/client-servers.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { type Finding, type Patient, good, warn } from './check.ts';
import { editFile } from './mends.ts';
import { standingOf } from './token-standing.ts';

type Commanded = Extract<NamedServer, { readonly kind: 'command' }>;

interface About {
  readonly patient: Patient;
  readonly hubUrl: string | undefined;
  /** What was found of the rest of the entry, and is good. */
  readonly rest: Finding;
}

const othersMask = 0o077;

/** Looks at the token that a client gives to the program which it starts, if there is one in its file. */
export const ofClientToken = async (
  file: ClientFile,
  { env }: Commanded,
  { patient, hubUrl, rest }: About,
): Promise<Finding> => {
  const token = env['SIGNALBOX_TOKEN'];
  // Or only where the token is to be found.
  if (token === undefined || token === '' || token.includes('$')) return rest;
  const { client, path } = file;
  const whose = `${client} (${path})`;
  if (process.platform !== 'win32' && ((await stat(path)).mode & othersMask) !== 0)
    return warn(
      `${whose} has a token that others of this machine can read there.`,
      `chmod 600 ${shellWord(path)}`,
    );
  const standing = await standingOf(token, hubUrl, patient);
  if (standing.kind === 'bad')
    return warn(`${whose} has a token that does not hold: ${standing.why}`, connectAgain(file));
  return standing.kind === 'good' ? good(`${rest.what} Its token holds: ${standing.who}.`) : rest;
};

const connectAgain = ({ client, scope, path }: ClientFile): string => {
  if (scope === 'user' && client === 'Claude Code') return 'signalbox connect claude';
  return scope === 'user' && client === 'Codex' ? 'signalbox connect codex' : editFile(path);
};
