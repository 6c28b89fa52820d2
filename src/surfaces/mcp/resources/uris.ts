import { isName } from '../../../kernel/names.ts';

export const statusUri = 'signalbox://status';
export const boardUri = 'signalbox://board';
export const agentsUri = 'signalbox://agents';
export const inboxUri = 'signalbox://inbox';
export const waitingUri = 'signalbox://waiting';
export const locksUri = 'signalbox://locks';
export const taskTemplate = 'signalbox://task/{id}';
export const lockTemplate = 'signalbox://lock/{name}';

const taskPrefix = 'signalbox://task/';
const lockPrefix = 'signalbox://lock/';

/** What a URI names. Whether a task of that id exists, and whether a lock can be called so, is for the hub to say. */
export type Named =
  | { readonly kind: 'status' | 'board' | 'agents' | 'inbox' | 'waiting' | 'locks' }
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'lock'; readonly name: string };

const fixed: ReadonlyMap<string, Named> = new Map([
  [statusUri, { kind: 'status' }],
  [boardUri, { kind: 'board' }],
  [agentsUri, { kind: 'agents' }],
  [inboxUri, { kind: 'inbox' }],
  [waitingUri, { kind: 'waiting' }],
  [locksUri, { kind: 'locks' }],
]);

/** Longer than any URI of ours: the 320 characters of a lock may take nine each. */
export const uriCharactersMax = 3_000;

/** What this URI names, or undefined. It is compared as text and never resolved: dots and slashes lead nowhere. */
export const namedBy = (uri: string): Named | undefined => {
  if (uri.length > uriCharactersMax) return undefined;
  const id = restOf(uri, taskPrefix);
  if (id !== undefined) return { kind: 'task', id };
  const name = restOf(uri, lockPrefix);
  return name === undefined ? fixed.get(uri) : { kind: 'lock', name };
};

/** What stands behind the prefix, decoded; undefined when that is nothing, or another prefix is there. */
const restOf = (uri: string, prefix: string): string | undefined => {
  if (!uri.startsWith(prefix)) return undefined;
  try {
    return decodeURIComponent(uri.slice(prefix.length)) || undefined;
  } catch {
    return undefined;
  }
};

/**
 * The ways in which the URI of a task is written: the template encodes the slash of `project/slug`, people do not; and
 * `T-12` is named in either case.
 */
export const taskUris = (id: string): readonly string[] => {
  if (id.includes('/')) return [`${taskPrefix}${encodeURIComponent(id)}`, `${taskPrefix}${id}`];
  const uri = `${taskPrefix}${id}`;
  return numberedPattern.test(id) ? [uri, `${taskPrefix}${id.toLowerCase()}`] : [uri];
};

const numberedPattern = /^T-\d+$/;

/** A slug, or one behind its project; no path can be made of either. */
const isTaskId = (id: string): boolean => {
  const parts = id.split('/');
  return parts.length <= 2 && parts.every(isName);
};

/** Whether changes under this URI can be told: it is written as changes are told. */
export const isFollowable = (uri: string): boolean => {
  const named = namedBy(uri);
  if (named?.kind === 'task') return isFollowableTask(named.id, uri);
  if (named?.kind === 'lock') return uri === `${lockPrefix}${encodeURIComponent(named.name)}`;
  return named !== undefined;
};

/** Whether a change of any lock may change what this URI shows: a name may be a pattern, or stand for another. */
export const isLock = (uri: string): boolean => uri === locksUri || uri.startsWith(lockPrefix);

const isFollowableTask = (id: string, uri: string): boolean => isTaskId(id) && taskUris(id).includes(uri);
