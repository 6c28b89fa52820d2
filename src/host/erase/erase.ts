import { accessIntent } from '../../areas/access/decide/index.ts';
import { authorsIn } from '../../journal/authorship.ts';
import { StoreFailure } from '../../journal/store.ts';
import { masked } from '../../journal/subject-keys.ts';
import type { Actor } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { oneOf } from '../../surfaces/cli/input.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { type SubjectKind, subjectKinds } from '../commands/flags.ts';
import { confirmPerson } from '../confirmation.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import { ownerPrincipal } from '../owner.ts';
import { withStorage } from '../storage.ts';
import { ownerAsked, wantedJournal } from '../wanted-journal.ts';
import type { Workspace } from '../workspace.ts';
import { type WantedSubject, subjectOf } from './subject.ts';

const command = 'erase';

/** Whoever sits at the terminal of the data directory, once it has been confirmed. */
const person: Actor = {
  principal: ownerPrincipal,
  agent: undefined,
  session: undefined,
  role: 'admin',
  kind: 'person',
};

/** Destroys the keys of what somebody wrote, after a person has confirmed it. */
export const eraseSubject = async (given: Given): Promise<Outcome<true>> => {
  const asked = askedOf(given);
  if (!asked.ok) return asked;
  const owner = ownerAsked(given, command);
  if (!owner.ok) return owner;
  const { settings } = given.configuration;
  const journal = await withStorage(settings, (storage) =>
    wantedJournal(given, owner.value ?? 'workspace', storage),
  );
  if (!journal.ok) return journal;
  const journals = await openJournals(settings, { log: given.log, ticksFirst: false, brief: true });
  if (!journals.ok) return journals;
  try {
    const { hub } = journals.value;
    const opened = owner.value === 'hub' ? ok(hub) : await journals.value.get(journal.value.workspace);
    return opened.ok ? await eraseIn(opened.value, asked.value, given) : opened;
  } catch (thrown) {
    if (thrown instanceof StoreFailure) return thrown.refusal;
    throw thrown;
  } finally {
    await journals.value.close();
  }
};

interface Asked {
  readonly name: string;
  readonly kind: SubjectKind | undefined;
}

const askedOf = ({ words, flags }: Given): Outcome<Asked> => {
  const [name, extra] = words;
  if (name === undefined || extra !== undefined)
    return refuse(
      'invalid_input',
      `signalbox erase takes one name, of a principal or an agent.${seeHelp({ command })}`,
    );
  const said = flags.get('kind');
  if (typeof said !== 'string') return ok({ name, kind: undefined });
  const kind = oneOf(subjectKinds, said, { flag: 'kind', command });
  return kind.ok ? ok({ name, kind: kind.value }) : kind;
};

const eraseIn = async (
  { name: workspace, engine, store }: Workspace,
  { name, kind }: Asked,
  { terminal }: Given,
): Promise<Outcome<true>> => {
  const keys = store.subjectKeys;
  if (keys === undefined) return notSealed;
  const authors = await authorsIn({ store, codec: engine.journal.codec, areas: engine.areas });
  const subject = subjectOf(authors, name, kind);
  if (!subject.ok) return subject;
  const confirmed = await confirmPerson({
    lines: announced(subject.value, workspace),
    command: `signalbox erase ${name}`,
  });
  if (!confirmed.ok) return confirmed;
  const { of, sealed, plain } = subject.value;
  const retired = await keys.retire(masked(of));
  const written = await engine.report(
    command,
    accessIntent({ type: 'erase', of: { ...of, keys: retired } }),
    person,
  );
  if (!written.ok) return written;
  const left = await engine.forgotten();
  if (left !== undefined) return left;
  const answer = {
    workspace,
    ...of,
    keys_destroyed: retired.length,
    entries_sealed: sealed,
    entries_plain: plain,
    not_reached: notReached,
  };
  if (terminal.json) writeJson(terminal, answer);
  else terminal.out.write(told(subject.value, retired.length));
  return ok(true);
};

const notSealed = refuse(
  'invalid_state',
  'This store keeps no keys of personal text, so the texts stand in the journal as they were written and cannot be erased. Nothing was done.',
);

const announced = ({ whose, sealed, plain }: WantedSubject, workspace: string): readonly string[] => [
  `Erases for good what ${whose} wrote in "${workspace}": ${entriesIn(sealed)} with titles, messages, notes, reasons and the like will say nothing any more, to nobody.`,
  ...(plain === 0 ? [] : [plainText(plain)]),
];

const plainText = (plain: number): string =>
  `${entriesIn(plain)} of theirs from before texts were sealed ${plain === 1 ? 'stays' : 'stay'} readable: only a new journal without ${plain === 1 ? 'it' : 'them'} would be rid of ${plain === 1 ? 'it' : 'them'}.`;

/** What the program knows of nothing in particular, and can say all the same. */
const notReached: readonly string[] = [
  'what clients and people were shown before, and keep: answers, events, logs of their own',
  'files made of it with the texts in them: exports, reports, and copies of the data directory that include the .keys file beside the journal (one without it holds sealed text only; a checkpoint holds none)',
  'the cache of another machine that works on this journal, until a Signalbox there opens it again',
  'what others wrote about them, their names, and what is no personal text: labels, checklists, names of locks and files',
];

const told = ({ whose, plain }: WantedSubject, keys: number): string =>
  [
    keys === 0
      ? `There was nothing left to erase of what ${whose} wrote.`
      : `What ${whose} wrote is erased: ${keys === 1 ? '1 key is' : `${keys} keys are`} destroyed, here, in the state, in the snapshot and in the text index. Nothing is mirrored to git.`,
    ...(plain === 0 ? [] : [plainText(plain)]),
    'Out of reach are:',
    ...notReached.map((one) => `- ${one}`),
    '',
  ].join('\n');
