import type { ClientFile } from '../../integrations/client-files.ts';
import {
  type Change,
  type Program,
  type Secret,
  connecting,
  disconnecting,
  variableIn,
} from '../../integrations/connection.ts';
import { type Piece, withPiece, withoutPiece } from '../../integrations/text-change.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { hashOfToken } from '../access/token-text.ts';
import { diffText } from './diff.ts';
import { type Note, readNote } from './note.ts';
import { readText } from './text-file.ts';

export interface Wanted {
  readonly file: ClientFile;
  /** Without its secret. */
  readonly program: Program;
  readonly undo: boolean;
  readonly dataDir: string;
}

/** One change of a file, as it would be now. Wherever a token is to be seen, it is `shownToken`. */
export interface Plan {
  readonly before: string | undefined;
  /** What the file is to say with this token in it; undefined where there is to be no file. */
  readonly after: (token: string) => string | undefined;
  /** What comes and goes. */
  readonly pieces: readonly string[];
  /** Undefined where nothing is to be noted any more. */
  readonly note: Note | undefined;
  readonly noteBefore: Note | undefined;
  /** Public id of the token that is there before, as far as that is noted. */
  readonly tokenBefore: string | undefined;
  /** Whether a token is there before. */
  readonly hadToken: boolean;
  readonly diff: string;
}

/** How a token is shown, and stands in notes. */
const shownToken = 'sbx_…';
const tokenVariable = 'SIGNALBOX_TOKEN';

/** Files of a project are shared: each of its users gives a token of their own, or none. */
export const holdsToken = ({ scope }: Pick<ClientFile, 'scope'>): boolean => scope === 'user';

const secretOf = (file: ClientFile): Secret => ({
  variable: tokenVariable,
  text: holdsToken(file) ? shownToken : undefined,
});

/** Undefined when there is nothing to do. */
export const plan = async (wanted: Wanted): Promise<Outcome<Plan | undefined>> => {
  const { file, undo, dataDir } = wanted;
  const read = await readText(file.path);
  if (!read.ok) return read;
  const before = read.value;
  const masked = maskedText(file, before ?? '');
  if (!masked.ok) return masked;
  const known = await readNote(dataDir, file.path);
  const now: Now = { before, known, ...masked.value };
  return undo ? planRemoval(wanted, now) : planAddition(wanted, now);
};

/** A file without the token that is in it. */
interface Masked {
  readonly text: string;
  readonly token: string | undefined;
}

interface Now extends Masked {
  readonly before: string | undefined;
  readonly known: Note | undefined;
}

const maskedText = (file: ClientFile, whole: string): Outcome<Masked> => {
  const token = variableIn(file, whole, tokenVariable);
  if (token === undefined || hashOfToken(token) === undefined) return ok({ text: whole, token: undefined });
  return whole.includes(shownToken)
    ? refuse(
        'invalid_state',
        `${file.path} holds ${shownToken}, which stands for a token here. Take it out by hand.`,
        {
          path: file.path,
        },
      )
    : ok({ text: whole.replaceAll(token, shownToken), token });
};

const unmasked = (text: string, token: string | undefined): string =>
  token === undefined ? text : text.replaceAll(shownToken, token);

interface Removal {
  readonly piece: Piece;
  /** What is left, with what it was. */
  readonly rest: string;
  readonly isAlone: boolean;
  readonly diff: string;
}

/** How what is there goes; undefined when nothing is. */
const removalOf = ({ file, program }: Wanted, { text, token, known }: Now): Outcome<Removal | undefined> => {
  const found = { variable: tokenVariable, text: shownToken };
  const secretFound = token === undefined ? undefined : found;
  const noted = known && {
    ...known,
    program: { ...known.program, secret: secretFound ?? known.program.secret },
  };
  // What this version and those before it write.
  const candidates = [secretFound, secretOf(file), undefined];
  let change: Outcome<Change> | undefined;
  for (const secret of candidates) {
    change = disconnecting(file, text, { program: { ...program, secret }, known: noted });
    if (change.ok) break;
  }
  if (change === undefined || !change.ok) return change ?? ok(undefined);
  if (change.value.kind === 'none') return ok(undefined);
  const { piece } = change.value;
  const rest = withoutPiece(text, piece);
  const isAlone = rest === '' && known?.madeFile === true;
  const diff = diffText({ path: file.path, whole: text, piece, adds: false, isAlone });
  return ok({ piece, rest: unmasked(rest, token), isAlone, diff });
};

const planRemoval = (wanted: Wanted, now: Now): Outcome<Plan | undefined> => {
  const removal = removalOf(wanted, now);
  if (!removal.ok || removal.value === undefined) return removal.ok ? ok(undefined) : removal;
  const { piece, rest, isAlone, diff } = removal.value;
  return ok({
    ...beforeIn(now),
    after: () => (isAlone ? undefined : rest),
    pieces: [piece.text],
    note: undefined,
    diff,
  });
};

const beforeIn = ({ before, known, token }: Now) => ({
  before,
  noteBefore: known,
  tokenBefore: token === undefined ? undefined : known?.token,
  hadToken: token !== undefined,
});

/** Adds what is wanted, in the place of what was there before. */
const planAddition = (wanted: Wanted, now: Now): Outcome<Plan | undefined> => {
  const { file, program: bare } = wanted;
  const program: Program = { ...bare, secret: secretOf(file) };
  if (!holdsToken(file)) {
    const there = connecting(file, now.text, program);
    if (there.ok && there.value.kind === 'none') return ok(undefined);
  }
  // What is not ours stays, and is told by whoever adds.
  const removal = removalOf(wanted, now);
  const former = removal.ok ? removal.value : undefined;
  const start = former?.rest ?? now.text;
  const change = connecting(file, start, program);
  if (!change.ok) return change;
  if (change.value.kind === 'none') return ok(undefined);
  const { piece, madeList } = change.value;
  const isNew = now.before === undefined;
  const shown = diffText({
    path: file.path,
    whole: withPiece(start, piece),
    piece,
    adds: true,
    isAlone: isNew || former?.isAlone === true,
  });
  const madeFile = isNew || former?.isAlone === true;
  return ok({
    ...beforeIn(now),
    after: (token) => withPiece(start, { at: piece.at, text: piece.text.replaceAll(shownToken, token) }),
    pieces: [...(former === undefined ? [] : [former.piece.text]), piece.text],
    note: { program, text: piece.text, madeList, madeFile },
    diff: `${former?.diff ?? ''}${shown}`,
  });
};
