import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileRefusal, isAbsent } from '../../journal/file-faults.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Given } from '../commands/command.ts';
import { prepareDataDirectory } from '../data-directory.ts';

/** A file with what journals hold, which was written where somebody wanted it. */
const copySchema = z.object({
  path: z.string(),
  kind: z.enum(['backup', 'export']),
  /** The ids of the journals in it. */
  journals: z.array(z.string()),
});

export type KnownCopy = z.infer<typeof copySchema>;

const listIn = (dataDir: string): string => join(dataDir, 'copies.jsonl');

/** Keeps in mind where a copy was written, so that an erasure can name it. That it cannot is no fault of the copy. */
export const rememberCopy = async (
  { configuration, log }: Pick<Given, 'configuration' | 'log'>,
  copy: KnownCopy,
): Promise<void> => {
  const { dataDir } = configuration.settings;
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
