import type { AppendRequest } from '../../src/journal/store.ts';
import type { Hub } from './hub.ts';
import { type Tear, type Tearing, type World, tears } from './world.ts';

type Parts = Pick<World, 'checks' | 'disk' | 'nature' | 'note' | 'random' | 'timeline'>;

const mendMs: readonly [number, number] = [5, 4_000];

/** Until a torn batch is mended, what stands there in part is refused by all. */
export class TornBatches implements Tearing {
  readonly #world: Parts;
  readonly #hubs: () => readonly Hub[];
  readonly #tears: readonly Tear[];
  /** How long the journal is with a torn batch at its end. */
  #torn: number | undefined;

  constructor(world: Parts, hubs: () => readonly Hub[], only: Tear | undefined) {
    this.#world = world;
    this.#hubs = hubs;
    this.#tears = only === undefined ? tears : [only];
  }

  get torn(): boolean {
    return this.#torn !== undefined;
  }

  tear(request: AppendRequest): void {
    const { disk, nature, note, random, timeline } = this.#world;
    const first = random.pick(this.#tears);
    const tear = [first, ...this.#tears].find((one) => disk.tear(request, one));
    if (tear === undefined) return;
    note(() => `disk: a batch on ${request.expected} is torn (${tear})`);
    this.#torn = disk.rows.length;
    timeline.after(random.skewed(...mendMs), nature, this.mend);
  }

  /** The journal is restored to its last whole batch, and everybody begins anew. */
  readonly mend = (): void => {
    const torn = this.#torn;
    if (torn === undefined) return;
    const { checks, disk, note } = this.#world;
    checks.holds(
      'a torn batch is refused',
      disk.rows.length === torn,
      () => `somebody wrote behind the torn batch that ended at ${torn}`,
    );
    disk.mend();
    note(() => `disk: restored to ${disk.rows.length}`);
    this.#torn = undefined;
    for (const hub of this.#hubs()) hub.replace();
  };
}
