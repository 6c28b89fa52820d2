import type { Follower } from '../followers/follower.ts';
import { type Storage, hubJournal } from '../journal/storage.ts';
import type { Office, Store } from '../journal/store.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';

/** Held, on each journal that they have open, by one of the processes that stay, wherever they run. */
export const atWorkOffice = 'at-work';

/** Follows nothing: that it has its office says that somebody is at work. */
export const atWork: Follower = {
  name: atWorkOffice,
  begin: ({ journal }) => ({ standsAt: () => journal.head.seq, end: async () => {} }),
};

/** Journals that no process is at work on, for as long as it is held. */
export type Alone = Pick<Office, 'resign'>;

const nobodyWorks = ok<Alone>({ resign: async () => {} });

/** Where offices have terms, one outlives its holder. */
const orKilled = '; or, where one was killed less than 10 s ago, try again then';

/** Has the journals of a place alone; refuses while a hub or a client is at work on them, on whichever machine. */
const haveAlone = async (storage: Storage, taken: Refusal): Promise<Outcome<Alone>> => {
  const begun = await storage.wasBegun(hubJournal);
  if (!begun.ok) return begun;
  if (!begun.value) return nobodyWorks;
  const hub = await storage.open(hubJournal, 'must-exist');
  // Nobody works on a list of workspaces that is damaged or lost.
  if (!hub.ok) return hub.code === 'journal_corrupt' || hub.code === 'journal_missing' ? nobodyWorks : hub;
  return heldOn(hub.value, taken);
};

const heldOn = async (hub: Store, taken: Refusal): Promise<Outcome<Alone>> => {
  const office = await hub.elect(atWorkOffice);
  let isOver = false;
  if (office !== undefined)
    return ok({
      resign: async () => {
        if (isOver) return;
        isOver = true;
        await office.resign();
        await hub.close();
      },
    });
  await hub.close();
  return taken;
};

const worksThere = ({ place }: Storage): Refusal =>
  refuse(
    'storage_busy',
    `A hub, a client (signalbox serve, or signalbox mcp of an agent) or another command like this one is at work on the journals in ${place}, here or on another machine. Nothing was changed. Stop them all, and run this again${orKilled}.`,
    { place },
  );

/** Does what nobody may be at work beside. `taken`: what is said where somebody is. */
export const whileAlone = async <T>(
  storage: Storage,
  work: (alone: Alone) => Promise<Outcome<T>>,
  taken: Refusal = worksThere(storage),
): Promise<Outcome<T>> => {
  const alone = await haveAlone(storage, taken);
  if (!alone.ok) return alone;
  try {
    return await work(alone.value);
  } finally {
    await alone.value.resign();
  }
};
