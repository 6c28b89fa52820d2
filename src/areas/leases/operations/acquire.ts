import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { type Entry, type EntryOf, entryGuard } from '../../../kernel/entry.ts';
import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { type Instant, secondMs } from '../../../kernel/instants.ts';
import { type Answer, type Facts, defineOperation, withEntries } from '../../../kernel/operation.ts';
import type { Slices } from '../../../kernel/slices.ts';
import type { Done, Place } from '../../../kernel/waiting.ts';
import { ticketKey } from '../concerns.ts';
import { firstBlocked } from '../decide/acquire.ts';
import { refuseCircle } from '../decide/deadlock.ts';
import { leasesIntent } from '../decide/index.ts';
import { lockHeld } from '../decide/refusals.ts';
import type { LeasesEvent } from '../model/events.ts';
import { blockersOf, isLease } from '../model/conflicts.ts';
import { expiryOf } from '../model/expiry.ts';
import { type Ticket, leaseOf, offerKey, refusalOf } from '../model/lease.ts';
import { blockersForDueMax, waitMsMax } from '../model/limits.ts';
import { isRole } from '../model/names.ts';
import { lockOutput, viewLock } from '../view.ts';
import {
  branchSchema,
  checkGlobs,
  checkWork,
  delaySchema,
  locksOf,
  modeSchema,
  namesSchema,
  purposeSchema,
  ttlOf,
  ttlSchema,
} from './fields.ts';

const is = entryGuard<LeasesEvent>();

type Asked = EntryOf<Extract<LeasesEvent, { readonly type: 'leases.acquired' | 'leases.queued' }>>;

const isAsked = (entry: Entry): entry is Asked => is(entry, 'leases.acquired') || is(entry, 'leases.queued');

const askedIn = ({ entries }: Done): Asked =>
  present(entries.find(isAsked), 'a lock that is acquired is granted or waited for');

/**
 * When time alone may bring a request its turn: nothing but leases is in its way, and the last of them ends then. When
 * there are very many, it is when the first of these have ended, and then it is found anew.
 */
const dueFor = ({ leases, agents }: Slices, { claims, session, seq }: Ticket): Instant | undefined => {
  let due: Instant | undefined;
  let looked = 0;
  for (const claim of claims) {
    for (const blocker of blockersOf(leases, claim, { session, before: seq })) {
      looked += 1;
      if (looked > blockersForDueMax) return due;
      const at = isLease(blocker) ? expiryOf(agents, blocker) : undefined;
      if (at === undefined) return undefined;
      due = Math.max(due ?? 0, at);
    }
  }
  return due;
};

const placeOf = (done: Done, slices: Slices): Place | undefined => {
  const { leases } = slices;
  const { type, seq: ticket, data } = askedIn(done);
  if (type === 'leases.acquired') return undefined;
  const waiting = leases.tickets.get(String(ticket));
  const inQueue = { key: ticketKey(ticket), leave: leasesIntent({ type: 'leave', ticket }) };
  if (waiting !== undefined)
    return { ...inQueue, kind: 'queued', until: waiting.until, dueAt: dueFor(slices, waiting) };
  const [claim] = data.claims;
  return claim !== undefined && leases.leases.get(offerKey(ticket, claim.lock)) !== undefined
    ? { ...inQueue, kind: 'called', take: leasesIntent({ type: 'take', ticket }) }
    : undefined;
};

/** LE26: why a request that waited does so no longer, if it was taken out of a circle. */
const circleOf = (done: Done, { leases }: Slices): Answer<never> | undefined => {
  const { seq: ticket, data } = askedIn(done);
  const refused = refusalOf(leases, data.agent, ticket);
  if (refused === undefined) return undefined;
  return withEntries([refused], (entries) => {
    const entry = entries.find((one) => is(one, 'leases.refused'));
    return refuseCircle(present(entry, 'it is remembered by its entry').data.circle, 'taken out');
  });
};

/** Why what was asked for is not there: it was not free in time, or is gone again, as a repeat finds out. */
const gone = (done: Done, { leases, agents }: Slices, { now, actor }: Facts): Refusal => {
  const asked = askedIn(done);
  const { claims, session } = asked.data;
  const names = claims.map(({ lock }) => lock).join(', ');
  const yard = { leases, agents, context: { now, actor } };
  const blocked = firstBlocked(yard, claims, session);
  // What was picked up and is gone is not granted a second time to a repeat.
  const next = done.replayed
    ? 'Acquire it again, in a call of its own, with wait_ms to queue for it.'
    : undefined;
  if (asked.type === 'leases.queued' && blocked !== undefined)
    return lockHeld(yard, { ...blocked, ...(next !== undefined && { next }) });
  return asked.type === 'leases.queued'
    ? refuse(
        'held',
        `The wait for ${names} has ended, and you do not hold it. ${next ?? 'Acquire it again.'}`,
        { lock: claims[0]?.lock },
      )
    : refuse(
        'not_holder',
        `${names} was granted to you with token ${asked.seq}, and you do not hold it any more. Acquire it again, in a call of its own.`,
        { lock: claims[0]?.lock, token: asked.seq },
      );
};

export const lockAcquire = defineOperation({
  name: 'lock_acquire',
  journal: 'workspace',
  category: 'leases',
  summary: 'Hold names such as issue:42, wave:5c, pytest or file:src/**, so that nobody else does.',
  description:
    'Lock what you work on: issue:42, wave:5c (all of it), wave:5c.1, pytest, file:src/**, work (from branch). All names or none. Again = renew; release as often.',
  short: { omits: ['delay_s'], adds: 'Also takes delay_s.' },
  positional: 'name',
  forPrograms: ['count', 'expires_at'],
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'held', 'deadlock', 'not_holder', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'One lock', input: { name: 'pytest', purpose: 'The whole suite' } },
    { title: 'Several, and wait for them', input: { name: ['wave:5c.1', 'file:src/**'], wait_ms: 60_000 } },
    {
      title: 'What the branch is about',
      input: { name: 'work', branch: 'feature/issue-42', ttl: 'session' },
    },
  ],
  input: z
    .strictObject({
      name: namesSchema,
      mode: modeSchema.optional().describe('default exclusive'),
      ttl: ttlSchema.optional().describe('seconds or session; default 300'),
      wait_ms: z.int().min(0).max(waitMsMax).optional().describe('queue if it is held'),
      purpose: purposeSchema.optional().meta({ title: 'what for, shown to those who wait' }),
      branch: branchSchema,
      delay_s: delaySchema.optional().describe('closed for so long after you have lost it; default 0'),
    })
    .superRefine(checkWork)
    .superRefine(checkGlobs),
  output: z.strictObject({ locks: z.array(lockOutput) }),
  toCommand: ({ name, branch, mode, ttl, wait_ms, purpose, delay_s }) => {
    const names = locksOf({ name, branch });
    return leasesIntent({
      type: 'acquire',
      names,
      mode: mode ?? 'exclusive',
      // LE52: mail to a role is for whoever has it, and nobody renews what they are.
      ttl: ttlOf(ttl) ?? (names.every(isRole) ? 'session' : undefined),
      waitMs: wait_ms ?? 0,
      delayMs: (delay_s ?? 0) * secondMs,
      purpose,
    });
  },
  turn: { limitMs: ({ wait_ms }) => wait_ms ?? 0, place: placeOf },
  answer: (done, slices, facts) => {
    const asked = askedIn(done);
    const { claims, session } = asked.data;
    const held = claims.flatMap(({ lock }) => leaseOf(slices.leases, session, lock) ?? []);
    return held.length === claims.length && held.every(({ state }) => state.kind === 'held')
      ? ok({ locks: held.map((lease) => viewLock({ agents: slices.agents, facts }, lease)) })
      : (circleOf(done, slices) ?? gone(done, slices, facts));
  },
});
