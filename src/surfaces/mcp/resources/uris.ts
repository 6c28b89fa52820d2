import { namePattern } from '../../../kernel/names.ts';

export const statusUri = 'signalbox://status';
export const boardUri = 'signalbox://board';
export const agentsUri = 'signalbox://agents';
export const inboxUri = 'signalbox://inbox';
export const waitingUri = 'signalbox://waiting';
export const taskTemplate = 'signalbox://task/{id}';

const taskPrefix = 'signalbox://task/';

/** What a URI names. Whether a task of that id exists is for the hub to say. */
export type Named =
  | { readonly kind: 'status' | 'board' | 'agents' | 'inbox' | 'waiting' }
  | { readonly kind: 'task'; readonly id: string };

const fixed: ReadonlyMap<string, Named> = new Map([
  [statusUri, { kind: 'status' }],
  [boardUri, { kind: 'board' }],
  [agentsUri, { kind: 'agents' }],
  [inboxUri, { kind: 'inbox' }],
  [waitingUri, { kind: 'waiting' }],
]);

/** Longer than any URI of ours. */
export const uriCharactersMax = 500;

/** What this URI names, or undefined. It is compared as text and never resolved: dots and slashes lead nowhere. */
export const namedBy = (uri: string): Named | undefined => {
  if (uri.length > uriCharactersMax) return undefined;
  if (!uri.startsWith(taskPrefix)) return fixed.get(uri);
  const id = decoded(uri.slice(taskPrefix.length));
  return id === undefined || id === '' ? undefined : { kind: 'task', id };
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
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
  return parts.length <= 2 && parts.every((part) => namePattern.test(part) && !part.includes('..'));
};

/** Whether changes under this URI can be told: it is written as changes are told. */
export const isFollowable = (uri: string): boolean => {
  const named = namedBy(uri);
  return named !== undefined && (named.kind !== 'task' || isFollowableTask(named.id, uri));
};

const isFollowableTask = (id: string, uri: string): boolean => isTaskId(id) && taskUris(id).includes(uri);
