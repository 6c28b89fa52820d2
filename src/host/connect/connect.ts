import { homedir } from 'node:os';
import { isatty } from 'node:tty';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { type ClientFile, clientFiles } from '../../integrations/client-files.ts';
import { type Program, connecting, disconnecting } from '../../integrations/connection.ts';
import { type Piece, withPiece, withoutPiece } from '../../integrations/text-change.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { projectFolder } from '../workspace-resolution/project-folder.ts';
import { thisProcess } from '../workspace-resolution/wanted.ts';
import { isYes } from './ask.ts';
import { diffText } from './diff.ts';
import { type Note, readNote, removeNote, writeNote } from './note.ts';
import { programFor } from './program.ts';
import { readText, rewrite } from './text-file.ts';

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
  const wanted: Wanted = { file, program, undo: flags.has('undo'), dataDir: configuration.settings.dataDir };
  const planned = await plan(wanted);
  if (!planned.ok) return planned;
  return planned.value === undefined ? toldNothing(wanted, given) : carryOut(planned.value, wanted, given);
};

interface Wanted {
  readonly file: ClientFile;
  readonly program: Program;
  readonly undo: boolean;
  readonly dataDir: string;
}

/** One change of a file, as it would be now. */
interface Plan {
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly piece: Piece;
  readonly note: Note | undefined;
  readonly diff: string;
}

/** Undefined when there is nothing to do. */
const plan = async ({ file, program, undo, dataDir }: Wanted): Promise<Outcome<Plan | undefined>> => {
  const { path } = file;
  const read = await readText(path);
  if (!read.ok) return read;
  const before = read.value;
  if (undo) {
    const known = await readNote(dataDir, path);
    const change = disconnecting(file, before ?? '', { program, known });
    if (!change.ok) return change;
    if (change.value.kind === 'none' || before === undefined) return ok(undefined);
    const { piece } = change.value;
    const rest = withoutPiece(before, piece);
    const isAlone = rest === '' && known?.madeFile === true;
    const diff = diffText({ path, whole: before, piece, adds: false, isAlone });
    return ok({ before, after: isAlone ? undefined : rest, piece, note: undefined, diff });
  }
  const change = connecting(file, before ?? '', program);
  if (!change.ok) return change;
  if (change.value.kind === 'none') return ok(undefined);
  const { piece, madeList } = change.value;
  const after = withPiece(before ?? '', piece);
  const isAlone = before === undefined;
  const note: Note = { program, text: piece.text, madeList, madeFile: isAlone };
  const diff = diffText({ path, whole: after, piece, adds: true, isAlone });
  return ok({ before, after, piece, note, diff });
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

const carryOut = async (planned: Plan, wanted: Wanted, given: Given): Promise<Outcome<true>> => {
  const { terminal, flags } = given;
  const { file, undo } = wanted;
  const { client, path } = file;
  if (!terminal.json) terminal.out.write(planned.diff);
  if (!flags.has('yes')) {
    if (!isatty(0) || !isatty(2))
      return refuse(
        'invalid_input',
        'connect asks before it writes, and here is no terminal on which somebody could answer. Nothing was written; --yes writes without asking.',
        { file: path, diff: planned.diff },
      );
    if (!(await isYes(`Change ${path} so? [y/N] `, process.stdin, process.stderr)))
      return refuse('invalid_state', 'Nothing was written.', { file: path });
  }
  const written = await write(planned, wanted);
  if (!written.ok) return written;
  const state = undo ? 'absent' : 'connected';
  if (terminal.json) writeJson(terminal, { client, file: path, state, changed: true, diff: planned.diff });
  else
    terminal.out.write(
      undo
        ? `${client} does not start Signalbox any more.\n`
        : `${client} starts Signalbox from its next start on. signalbox doctor looks at what it has.\n`,
    );
  return ok(true);
};

/** A client that runs writes its file often; what was shown still holds when the same piece comes or goes. */
const triesMax = 5;

const write = async (shown: Plan, wanted: Wanted): Promise<Outcome<true>> => {
  const { file, dataDir } = wanted;
  const { path } = file;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const planned = await plan(wanted);
    if (!planned.ok) return planned;
    if (planned.value?.piece.text !== shown.piece.text) break;
    const { before, after, note } = planned.value;
    if (note !== undefined) {
      const noted = await writeNote(dataDir, path, note);
      if (!noted.ok) return noted;
    }
    const mode = file.scope === 'user' ? 0o600 : 0o666;
    const rewritten = await rewrite({ path, before, after, mode });
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
