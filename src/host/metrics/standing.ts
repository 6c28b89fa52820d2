import { type LeasesSlice, oldestTicket } from '../../areas/leases/model/index.ts';
import { readyCount } from '../../areas/tasks/model/index.ts';
import type { Instant } from '../../kernel/instants.ts';
import type { Workspace } from '../workspace.ts';
import type { Lag } from './lag.ts';

/** How one journal that is open stands. */
export interface Standing {
  readonly workspace: string;
  readonly entries: number;
  readonly writable: boolean;
  /** Calls that wait for what others do. */
  readonly waits: number;
  /** Requests in the queues of locks, and since when the oldest of them waits. */
  readonly lockQueue: { readonly requests: number; readonly oldestSeconds: number };
  /** Tasks that could be claimed. */
  readonly readyTasks: number;
  readonly lags: readonly Lag[];
}

export const standingOf = async ({ name, engine, store, lags }: Workspace): Promise<Standing> => ({
  workspace: name,
  entries: engine.seq,
  writable: engine.stopped === undefined && (await store.health()).writable,
  waits: engine.waiting,
  lockQueue: lockQueueOf(engine.slices.leases, engine.now()),
  readyTasks: readyCount(engine.slices.tasks),
  lags: lags(),
});

const lockQueueOf = (slice: LeasesSlice, now: Instant): Standing['lockQueue'] => {
  const oldest = oldestTicket(slice);
  return {
    requests: slice.tickets.size,
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, now - oldest.since) / 1_000,
  };
};
