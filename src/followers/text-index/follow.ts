import type { Clock } from '../../engine/clock.ts';
import type { Log } from '../../engine/log.ts';
import type { Follower } from '../follower.ts';
import type { TextIndex } from './text-index.ts';

/** How long new entries may be missing in the index while nobody searches: many are written at once, and at leisure. */
const followDelayMs = 1_000;

export interface FollowOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps an index up to date, so that a search finds little to add. Elected per machine, whose cache it is in. */
export const followText = (index: TextIndex, { clock, log }: FollowOptions): Follower => ({
  name: 'text-index',
  begin: (engine) => {
    let ended = false;
    let cancel: (() => void) | undefined;
    let running: Promise<void> = Promise.resolve();
    let failed = false;
    const run = async (): Promise<void> => {
      const refusal = await index.catchUp(engine.journal, engine.journal.head.seq);
      if (refusal !== undefined && !failed && !ended) log.warn(refusal.message);
      failed = refusal !== undefined;
    };
    const soon = (): void => {
      if (ended || cancel !== undefined) return;
      cancel = clock.after(followDelayMs, () => {
        running = run().finally(() => {
          cancel = undefined;
          if (!failed && engine.journal.head.seq > index.standsAt) soon();
        });
      });
    };
    index.gather([], engine.journal.head);
    const unsubscribe = engine.subscribe((entries) => {
      index.gather(entries, engine.journal.head);
      soon();
    });
    soon();
    return {
      standsAt: () => index.standsAt,
      end: async () => {
        ended = true;
        unsubscribe();
        cancel?.();
        await running;
      },
    };
  },
});
