import { z } from 'zod';
import type { Seq } from '../../../kernel/entry.ts';
import { type Lease, type LeasesSlice, leasesOn, resolved } from './lease.ts';
import { nameCharactersMax } from './limits.ts';
import { isWork, readLockName, segmentsOf, work } from './names.ts';

/** A name, in the one way in which it is written from then on; or `work`, which is what the caller's branch is called after. */
export const nameSchema = z
  .string()
  .min(1)
  .max(nameCharactersMax)
  .overwrite((given) => {
    if (isWork(given)) return work;
    const reading = readLockName(given);
    return reading.ok ? reading.lock.text : given;
  })
  .superRefine((name, context) => {
    const reading = readLockName(name);
    if (!reading.ok) context.addIssue({ code: 'custom', message: reading.fault });
  });

/** The name of a lock itself. */
export const lockNameSchema = nameSchema.refine(
  (name) => name !== work,
  'name the lock itself here; "work" depends on a branch',
);

export const tokenSchema = z.int().min(1);

/** What a call names to be refused when its lock is no longer its own. */
export const fenceSchema = z.strictObject({ lock: lockNameSchema, token: tokenSchema });

export type Fence = z.infer<typeof fenceSchema>;

/** LE40: the hold that was granted under this token, if it still is one. */
export const heldUnder = (slice: LeasesSlice, name: string, token: Seq): Lease | undefined => {
  for (const lease of leasesOn(slice, segmentsOf(resolved(slice, name))))
    if (lease.state.kind === 'held' && lease.epoch === token) return lease;
  return undefined;
};
