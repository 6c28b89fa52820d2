import type { Agent } from './agent.ts';
import type { Attempt } from './attempt.ts';
import type { Hub } from './hub.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { World } from './world.ts';

/** A world, and everybody in it. */
export interface Stage {
  readonly world: World;
  readonly ledger: Ledger;
  readonly hubs: readonly Hub[];
  readonly agents: readonly Agent[];
  readonly pending: ReadonlySet<Attempt>;
  /** Lets the next thing happen, and looks at what it has come to; false when it is all over. */
  readonly step: () => Promise<boolean>;
}
