import { accessIntent } from '../../areas/access/decide/index.ts';
import { hubName } from '../../areas/workspaces/names.ts';
import { authorsIn } from '../../journal/authorship.ts';
import { StoreFailure } from '../../journal/store.ts';
import type { JournalName, Storage } from '../../journal/storage.ts';
import { isErasable, masked } from '../../journal/subject-keys.ts';
import type { Actor } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { oneOf } from '../../surfaces/cli/input.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { type SubjectKind, subjectKinds } from '../commands/flags.ts';
import { type KeyName, keys as keyTable } from '../configuration/keys.ts';
import { databaseKeys } from '../configuration/store.ts';
import { confirmPerson } from '../confirmation.ts';
import { entriesIn } from '../journal-check.ts';
import { openJournals } from '../open-hub.ts';
import { ownerPrincipal } from '../owner.ts';
import type { CopiedJournals } from '../upkeep/known-copies.ts';
import { archivesOf, withStorage } from '../storage.ts';
import { ownerAsked, wantedJournal } from '../wanted-journal.ts';
import type { Workspace } from '../workspace.ts';
import { type Copies, type Copy, clearCopies } from './copies.ts';
import type { Closed } from './moved-journals.ts';
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
    if (!opened.ok) return opened;
    const { storage } = journals.value;
    const erasing = { workspace: opened.value, storage, journal: journal.value.journal };
    return await eraseIn(erasing, asked.value, given);
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

/** What is erased, and where. */
interface Erasing {
  readonly workspace: Workspace;
  readonly storage: Storage;
  readonly journal: JournalName;
}

const eraseIn = async (
  { workspace: { name: workspace, engine, store }, storage, journal }: Erasing,
  { name, kind }: Asked,
  { configuration: { settings }, terminal, log }: Given,
): Promise<Outcome<true>> => {
  const keys = store.subjectKeys;
  if (keys === undefined) return notSealed;
  const authors = await authorsIn({ store, codec: engine.journal.codec, areas: engine.areas });
  const subject = subjectOf(authors, name, kind);
  if (!subject.ok) return subject;
  const { of, sealed, plain } = subject.value;
  const living = (await keys.load()).filter(
    (key) => key.secret !== undefined && key.subject !== undefined && isErasable(key.subject, masked(of)),
  );
  // What is done already needs nobody's word; what it has left elsewhere is looked through again.
  if (living.length > 0) {
    const confirmed = await confirmPerson({
      lines: announced(subject.value, workspace),
      command: `signalbox erase ${name}`,
    });
    if (!confirmed.ok) return confirmed;
  }
  const retired = living.length > 0 ? await keys.retire(masked(of)) : [];
  if (living.length > 0) {
    const intent = accessIntent({ type: 'erase', of: { ...of, keys: retired } });
    const written = await engine.report(command, intent, person);
    if (!written.ok) return written;
  }
  const left = await engine.forgotten();
  if (left !== undefined) return left;
  const copies = await clearCopies({
    dataDir: settings.dataDir,
    archives: archivesOf(settings),
    storage,
    name: journal,
    store,
    log,
  });
  const outOfReach = [
    ...copies.inDatabases.map((copy) => leftIn(copy, { name, workspace })),
    ...copies.closed.map(closedText),
    ...notReached,
  ];
  const answer = {
    workspace,
    ...of,
    keys_destroyed: retired.length,
    entries_sealed: sealed,
    entries_plain: plain,
    keys_destroyed_in: copies.keysDestroyedIn,
    keys_left_in: copies.keysLeftIn,
    copies: copies.files,
    not_reached: outOfReach,
  };
  if (terminal.json) writeJson(terminal, answer);
  else terminal.out.write(told({ subject: subject.value, keys: retired.length, copies, outOfReach }));
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
  'copies that nothing here knows of: what was printed, or copied by other means; of these, copies of a .keys file, and of the data directory with the .keys files in it, bring the texts back (a backup without its .keys file holds sealed text only; a checkpoint holds none)',
  'what other data directories keep that have worked on this journal, mostly on other machines: their backups with .keys files, and journals from before a signalbox migrate; run this command there as well',
  'the cache of another machine that works on this journal, until a Signalbox there opens it again',
  'what others wrote about them, their names, and what is no personal text: labels, checklists, names of locks and files',
];

/** Where a migration has left or made a copy, or was about to. */
const leftIn = (
  { path, store, cluster }: CopiedJournals,
  { name, workspace }: { readonly name: string; readonly workspace: string },
): string => {
  const of = workspace === hubName ? '--of hub' : `--workspace ${shellWord(workspace)}`;
  const set = (key: KeyName, value: string): string => `${keyTable[key].variable}=${value}`;
  const settings = [
    set('store', store),
    set('cluster', cluster),
    ...(store === 'sqlite' ? [] : [set(databaseKeys[store], '<its address>')]),
    set('data-dir', '<a new folder>'),
  ].join(' ');
  return `the journals in ${path}, with their keys, from a signalbox migrate: delete them there, or erase there as well: ${settings} signalbox erase ${shellWord(name)} ${of}`;
};

const closedText = ({ folder, reason }: Closed): string =>
  `the journals and backups in ${folder}, with their keys, from a signalbox migrate: ${reason} Put that right and run this again, or delete them`;

interface Erased {
  readonly subject: WantedSubject;
  readonly keys: number;
  readonly copies: Copies;
  readonly outOfReach: readonly string[];
}

const told = ({ subject: { whose, sealed, plain }, keys, copies, outOfReach }: Erased): string =>
  [
    keys > 0
      ? `What ${whose} wrote is erased: ${keys === 1 ? '1 key is' : `${keys} keys are`} destroyed, here, in the state, in the snapshot and in the text index. Nothing is mirrored to git.`
      : sealed > 0
        ? `What ${whose} wrote is erased already: ${entriesIn(sealed)} ${sealed === 1 ? 'says' : 'say'} nothing any more. Nothing was left to erase here.`
        : `There was nothing to erase of what ${whose} wrote: none of it is sealed.`,
    ...(plain === 0 ? [] : [plainText(plain)]),
    ...listed('Keys of theirs were destroyed as well in:', copies.keysDestroyedIn),
    ...listed(
      'In these files of keys nothing could be destroyed. They may bring it back: delete them, and those of a new backup serve instead:',
      copies.keysLeftIn,
    ),
    ...listed('Files with copies that are known:', copies.files.map(copyText)),
    'Out of reach are:',
    ...outOfReach.map((one) => `- ${one}`),
    '',
  ].join('\n');

const listed = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `- ${line}`)];

const copyText = ({ path, kind }: Copy): string =>
  ({
    archive: `${path}: entries of the journal, with texts that nothing opens any more`,
    backup: `${path}: a backup, with texts that nothing opens any more unless a copy of its .keys file is somewhere else`,
    export: `${path}: an export, in plain text; delete it`,
    journals: `${path}: journals of the other side of a signalbox migrate, with texts that nothing opens any more`,
  })[kind];
