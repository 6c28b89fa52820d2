import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { clientFiles } from '../../integrations/client-files.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { atTerminal, confirmPerson } from '../confirmation.ts';
import { projectFolder } from '../workspace-resolution/project-folder.ts';
import { thisProcess } from '../workspace-resolution/wanted.ts';
import { isYes } from './ask.ts';
import { type ClientToken, makeClientToken, revokeClientToken } from './client-token.ts';
import { removeNote, writeNote } from './note.ts';
import { type Plan, type Wanted, holdsToken, plan } from './plan.ts';
import { programFor } from './program.ts';
import { rewrite } from './text-file.ts';

const clients = { claude: 'Claude Code', codex: 'Codex' } as const;

/** Puts Signalbox among the MCP servers of a client, or takes it out again. */
export const connectClient = async (given: Given): Promise<Outcome<unknown>> => {
  const { words, flags, configuration } = given;
  const [word, extra] = words;
  if ((word !== 'claude' && word !== 'codex') || extra !== undefined)
    return refuse(
      'invalid_input',
      `connect needs one of ${Object.keys(clients).join(', ')}.${seeHelp({ command: 'connect' })}`,
    );
  const here = thisProcess();
  const scope = flags.has('project') ? 'project' : 'user';
  const folders = { home: here.env['HOME'] || homedir(), project: await projectFolder(here), env: here.env };
  const file = clientFiles(folders).find((one) => one.client === clients[word] && one.scope === scope);
  if (file === undefined) return refuse('not_found', `${clients[word]} has no such file.`);
  const program = programFor({ scope, configuration, env: here.env });
  const undo = flags.has('undo');
  const wanted: Doing = { file, program, undo, dataDir: configuration.settings.dataDir, label: word };
  const planned = await plan(wanted);
  if (!planned.ok) return planned;
  return planned.value === undefined ? toldNothing(wanted, given) : carryOut(planned.value, wanted, given);
};

const toldNothing = ({ file: { client, path }, undo }: Wanted, { terminal }: Given): Outcome<true> => {
  const state = undo ? 'absent' : 'connected';
  if (terminal.json) writeJson(terminal, { client, file: path, state, changed: false });
  else
    terminal.out.write(
      undo
        ? `${client} (${path}) has no server that is called signalbox. Nothing to take away.\n`
        : `${client} (${path}) starts Signalbox already. Nothing to do.\n`,
    );
  return ok(true);
};

/** What is done, and by whose name the token is known. */
interface Doing extends Wanted {
  readonly label: string;
}

const carryOut = async (planned: Plan, doing: Doing, given: Given): Promise<Outcome<true>> => {
  const { terminal, configuration, log } = given;
  const { file, undo, label } = doing;
  if (!terminal.json) terminal.out.write(planned.diff);
  const confirmed = await confirm(planned, doing, given);
  if (!confirmed.ok) return confirmed;
  const at = { settings: configuration.settings, log };
  const made = takesToken(doing) ? await makeClientToken(label, at) : ok(undefined);
  if (!made.ok) return made;
  const written = await write(planned, doing, made.value);
  if (!written.ok) {
    // Nobody has it, and what is noted is of what stays.
    if (made.value !== undefined) await revokeClientToken(made.value.id, at);
    await restoreNote(planned, doing);
    return written;
  }
  tell(planned, doing, given);
  if (!planned.hadToken) return ok(true);
  const { tokenBefore: id } = planned;
  if (id === undefined) {
    terminal.err.write(
      `signalbox: ${file.path} had a token that is not noted here. signalbox token list shows it, signalbox token revoke ID ends it.\n`,
    );
    return ok(true);
  }
  const revoked = await revokeClientToken(id, at);
  return revoked.ok
    ? revoked
    : {
        ...revoked,
        message: `${file.path} is ${undo ? 'as it was' : 'written'}, but the token that it had (${id}) still holds: ${revoked.message} Run: signalbox token revoke ${id}`,
      };
};

const restoreNote = async ({ noteBefore }: Plan, { dataDir, file: { path } }: Wanted): Promise<void> => {
  if (noteBefore === undefined) await removeNote(dataDir, path);
  else await writeNote(dataDir, path, noteBefore);
};

/** Whether a token goes into the file. */
const takesToken = ({ file, undo }: Wanted): boolean => !undo && holdsToken(file);

const tell = ({ diff }: Plan, { file: { client, path }, undo }: Wanted, { terminal }: Given): void => {
  const state = undo ? 'absent' : 'connected';
  if (terminal.json) writeJson(terminal, { client, file: path, state, changed: true, diff });
  else
    terminal.out.write(
      undo
        ? `${client} does not start Signalbox any more.\n`
        : `${client} starts Signalbox from its next start on. signalbox doctor looks at what it has.\n`,
    );
};

/** One question for the change and the token that goes into it, which only a person at a terminal makes. */
const confirm = async (planned: Plan, doing: Doing, { flags }: Given): Promise<Outcome<true>> => {
  const { file, label } = doing;
  const { path, client } = file;
  const { diff, tokenBefore } = planned;
  if (takesToken(doing)) {
    const open = planned.before === undefined ? undefined : await refuseOpen(path);
    if (open !== undefined) return open;
    const after = tokenBefore === undefined ? '' : ` Token ${tokenBefore}, which is there now, is revoked.`;
    const confirmed = await confirmPerson({
      lines: [
        `In your name: a token is made for the agents of ${client} (role worker, all workspaces, until it is revoked), and ${path} is changed so.${after}`,
      ],
      command: `signalbox connect ${label}`,
    });
    return confirmed.ok ? confirmed : { ...confirmed, details: { ...confirmed.details, file: path, diff } };
  }
  if (flags.has('yes')) return ok(true);
  if (!atTerminal())
    return refuse(
      'invalid_input',
      'connect asks before it writes, and here is no terminal on which somebody could answer. Nothing was written; --yes writes without asking.',
      { file: path, diff },
    );
  return (await isYes(`Change ${path} so? [y/N] `, process.stdin, process.stderr))
    ? ok(true)
    : refuse('invalid_state', 'Nothing was written.', { file: path });
};

const othersMask = 0o077;

/** A secret goes only where its owner alone can read it. Rights of a file are not changed here: somebody gave them. */
const refuseOpen = async (path: string): Promise<Refusal | undefined> => {
  const mode = (await stat(path)).mode & othersMask;
  // On Windows the mode says nothing of who may read.
  return process.platform === 'win32' || mode === 0
    ? undefined
    : refuse(
        'invalid_state',
        `${path} can be read by others of this machine, and a token is to stand in it. Nothing was written. Run chmod 600 ${shellWord(path)}, then the same again.`,
        { file: path },
      );
};

/** A client that runs writes its file often; what was shown still holds when the same pieces come and go. */
const triesMax = 5;

const write = async (shown: Plan, doing: Wanted, token: ClientToken | undefined): Promise<Outcome<true>> => {
  const { file, dataDir } = doing;
  const { path } = file;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const planned = await plan(doing);
    if (!planned.ok) return planned;
    if (planned.value === undefined || !isDeepStrictEqual(planned.value.pieces, shown.pieces)) break;
    const { before, after, note } = planned.value;
    if (note !== undefined) {
      const noted = await writeNote(dataDir, path, { ...note, token: token?.id });
      if (!noted.ok) return noted;
    }
    const mode = file.scope === 'user' ? 0o600 : 0o666;
    const rewritten = await rewrite({ path, before, after: after(token?.text ?? ''), mode });
    if (!rewritten.ok) return rewritten;
    if (rewritten.value === 'moved') continue;
    if (note === undefined) await removeNote(dataDir, path);
    return ok(true);
  }
  return refuse(
    'invalid_state',
    `${path} was changed meanwhile by somebody else, and is as they left it. Look at it, and run the same again.`,
    { file: path },
  );
};
