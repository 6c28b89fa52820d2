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
  /** Whether each archive of the journal is found. */
  readonly archivesFound: boolean;
  /** Why it is not writable, or else what of it is missing; undefined where nothing is amiss. */
  readonly fault: string | undefined;
  /** Calls that wait for what others do. */
  readonly waits: number;
  /** Requests in the queues of locks, and since when the oldest of them waits. */
  readonly lockQueue: { readonly requests: number; readonly oldestSeconds: number };
  /** Tasks that could be claimed. */
  readonly readyTasks: number;
  readonly lags: readonly Lag[];
}

export const standingOf = async (workspace: Workspace): Promise<Standing> => {
  const { name, engine, lags } = workspace;
  return {
    workspace: name,
    entries: engine.seq,
    ...(await soundnessOf(workspace)),
    waits: engine.waiting,
    lockQueue: lockQueueOf(engine.slices.leases, engine.now()),
    readyTasks: readyCount(engine.slices.tasks),
    lags: lags(),
  };
};

export const soundnessOf = async ({
  engine: { stopped },
  store,
}: Pick<Workspace, 'engine' | 'store'>): Promise<Pick<Standing, 'writable' | 'archivesFound' | 'fault'>> => {
  const { writable, reason, lacking } = await store.health();
  return {
    writable: writable && stopped === undefined,
    archivesFound: lacking === undefined,
    fault: stopped?.message ?? reason ?? lacking,
  };
};

const lockQueueOf = (slice: LeasesSlice, now: Instant): Standing['lockQueue'] => {
  const oldest = oldestTicket(slice);
  return {
    requests: slice.tickets.size,
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, now - oldest.since) / 1_000,
  };
};
