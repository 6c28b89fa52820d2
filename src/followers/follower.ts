import type { Clock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../journal/store.ts';

/** Something that follows a workspace's journal off the request path, in at most one process at a time. */
export interface Follower {
  /** The office it stands for election to. */
  readonly name: string;
  /** Begins to follow; called once per term of office. */
  readonly begin: (engine: Engine) => Term;
}

export interface Term {
  /** Finishes what is under way. A second call does nothing. */
  readonly end: () => Promise<void>;
}

const standAgainMs = 5_000;
const jitterMs = 2_000;

export interface RunOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Among whom there is one follower: those of the journal, or those of a machine where its files are what it writes. */
  readonly elect: Store['elect'];
}

/** Stands for election until it is won, then follows until ended. */
export const runFollower = (engine: Engine, follower: Follower, { clock, log, elect }: RunOptions): Term => {
  let ended = false;
  let cancel = (): void => {};
  let term: Term | undefined;
  let standing: Promise<void> = Promise.resolve();
  const stand = async (): Promise<void> => {
    const office = await elect(follower.name);
    if (office === undefined) {
      if (!ended) cancel = clock.after(standAgainMs + Math.random() * jitterMs, begin);
      return;
    }
    if (ended) return office.resign();
    const begun = follower.begin(engine);
    term = {
      end: async () => {
        await begun.end();
        await office.resign();
      },
    };
  };
  const begin = (): void => {
    standing = stand().catch((thrown: unknown) =>
      log.error(`follower ${follower.name} cannot stand for election`, thrown),
    );
  };
  begin();
  return {
    end: async () => {
      if (ended) return;
      ended = true;
      cancel();
      await standing;
      await term?.end();
    },
  };
};
