import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fileRefusal, isAbsent } from '../../../journal/file-faults.ts';
import type { JournalName } from '../../../journal/storage.ts';
import type { Store } from '../../../journal/store.ts';
import type { SubjectKey } from '../../../journal/subject-keys.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { writeWhole } from '../whole-file.ts';
import { damagedBackup } from './format.ts';

/**
 * The keys that personal text is sealed under are in no backup, so that it stays erased when they are destroyed. They lie
 * beside it in a file of their own: without it, what is restored elsewhere says of such text that it was erased.
 */
export const keysBeside = (path: string): string => `${path}.keys`;

const keySchema = z.object({
  id: z.string(),
  subject: z.object({ principal: z.string(), agent: z.string().optional() }).optional(),
  secret: z.base64().optional(),
  retired: z.boolean(),
});

const fileSchema = z.record(z.string(), z.array(keySchema));

type Kept = Readonly<Record<string, readonly SubjectKey[]>>;

/** Throws `StoreFailure`, and what the system says. */
export const writeKeys = async (
  path: string,
  journals: readonly { readonly name: JournalName; readonly store: Store }[],
): Promise<void> => {
  const kept: Record<string, unknown> = {};
  for (const { name, store } of journals) {
    const keys = (await store.subjectKeys?.load()) ?? [];
    if (keys.length === 0) continue;
    kept[name] = keys.map(({ id, subject, secret, retired }) => ({
      id,
      subject,
      secret: secret && Buffer.from(secret).toString('base64'),
      retired,
    }));
  }
  if (Object.keys(kept).length > 0) await writeWhole(keysBeside(path), `${JSON.stringify(kept)}\n`);
};

export const readKeys = async (path: string): Promise<Outcome<Kept>> => {
  const beside = keysBeside(path);
  try {
    const read = fileSchema.parse(JSON.parse(await readFile(beside, 'utf8')));
    const kept: Record<string, readonly SubjectKey[]> = {};
    for (const [name, keys] of Object.entries(read))
      kept[name] = keys.map(({ id, subject, secret, retired }) => ({
        id,
        subject: subject && {
          principal: subject.principal,
          ...(subject.agent !== undefined && { agent: subject.agent }),
        },
        secret: secret === undefined ? undefined : Buffer.from(secret, 'base64'),
        retired,
      }));
    return ok(kept);
  } catch (thrown) {
    if (isAbsent(thrown)) return ok({});
    if (thrown instanceof SyntaxError || thrown instanceof z.ZodError)
      return damagedBackup(beside, 'it holds no keys');
    return fileRefusal(beside, thrown, `The keys ${beside} cannot be read`);
  }
};
