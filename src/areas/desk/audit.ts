import { z } from 'zod';
import type { SeenEntry } from '../../kernel/area.ts';
import type { Actor, Author } from '../../kernel/entry.ts';
import { isoTime } from '../../kernel/instants.ts';
import { markOf } from '../../kernel/json.ts';
import type { Slices } from '../../kernel/slices.ts';
import { readLockName } from '../leases/model/index.ts';

/** Longer accounts are cut; the entry has all of it. */
const whatCharactersMax = 200;

/** One entry, as who asks what was done is shown it. */
export const deedShape = {
  principal: z.string(),
  kind: z.literal('agent').optional().describe('an agent called, and did not say which'),
  agent: z.string().nullable(),
  seq: z.number(),
  time: z.string(),
  session: z.string().nullable().describe('a mark that tells sessions apart, not the handle'),
  token_id: z.string().optional().describe('public id of the token that the call came with'),
  operation: z.string().describe('or the policy that did it'),
  type: z.string(),
  ref: z.string().nullable().describe('what it is about'),
  what: z.string(),
  unit: z.number().describe('first entry of the call that wrote it'),
};

const deed = z.strictObject(deedShape);

/** DE20: whoever knew the handle of a session could speak for its agent, so only a mark of it is shown. */
export const viewDeed = (seen: SeenEntry, ref = seen.refs[0]): z.infer<typeof deed> => {
  const { entry, what } = seen;
  const { agent, session, kind } = entry.actor;
  const { principal, token } = doerOf(seen);
  return {
    seq: entry.seq,
    time: isoTime(entry.time),
    principal,
    ...(kind !== undefined && { kind }),
    agent: agent ?? null,
    session: session === undefined ? null : markOf(session),
    ...(token !== undefined && { token_id: token }),
    operation: entry.cause.by,
    type: entry.type,
    ref: ref ?? null,
    what: shortened(what),
    unit: entry.cause.unit,
  };
};

export const doerOf = ({ entry, done }: SeenEntry): Pick<Author, 'principal' | 'token'> =>
  done ?? entry.actor;

/** DE25: in the hub's journal everybody may read what they did, and what was done to their own access. */
export const mayAudit = (of: Journal, { role, principal }: Actor): ((seen: SeenEntry) => boolean) =>
  of === 'workspace' || role === 'admin'
    ? () => true
    : (seen) =>
        doerOf(seen).principal === principal || (seen.area === 'access' && seen.refs.includes(principal));

type Journal = 'workspace' | 'hub';

/** Which journal is asked. */
export const ofSchema = z
  .enum(['workspace', 'hub'])
  .default('workspace')
  .meta({ title: 'hub: who got access, and who was denied it' });

/** Of what others wrote no more than a line's length, and no half of a character. */
const shortened = (what: string): string =>
  what.length <= whatCharactersMax
    ? what
    : `${what
        .slice(0, whatCharactersMax - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`;

const numbered = /^[tmp]-\d+$/i;

/** How entries may name the thing that somebody calls so. */
export const namesOf = (ref: string): ReadonlySet<string> => {
  const lock = readLockName(ref);
  return new Set([
    ref,
    ...(numbered.test(ref) ? [ref.toUpperCase()] : []),
    ...(lock.ok ? [lock.lock.text] : []),
  ]);
};

/** DE19: whether there is something that was written to single agents. */
export const hasMail = ({ messages, portals }: Pick<Slices, 'messages' | 'portals'>): boolean =>
  messages.last > 0 || portals.portals.size > 0;
