import type { Workspace } from '../workspace.ts';
import type { Lag } from './lag.ts';

/** How one journal that is open stands. */
export interface Standing {
  readonly workspace: string;
  readonly entries: number;
  readonly writable: boolean;
  /** Calls that wait for what others do. */
  readonly waits: number;
  readonly lags: readonly Lag[];
}

export const standingOf = async ({ name, engine, store, lags }: Workspace): Promise<Standing> => ({
  workspace: name,
  entries: engine.seq,
  writable: engine.stopped === undefined && (await store.health()).writable,
  waits: engine.waiting,
  lags: lags(),
});
