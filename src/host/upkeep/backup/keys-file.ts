import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fileRefusal } from '../../../journal/file-faults.ts';
import { StoreFailure } from '../../../journal/store.ts';
import type { SubjectKey } from '../../../journal/subject-keys.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';

/** The subject keys of one journal, by its id. */
export interface JournalKeys {
  readonly journal: string;
  readonly keys: readonly SubjectKey[];
}

/** Beside a backup: it can be replaced, and be kept elsewhere, without touching that. */
export const keysFileOf = (backup: string): string => `${backup}.keys`;

const formatNow = 1;
const secretBytes = 32;

/** One line that says what it is and has the keys, and one with a checksum over that. */
export const keysText = (journals: readonly JournalKeys[]): string => {
  const line = JSON.stringify({
    signalbox: 'subject keys',
    format: formatNow,
    journals: journals.map(({ journal, keys }) => ({
      journal,
      keys: keys.map(({ id, subject, secret, retired }) => ({
        id,
        ...subject,
        ...(secret && { secret: Buffer.from(secret).toString('base64') }),
        retired,
      })),
    })),
  });
  return `${line}\n${JSON.stringify({ sha256: hash('sha256', line) })}\n`;
};

const secretSchema = z
  .base64()
  .transform((text): Uint8Array => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === secretBytes);

const keySchema = z
  .object({
    id: z.string().min(1),
    principal: z.string().optional(),
    agent: z.string().optional(),
    secret: secretSchema.optional(),
    retired: z.boolean(),
  })
  .transform(
    ({ id, principal, agent, secret, retired }): SubjectKey => ({
      id,
      subject: principal === undefined ? undefined : { principal, ...(agent !== undefined && { agent }) },
      secret,
      retired,
    }),
  );

const fileSchema = z.object({
  signalbox: z.literal('subject keys'),
  format: z.literal(formatNow),
  journals: z.array(z.object({ journal: z.string(), keys: z.array(keySchema) })),
});

const endSchema = z.object({ sha256: z.string() });

/** Refuses one that is not as it was written. */
export const readKeysFile = async (path: string): Promise<Outcome<readonly JournalKeys[]>> => {
  try {
    const [line = '', end = '', rest] = (await readFile(path, 'utf8')).split('\n');
    if (rest !== '' || endSchema.parse(JSON.parse(end)).sha256 !== hash('sha256', line)) return damaged(path);
    return ok(fileSchema.parse(JSON.parse(line)).journals);
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof z.ZodError) return damaged(path);
    return fileRefusal(path, thrown, `The keys of the backup in ${path} cannot be read`);
  }
};

/** Throws what is wrong with it. */
export const demandWhole = async (path: string): Promise<void> => {
  const read = await readKeysFile(path);
  if (!read.ok) throw new StoreFailure(read);
};

const damaged = (path: string): Refusal =>
  refuse(
    'journal_corrupt',
    `${path} is no whole file of the keys of a backup. Nothing was changed. Name another one with --keys, or restore without it with --without-keys: then texts whose keys are nowhere can never be read.`,
    { path },
  );
