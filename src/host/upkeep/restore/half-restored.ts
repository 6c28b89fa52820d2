import { stat } from 'node:fs/promises';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { planIn } from './plan-path.ts';

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
