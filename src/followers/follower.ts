import type { Clock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../journal/store.ts';
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
  /** Among whom there is one follower: those of the journal, or those of a machine where its files are what it writes. */
  readonly elect: Store['elect'];
}

/** Stands for election until it is won, then follows until ended. */
export const runFollower = (
  engine: Engine,
  follower: Follower,
  { clock, log, elect }: RunOptions,
): Following => {
  let ended = false;
  let cancel = (): void => {};
  let term: FollowerTerm | undefined;
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
      ...begun,
      end: async () => {
        await begun.end();
        await office.resign();
      },
    };
    const lose = async (): Promise<void> => {
      if (ended) return;
      term = undefined;
      await begun.end();
      if (!ended) await stand();
    };
    void office.lost?.then(() => {
      standing = lose().catch(failed);
    });
  };
  const failed = (thrown: unknown): void =>
    log.error(`follower ${follower.name} cannot stand for election`, thrown);
  const begin = (): void => {
    standing = stand().catch(failed);
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
