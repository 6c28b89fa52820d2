import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import type { World } from '../../../kernel/slices.ts';
import { leasesOn, readLockName, resolved, segmentsOf } from '../../leases/model/index.ts';

/** The agents that hold a role, such as `reviewer` or `5c.reviewer`: whoever holds the lock of that name. */
export const roleHolders = ({ leases }: World<'leases'>, role: string): Outcome<readonly string[]> => {
  const reading = readLockName(`role:${role}`);
  if (!reading.ok) return refuse('invalid_input', `"role:${role}" is no role: ${reading.fault}.`);
  const holders = new Set<string>();
  for (const { holder, state } of leasesOn(leases, segmentsOf(resolved(leases, reading.lock.text))))
    if (state.kind !== 'delayed') holders.add(holder);
  return ok([...holders]);
};
