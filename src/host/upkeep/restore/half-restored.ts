import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, ok } from '../../../kernel/errors.ts';

/** The file that is there while journals are being restored. */
export const planIn = (dataDir: string): string => join(dataDir, 'restore.json');

/** Refuses where some journals may be restored and others not yet. What reads the file is loaded only where there is one. */
export const refuseHalfRestored = async (dataDir: string): Promise<Outcome<true>> => {
  try {
    await stat(planIn(dataDir));
  } catch {
    return ok(true);
  }
  const { notFinished, readPlan } = await import('./plan.ts');
  const plan = await readPlan(dataDir);
  if (!plan.ok) return plan;
  return plan.value === undefined ? ok(true) : notFinished(dataDir, plan.value);
};
