import type { Cipher } from '../journal/cipher.ts';
import { type Snapshot, readSnapshot } from '../journal/snapshots.ts';
import { type Store, StoreFailure } from '../journal/store.ts';
import type { Area } from '../kernel/area.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Log } from './log.ts';

export interface RestoreOptions {
  readonly path: string;
  readonly store: Store;
  readonly areas: readonly Area[];
  readonly initial: Slices;
  readonly log: Log;
  readonly cipher?: Cipher | undefined;
}

/**
 * The snapshot to begin with, if it fits this journal. One that is ahead of the journal proves that entries which were
 * durable are gone: that is damage, not a reason to fold from the start.
 */
export const restore = async ({
  path,
  store,
  areas,
  initial,
  log,
  cipher,
}: RestoreOptions): Promise<Outcome<Snapshot | undefined>> => {
  const found = await readSnapshot(path, areas, { initial, identity: store.identity, cipher });
  if ('unusable' in found) {
    log.info(`no snapshot is used (${found.unusable}); folding the whole journal`);
    return ok(undefined);
  }
  const { seq, chain } = found.header.head;
  try {
    const head = await store.head();
    if (head < seq) {
      return refuse(
        'journal_corrupt',
        `The journal ends at entry ${head}, but entry ${seq} was stored before. Nothing was changed. Restore the latest backup; to go on without the lost entries, delete ${path}.`,
        { head, known: seq },
      );
    }
    if (seq > 0 && (await store.readAt([seq]))[0]?.chain !== chain) {
      return refuse(
        'journal_corrupt',
        `Entry ${seq} of the journal is not the one that was stored before. Nothing was changed. Restore the latest backup; to accept this journal, delete ${path}.`,
        { seq },
      );
    }
  } catch (failure) {
    if (failure instanceof StoreFailure) return failure.refusal;
    throw failure;
  }
  return ok(found);
};
