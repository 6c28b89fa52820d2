import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { fileRefusal, isAbsent } from '../../../journal/file-faults.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { shellWord } from '../../../surfaces/cli/answer.ts';
import { writeWhole } from '../whole-file.ts';
import { planIn } from './plan-path.ts';

/** What a restore has settled before its first change, so that it can be gone on with wherever it ended. */
const planSchema = z.object({
  backup: z.string(),
  sha256: z.string(),
  /** By the names of journals: which generation each begins. */
  generations: z.record(z.string(), z.int()),
  /** Where what was there before is kept. */
  before: z.string().optional(),
});

export type RestorePlan = z.infer<typeof planSchema>;

export const readPlan = async (dataDir: string): Promise<Outcome<RestorePlan | undefined>> => {
  const path = planIn(dataDir);
  try {
    return ok(planSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  } catch (thrown) {
    if (isAbsent(thrown)) return ok(undefined);
    if (thrown instanceof SyntaxError || thrown instanceof z.ZodError)
      return refuse(
        'invalid_state',
        `${path} says that journals are being restored here, but not which. Nothing was changed. Delete it, and restore the backup again.`,
        { path },
      );
    return fileRefusal(path, thrown, `${path} cannot be read`);
  }
};

export const writePlan = async (dataDir: string, plan: RestorePlan): Promise<Outcome<true>> => {
  const path = planIn(dataDir);
  try {
    await writeWhole(path, `${JSON.stringify(plan)}\n`);
    return ok(true);
  } catch (thrown) {
    return fileRefusal(path, thrown, `The restore cannot begin, because ${path} cannot be written`);
  }
};

export const removePlan = (dataDir: string): Promise<void> => rm(planIn(dataDir), { force: true });

export const notFinished = (dataDir: string, { backup }: RestorePlan): Outcome<never> =>
  refuse(
    'invalid_state',
    `The journals in ${dataDir} are being restored from ${backup}, and that is not finished. Nothing was changed. Finish it with: signalbox restore ${shellWord(backup)} --data-dir ${shellWord(dataDir)}`,
    { dataDir, backup },
  );
