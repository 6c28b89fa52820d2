import type { JournalName, Storage } from '../../../journal/storage.ts';
import { StoreFailure } from '../../../journal/store.ts';
import { type Outcome, type Refusal, ok } from '../../../kernel/errors.ts';
import { planJournal } from './set-aside.ts';

/** Refuses where journals are being restored. What reads the plan is loaded only where there is one. */
export const refuseHalfRestored = async (
  storage: Storage,
  known?: readonly JournalName[],
): Promise<Outcome<true>> => {
  const names = known === undefined ? await storage.names() : ok(known);
  if (!names.ok) return names;
  if (!names.value.includes(planJournal)) return ok(true);
  const { notFinished, readPlan } = await import('./plan.ts');
  try {
    const plan = await readPlan(storage);
    return plan === undefined ? ok(true) : notFinished(storage, plan);
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
};

/** Why a journal cannot be opened: where a restore has begun just now, it is that. */
export const orHalfRestored = async (storage: Storage, refusal: Refusal): Promise<Refusal> => {
  if (!refusal.code.startsWith('journal_')) return refusal;
  const whole = await refuseHalfRestored(storage);
  return whole.ok ? refusal : whole;
};
