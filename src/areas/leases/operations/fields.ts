import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { isGlob } from '../../../kernel/glob.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { secondMs } from '../../../kernel/instants.ts';
import { lockNameSchema, nameSchema } from '../model/fence.ts';
import type { Ttl } from '../model/lease.ts';
import {
  branchCharactersMax,
  delaySecondsMax,
  globsMax,
  namesMax,
  purposeCharactersMax,
  reasonCharactersMax,
} from '../model/limits.ts';
import { modes } from '../model/modes.ts';
import { fileKind, readWork, segmentsOf, work } from '../model/names.ts';

/** One name or several. */
export const namesSchema = z.union([nameSchema, z.array(nameSchema).min(1).max(namesMax)]);

export const targetSchema = lockNameSchema;

export const branchSchema = lineSchema('A branch', branchCharactersMax).optional().describe('for work');

export const modeSchema = z.enum(modes);
export const purposeSchema = lineSchema('A purpose', purposeCharactersMax);
export const reasonSchema = lineSchema('A reason', reasonCharactersMax);
export const delaySchema = z.int().min(0).max(delaySecondsMax);

/** LE27: which numbers are allowed depends on settings, and so is a rule. */
export const ttlSchema = z.union([z.int(), z.literal('session')], {
  error: 'a whole number of seconds, or "session"',
});

export const ttlOf = (given: z.infer<typeof ttlSchema> | undefined): Ttl | undefined =>
  typeof given === 'number' ? given * secondMs : given;

interface Named {
  readonly name?: string | readonly string[] | undefined;
  readonly branch?: string | undefined;
}

const listOf = (name: Named['name']): readonly string[] =>
  name === undefined ? [] : typeof name === 'string' ? [name] : name;

/** LE5: `work` needs a branch. What is wrong with the input, if something is. */
export const checkWork = ({ name, branch }: Named, context: z.RefinementCtx): void => {
  if (!listOf(name).includes(work)) return;
  const reading = readWork(branch);
  if (!reading.ok) context.addIssue({ code: 'custom', message: reading.fault, path: ['branch'] });
};

/** LE41: a glob is compared with all those that are held. What is wrong with the input, if something is. */
export const checkGlobs = ({ name }: Named, context: z.RefinementCtx): void => {
  const globs = listOf(name).filter((one) => {
    const [kind, path = ''] = segmentsOf(one);
    return kind === fileKind && isGlob(path);
  });
  if (globs.length <= globsMax) return;
  const message = `at most ${globsMax} of the names may be globs, and these are ${globs.length}; lock a folder, such as file:src/**, or call again for the rest`;
  context.addIssue({ code: 'custom', message, path: ['name'] });
};

/** The locks that are meant, `work` among them resolved. */
export const locksOf = ({ name, branch }: Named): readonly string[] =>
  listOf(name).map((one) => {
    if (one !== work) return one;
    const reading = readWork(branch);
    return present(reading.ok ? reading.lock.text : undefined, 'the schema asks for a branch with work');
  });

/** The same where there is one name. */
export const lockOf = (named: Named): string => present(locksOf(named)[0], 'a lock was named');
