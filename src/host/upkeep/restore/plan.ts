import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { chainLink } from '../../../journal/chain.ts';
import { appendChecked } from '../../../journal/copying.ts';
import { headOf } from '../../../journal/rows.ts';
import type { Storage } from '../../../journal/storage.ts';
import { type Office, type Store, StoreFailure } from '../../../journal/store.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { Settings } from '../../configuration/settings.ts';
import { stores } from '../../configuration/store-keys.ts';
import { restoreCommand } from './restore-command.ts';
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
  /** What was said to keep the journals. Absent in the plans of earlier versions. */
  store: z.object({ kind: z.enum(stores), cluster: z.string() }).optional(),
  /** By the names of journals: which generation each begins. */
  generations: z.record(z.string(), z.int()),
  /** The same of the first plan that was not finished: between the two is what plans have placed that were given up. */
  begunAt: z.record(z.string(), z.int()).default({}),
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

export const notFinished = ({ place }: Pick<Storage, 'place'>, plan: RestorePlan): Refusal => {
  const { backup, machine, dataDir } = plan;
  return refuse(
    'invalid_state',
    `The journals in ${place} are being restored from ${backup}, and that is not finished. Nothing was changed. If it was broken off, ${waysOn(plan)}`,
    { place, backup, before: plan.before.at(-1)?.path ?? null, machine, dataDir },
  );
};

/** What can be done about a restore that was broken off. */
const waysOn = ({ backup, before, machine, dataDir, store }: RestorePlan): string => {
  const restoring = (path: string): string => restoreCommand(path, { dataDir, store });
  const last = before.at(-1);
  const other =
    last === undefined
      ? 'Or restore any other whole backup in its stead.'
      : `Or restore another whole backup in its stead, such as that of what was there before: ${restoring(last.path)}.`;
  return `finish it: ${restoring(backup)}. ${other} These are paths on ${machine}, where it was begun; on any machine that reaches the journals, a copy of the file does.`;
};

/** Why a restore went no further, and what that means for everybody else. */
export const brokenOff = (
  { place }: Pick<Storage, 'place'>,
  plan: RestorePlan,
  { code, message, details }: Refusal,
): Refusal =>
  refuse(
    code,
    `${message.replaceAll(/ ?\bNothing was (?:changed|restored|stored)\./g, '')} The restore is broken off half-way: every command and hub on the journals in ${place} is refused until it is finished. Once that is put right, ${waysOn(plan)}`,
    { ...details, half_restored: true },
  );

/** Where a plan lies in the store, a hub or a client has nothing to do there. */
export const restoredByAnother = ({ place }: Pick<Storage, 'place'>): Refusal =>
  refuse(
    'storage_busy',
    `The journals in ${place} are being restored, and another process has them: a restore that is running, or a hub that was not stopped. Nothing was changed. Wait until the one has ended, or stop the other, and run this again. Where a restore was killed or lost its database, its hold ends by itself within 10 s: run this again then.`,
    { place },
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
      return restoredByAnother(storage);
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

export const planOf = ({
  store: { kind, cluster },
  ...given
}: Omit<RestorePlan, 'machine' | 'before' | 'begunAt' | 'store'> & Pick<Settings, 'store'>): RestorePlan => ({
  ...given,
  store: { kind, cluster },
  begunAt: given.generations,
  machine: hostname(),
  before: [],
});
