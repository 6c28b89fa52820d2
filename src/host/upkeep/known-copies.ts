import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../engine/log.ts';
import { fileRefusal, isAbsent } from '../../journal/file-faults.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Given } from '../commands/command.ts';
import { stores } from '../configuration/store-keys.ts';
import { prepareDataDirectory } from '../data-directory.ts';

/** A file with what journals hold, which was written where somebody wanted it. */
const fileSchema = z.object({
  path: z.string(),
  kind: z.enum(['backup', 'export']),
  /** The ids of the journals in it. */
  journals: z.array(z.string()),
});

/** The other side of a migration, with its keys. */
const placeSchema = z.object({
  /** A data directory, or a database as messages show it. */
  path: z.string(),
  kind: z.literal('journals'),
  store: z.enum(stores),
  cluster: z.string(),
  journals: z.array(z.string()),
});

const copySchema = z.discriminatedUnion('kind', [fileSchema, placeSchema]);

export type KnownCopy = z.infer<typeof copySchema>;

export type CopiedJournals = z.infer<typeof placeSchema>;

const listIn = (dataDir: string): string => join(dataDir, 'copies.jsonl');

/** Keeps in mind where a copy was written, so that an erasure can name it. That it cannot is no fault of the copy. */
export const rememberCopy = (
  { configuration, log }: Pick<Given, 'configuration' | 'log'>,
  copy: KnownCopy,
): Promise<void> => rememberCopyIn(configuration.settings.dataDir, copy, log);

/** The same for erasures with that data directory. */
export const rememberCopyIn = async (dataDir: string, copy: KnownCopy, log: Log): Promise<void> => {
  const prepared = await prepareDataDirectory(dataDir);
  const noted = prepared.ok ? await append(listIn(dataDir), copy) : prepared;
  if (!noted.ok) log.warn(`signalbox erase will not know of ${copy.path}: ${noted.message}`);
};

const append = async (path: string, copy: KnownCopy): Promise<Outcome<true>> => {
  try {
    await appendFile(path, `${JSON.stringify(copy)}\n`, { mode: 0o600 });
    return ok(true);
  } catch (thrown) {
    return fileRefusal(path, thrown, `${path} cannot be written`);
  }
};

/** Those of a journal, by its id, each once; whether they are still there is not looked at. */
export const knownCopies = async (
  dataDir: string,
  journal: string,
): Promise<Outcome<readonly KnownCopy[]>> => {
  const path = listIn(dataDir);
  try {
    const lines = (await readFile(path, 'utf8')).split('\n');
    const copies = lines.flatMap((line) => copyIn(line) ?? []);
    const mine = copies.filter(({ journals }) => journals.includes(journal));
    return ok([...new Map(mine.map((copy) => [copy.path, copy])).values()]);
  } catch (thrown) {
    return isAbsent(thrown) ? ok([]) : fileRefusal(path, thrown, `${path} cannot be read`);
  }
};

/** A line that was not written to its end names nothing. */
const copyIn = (line: string): KnownCopy | undefined => {
  try {
    return copySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
};
