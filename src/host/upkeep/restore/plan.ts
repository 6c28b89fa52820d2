import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { chainLink } from '../../../journal/chain.ts';
import { appendChecked } from '../../../journal/copying.ts';
import { headOf } from '../../../journal/rows.ts';
import type { Storage } from '../../../journal/storage.ts';
import { type Office, type Store, StoreFailure } from '../../../journal/store.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { shellWord } from '../../../surfaces/cli/answer.ts';
import { orKilled } from '../../at-work.ts';
import { planJournal } from './set-aside.ts';

/** How far a journal is in a backup. */
const keptSchema = z.object({
  name: z.string(),
  id: z.string(),
  generation: z.int(),
  entries: z.int(),
  chain: z.string(),
});

export type KeptJournal = z.infer<typeof keptSchema>;

/** What a restore has settled before its first change, so that it can be gone on with wherever it ended. */
const planSchema = z.object({
  backup: z.string(),
  sha256: z.string(),
  /** Where it was begun. */
  machine: z.string(),
  dataDir: z.string(),
  /** By the names of journals: which generation each begins. */
  generations: z.record(z.string(), z.int()),
  /** Where what was there before is kept. The last knows what was written after the others. */
  before: z.array(z.object({ path: z.string(), journals: z.array(keptSchema) })),
  /** What was there before need not be kept. */
  isGivenUp: z.boolean(),
});

export type RestorePlan = z.infer<typeof planSchema>;

/** Undefined where nothing is being restored. Throws `StoreFailure`. */
export const readPlan = async (storage: Storage): Promise<RestorePlan | undefined> => {
  const opened = await storage.open(planJournal, 'must-exist');
  // It was finished just now.
  if (!opened.ok) return undefined;
  try {
    return await planIn(opened.value);
  } finally {
    await opened.value.close();
  }
};

/** The last one counts. Throws `StoreFailure`. */
const planIn = async (store: Store): Promise<RestorePlan | undefined> => {
  const head = await store.head();
  if (head === 0) return undefined;
  const [row] = await store.readAt([head]);
  const read = planSchema.safeParse(JSON.parse(row?.text ?? ''));
  if (read.success) return read.data;
  throw new StoreFailure(
    refuse(
      'upgrade_required',
      'Journals are being restored there by another version of Signalbox. Nothing was changed. Finish that with the version that began it.',
    ),
  );
};

export const notFinished = (
  { place }: Pick<Storage, 'place'>,
  { backup, machine, dataDir }: RestorePlan,
): Refusal =>
  refuse(
    'invalid_state',
    `The journals in ${place} are being restored from ${backup}, and that is not finished. Nothing was changed. If it was broken off, finish it on ${machine} with: signalbox restore ${shellWord(backup)} --data-dir ${shellWord(dataDir)}`,
    { place, backup, machine, dataDir },
  );

/** The plan in the store, in the hands of the one process that goes by it. */
export class HeldPlan {
  readonly #storage: Storage;
  readonly #store: Store;
  readonly #office: Office;
  #plan: RestorePlan | undefined;

  private constructor(storage: Storage, store: Store, office: Office) {
    this.#storage = storage;
    this.#store = store;
    this.#office = office;
  }

  /** Makes a place for it where there is none. Throws `StoreFailure`. */
  static async hold(storage: Storage): Promise<Outcome<HeldPlan>> {
    const opened = await storage.open(planJournal, 'may');
    if (!opened.ok) return opened;
    const office = await opened.value.elect('restoring');
    if (office === undefined) {
      await opened.value.close();
      return refuse(
        'storage_busy',
        `Another process restores the journals in ${storage.place}. Nothing was changed. Wait until it has ended, and run this again${orKilled}.`,
        { place: storage.place },
      );
    }
    const held = new HeldPlan(storage, opened.value, office);
    held.#plan = await planIn(opened.value);
    return ok(held);
  }

  /** What an earlier attempt, or this one, goes by. */
  get plan(): RestorePlan | undefined {
    return this.#plan;
  }

  /** Throws `StoreFailure`. */
  async write(plan: RestorePlan): Promise<void> {
    const head = await headOf(this.#store);
    const text = JSON.stringify(plan);
    const row = { seq: head.seq + 1, batch: randomUUID(), text, chain: chainLink(head.chain, text) };
    await appendChecked(this.#store, head, [row]);
    this.#plan = plan;
  }

  /** What was begun is finished: all may work again. */
  async finish(): Promise<Outcome<true>> {
    await this.close();
    return this.#storage.remove(planJournal);
  }

  async close(): Promise<void> {
    await this.#office.resign();
    await this.#store.close();
  }
}

export const planOf = (given: Omit<RestorePlan, 'machine' | 'before'>): RestorePlan => ({
  ...given,
  machine: hostname(),
  before: [],
});
