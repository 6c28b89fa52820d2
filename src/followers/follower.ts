import type { Clock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import type { Seq } from '../kernel/entry.ts';

/** Something that follows a workspace's journal off the request path, in at most one process at a time. */
export interface Follower {
  /** The office it stands for election to. */
  readonly name: string;
  /** Begins to follow; called once per term of office. */
  readonly begin: (engine: Engine) => FollowerTerm;
}

export interface Term {
  /** Finishes what is under way. A second call does nothing. */
  readonly end: () => Promise<void>;
}

interface FollowerTerm extends Term {
  /** The last entry that it has followed. */
  readonly standsAt: () => Seq;
  /** It lets entries gather by design: that it is behind is no lag. */
  readonly leisurely?: true;
}

/** A follower at work or waiting for its election. */
export interface Following extends Term {
  readonly name: string;
  /** The term of office in this process; undefined while another process, or nobody, has the office. */
  readonly term: () => FollowerTerm | undefined;
}

const standAgainMs = 5_000;
const jitterMs = 2_000;

export interface RunOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** Stands for election until it is won, then follows until ended. */
export const runFollower = (engine: Engine, follower: Follower, { clock, log }: RunOptions): Following => {
  let ended = false;
  let cancel = (): void => {};
  let term: FollowerTerm | undefined;
  let standing: Promise<void> = Promise.resolve();
  const stand = async (): Promise<void> => {
    const office = await engine.journal.store.elect(follower.name);
    if (office === undefined) {
      if (!ended) cancel = clock.after(standAgainMs + Math.random() * jitterMs, begin);
      return;
    }
    if (ended) return office.resign();
    const begun = follower.begin(engine);
    term = {
      ...begun,
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
    name: follower.name,
    term: () => (ended ? undefined : term),
    end: async () => {
      if (ended) return;
      ended = true;
      cancel();
      await standing;
      await term?.end();
    },
  };
};
