import type { Log } from '../engine/log.ts';
import type { Cipher } from '../journal/cipher.ts';
import { removeSnapshot, writeSnapshot } from '../journal/snapshots.ts';
import type { Follower } from './follower.ts';

/** A snapshot is written after this many entries since the last one. */
const snapshotEveryEntries = 100_000;
/** When the process stops, a snapshot is worth writing from this many entries on. */
const snapshotAtEndEntries = 5_000;

export interface SnapshotsOptions {
  readonly path: string;
  readonly log: Log;
  readonly everyEntries?: number;
  readonly atEndEntries?: number;
  /** Where the snapshot in place ends; 0 when there is none. */
  readonly from: number;
  /** Without one they are plain text. */
  readonly cipher?: Cipher | undefined;
}

/** Keeps the snapshot of a workspace fresh. Elected per machine, since the cache directory is the machine's. */
export const snapshots = (options: SnapshotsOptions): Follower => ({
  name: 'snapshots',
  begin: (engine) => {
    const every = options.everyEntries ?? snapshotEveryEntries;
    let last = options.from;
    let writing: Promise<void> | undefined;
    let ended = false;
    const write = async (): Promise<void> => {
      const { erasures } = engine;
      if (erasures === undefined) return;
      const snapshot = engine.snapshot();
      last = snapshot.header.head.seq;
      try {
        await writeSnapshot(options.path, engine.areas, { ...snapshot, cipher: options.cipher });
        // What was erased meanwhile stands in it.
        if (engine.erasures !== erasures) await removeSnapshot(options.path);
      } catch (thrown) {
        options.log.warn(`the snapshot ${options.path} could not be written: ${String(thrown)}`);
      }
    };
    const look = (): void => {
      if (ended || writing !== undefined || engine.seq - last < every) return;
      writing = write().finally(() => {
        writing = undefined;
        look();
      });
    };
    const unsubscribe = engine.subscribe(look);
    look();
    return {
      standsAt: () => last,
      leisurely: true,
      end: async () => {
        ended = true;
        unsubscribe();
        await writing;
        if (engine.seq - last >= (options.atEndEntries ?? snapshotAtEndEntries)) await write();
      },
    };
  },
});
