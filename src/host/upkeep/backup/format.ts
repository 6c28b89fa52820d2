import { z } from 'zod';
import { type JournalName, hubJournal } from '../../../journal/storage.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { isName } from '../../../kernel/names.ts';

/**
 * A backup is lines of JSON, compressed with gzip: what it is, then each journal (which it is and where it ends, and a
 * line for each of its entries with the text exactly as it was stored), then the list of them again with a checksum over
 * all bytes before that.
 */
export const backupFormat = 1;

const journalNameSchema = z.custom<JournalName>(
  (name) => typeof name === 'string' && (name === hubJournal || isOfWorkspace(name)),
);

/** Names become those of files. */
const isOfWorkspace = (name: string): boolean => {
  const [, file] = /^workspaces\/(.+)$/.exec(name) ?? [];
  return file !== undefined && isName(file);
};

const journalSchema = z.object({
  name: journalNameSchema,
  id: z.string().min(1),
  generation: z.int().min(1),
  /** How many entries it has. */
  entries: z.int().min(0),
  /** The link of the last, or that of the beginning. */
  chain: z.string(),
  /** The ids of the subject keys that it had, without those that were destroyed. The keys are in another file. */
  keys: z.array(z.string()).optional(),
});

export type BackupJournal = z.infer<typeof journalSchema>;

/** What people are told of it. */
export const shownJournal = ({ keys: _keys, ...journal }: BackupJournal): Omit<BackupJournal, 'keys'> =>
  journal;

export const beginningSchema = z.object({
  signalbox: z.literal('backup'),
  format: z.int(),
  version: z.string(),
  store: z.string(),
  time: z.string(),
});

export type BackupBeginning = z.infer<typeof beginningSchema>;

export const sectionSchema = z.object({ journal: journalSchema });

export const endSchema = z.object({ journals: z.array(journalSchema), sha256: z.string() });

export const damagedBackup = (path: string, what: string): Refusal =>
  refuse(
    'journal_corrupt',
    `The backup ${path} is damaged: ${what}. Nothing was changed. Take another backup.`,
    { path },
  );
