import type { Intent } from '../kernel/area.ts';
import { systemActor } from '../kernel/entry.ts';
import { ok } from '../kernel/errors.ts';
import type { Instant } from '../kernel/instants.ts';
import type { Slices } from '../kernel/slices.ts';
import { type Call } from './batch.ts';
import { ownCall } from './calls.ts';
import type { Rules } from './unit.ts';

/** Whether something has expired that is still to be cleared away. */
export const isDue = ({ areas }: Rules, slices: Slices, now: Instant): boolean =>
  areas.some((area) => area.due(slices, now).length > 0);

/** Changes nothing; its batch is what matters. */
const nothing: Intent = {
  area: 'agents',
  type: 'agents.nothing',
  command: { type: 'nothing' },
  decide: () => ok([]),
};

interface Passing {
  readonly isDue: () => boolean;
  readonly submit: (call: Call) => Promise<unknown>;
}

/** A batch that was begun earlier may not know what is over by now; the next one does. */
const batchesMax = 2;

/**
 * Has what is over written down. Reading writes nothing, but a query does so before it proves that an answer has arrived, so that, as with a command,
 * a proof that comes after a deadline does not count for it. What cannot be written now is left to whoever tries next.
 */
export const letTimeHappen = async (passing: Passing): Promise<void> => {
  for (let batch = 0; batch < batchesMax && passing.isDue(); batch += 1)
    await passing.submit(ownCall('tick', nothing, systemActor));
};
