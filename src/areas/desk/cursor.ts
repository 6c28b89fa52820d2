import type { Seq } from '../../kernel/entry.ts';
import type { History } from '../../kernel/operation.ts';

/** What is waited for, in parts that can be waited for apart: messages themselves, and events by what they are about. */
const tracks = ['mail', 'message', 'task', 'lock', 'portal'] as const;

export type Track = (typeof tracks)[number];

/** DE12: up to which entry everything on each track has been told. */
export type Places = Readonly<Record<Track, Seq>>;

const letters = { mail: 'm', message: 'n', task: 't', lock: 'l', portal: 'p' } as const;

export const cursorPattern = /^[A-Za-z0-9-]+\.\d+\.\d{1,16}(?:\.[mntlp]\d{1,16}){0,5}\.a[0-9a-z]{1,7}$/;
export const cursorCharactersMax = 200;

export const placesOf = (place: (track: Track) => Seq): Places => ({
  mail: place('mail'),
  message: place('message'),
  task: place('task'),
  lock: place('lock'),
  portal: place('portal'),
});

/**
 * `<history>.<place of all>`, behind that `.<letter><place>` of each track that is further on, and last `.a<tag>` of
 * the agent: what a cursor says to have arrived counts as read, which another agent's must not bring about.
 */
export const cursorOf = (history: string, places: Places, agent: string): string => {
  const base = Math.min(...Object.values(places));
  const ahead = tracks.filter((track) => places[track] > base);
  return [history, base, ...ahead.map((track) => `${letters[track]}${places[track]}`), tagOf(agent)].join(
    '.',
  );
};

const tagRadix = 36;

/** Tells agents apart that do not mean to be taken for each other. FNV-1a, 32 bits. */
const tagOf = (agent: string): string => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < agent.length; i += 1) hash = Math.imul(hash ^ agent.charCodeAt(i), 0x01000193);
  return `a${(hash >>> 0).toString(tagRadix)}`;
};

/** Whether a cursor was given to this agent. */
export const isCursorOf = (cursor: string, agent: string): boolean => cursor.endsWith(`.${tagOf(agent)}`);

/** DE13: where a cursor leads; undefined when it is of another history, or of one that went on from here elsewhere. */
export const placesIn = (cursor: string, { history, head }: History): Places | undefined => {
  if (!cursor.startsWith(`${history}.`)) return undefined;
  const [base, ...ahead] = cursor.slice(history.length + 1).split('.');
  const places = placesOf((track) => {
    const own = ahead.find((one) => one.startsWith(letters[track]));
    return Number(own?.slice(1) ?? base);
  });
  return Math.max(...Object.values(places)) <= head ? places : undefined;
};
