import { z } from 'zod';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { lineSchema } from '../../../kernel/ids.ts';
import { markOf } from '../../../kernel/json.ts';
import { type Facts, defineOperation } from '../../../kernel/operation.ts';
import { blockersOf, holdsInTheWay, last, waitsInTheWay } from '../model/conflicts.ts';
import {
  type Lease,
  type LeasesSlice,
  type Ticket,
  leasesHeldBy,
  onlyPartition,
  resolved,
} from '../model/lease.ts';
import {
  cursorCharactersMax,
  listDefault,
  listMax,
  matchCharactersMax,
  queueShownMax,
} from '../model/limits.ts';
import { itemOutput, viewItem, viewWaiter, waiterOutput } from '../view.ts';
import { branchSchema, checkWork, lockOf } from './fields.ts';
import { nameSchema } from '../model/fence.ts';
import { matches } from './matching.ts';

export const lockList = defineOperation({
  name: 'lock_list',
  journal: 'workspace',
  category: 'leases',
  summary: 'Who holds and who waits for which locks; one name checks it.',
  description: 'See holders and queue. With name: whether it is free, and what is in its way.',
  short: { omits: ['branch', 'cursor', 'limit'], adds: 'Also takes branch, limit, cursor.' },
  positional: 'name',
  forPrograms: ['token', 'count', 'expires_at', 'mine', 'tier', 'items.since', 'until'],
  role: 'reader',
  rate: 'read',
  errors: ['session_required', 'history_changed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'All locks', input: {} },
    { title: 'Is it free', input: { name: 'wave:5c' } },
    { title: 'All of a wave', input: { match: 'wave:5c*' } },
  ],
  input: z
    .strictObject({
      name: nameSchema.optional(),
      match: lineSchema('A pattern', matchCharactersMax).optional().describe('wave:5c*'),
      mine: z.boolean().optional().meta({ title: 'only yours' }),
      limit: z.int().min(1).max(listMax).default(listDefault).meta({ title: 'how many to show' }),
      cursor: z.string().max(cursorCharactersMax).optional().describe('next_cursor; same filters'),
      branch: branchSchema,
    })
    .superRefine(checkWork),
  output: z.strictObject({
    free: z.boolean().optional().describe('you could have the name exclusively'),
    items: z.array(itemOutput),
    queue: z.array(waiterOutput).describe(`the first ${queueShownMax}, in their order`),
    queue_length: z.number(),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  query: ({ leases, agents }, { name, branch, match, mine, limit, cursor }, facts) => {
    const lock = name === undefined ? undefined : resolved(leases, lockOf({ name, branch }));
    if (mine === true && facts.actor.agent === undefined) {
      return refuse(
        'session_required',
        'It is not clear whose locks are yours. Call start first, or name the agent.',
      );
    }
    const wanted: Wanted = { lock, match: match?.toLowerCase(), mine: mine === true };
    const filters = markOf(wanted);
    const after = startOf(cursor, { history: facts.history, filters });
    if (!after.ok) return after;
    const found = heldAs(leases, wanted, facts);
    const shown = found.filter(({ number }) => number > after.value).slice(0, limit);
    const end = shown.at(-1)?.number;
    const more = end !== undefined && end !== found.at(-1)?.number;
    const queue = waitingAs(leases, wanted, facts);
    return ok({
      ...(lock !== undefined && { free: isFree(leases, lock, facts) }),
      items: shown.map((lease) => viewItem({ agents, facts }, lease)),
      queue: queue.slice(0, queueShownMax).map(viewWaiter),
      queue_length: queue.length,
      total: found.length,
      next_cursor: more ? [facts.history, filters, end].join(' ') : null,
    });
  },
});

interface Wanted {
  readonly lock: string | undefined;
  readonly match: string | undefined;
  readonly mine: boolean;
}

const isFree = (leases: LeasesSlice, lock: string, { actor }: Facts): boolean => {
  const claim = { lock, mode: 'exclusive' } as const;
  const [blocker] = blockersOf(leases, claim, { session: actor.session ?? '', before: last });
  return blocker === undefined;
};

const isMine = ({ actor }: Facts, one: { readonly session: string }, agent: string): boolean =>
  actor.session === undefined ? agent === actor.agent : one.session === actor.session;

/** A resource may be written with its kind or without. */
const isCalled = (match: string, lock: string): boolean =>
  matches(match, lock.toLowerCase()) || (!lock.includes(':') && matches(match, `resource:${lock}`));

/** The holds that a list is about, oldest first. */
const heldAs = (leases: LeasesSlice, { lock, match, mine }: Wanted, facts: Facts): readonly Lease[] => {
  const all =
    lock !== undefined
      ? [...holdsInTheWay(leases, { lock, mode: 'exclusive' }, undefined)].toSorted(
          (a, b) => a.number - b.number,
        )
      : mine
        ? leasesHeldBy(leases, facts.actor.agent ?? '')
        : [...leases.leases.scan('all', onlyPartition)];
  return all.filter(
    (lease) =>
      (!mine || isMine(facts, lease, lease.holder)) && (match === undefined || isCalled(match, lease.lock)),
  );
};

/** The requests that wait for it, in the order in which they came. */
const waitingAs = (leases: LeasesSlice, { lock, match, mine }: Wanted, facts: Facts): readonly Ticket[] => {
  let all: Iterable<Ticket> = leases.tickets.scan('all', onlyPartition);
  if (lock !== undefined) {
    const claim = { lock, mode: 'exclusive' } as const;
    const seqs = new Set<number>();
    for (const { ticket } of waitsInTheWay(leases, claim, { session: undefined, before: last }))
      seqs.add(ticket);
    all = [...seqs].toSorted((a, b) => a - b).flatMap((seq) => leases.tickets.get(String(seq)) ?? []);
  }
  return [...all].filter(
    (ticket) =>
      (!mine || isMine(facts, ticket, ticket.agent)) &&
      (match === undefined || ticket.claims.some(({ lock: claimed }) => isCalled(match, claimed))),
  );
};

/** LE46: a cursor names its history, the filters, and the number of the last hold shown. */
const startOf = (
  cursor: string | undefined,
  { history, filters }: { readonly history: string; readonly filters: string },
): Outcome<number> => {
  if (cursor === undefined) return ok(0);
  const [of, filtered, number, ...more] = cursor.split(' ');
  if (number === undefined || more.length > 0 || Number.isNaN(Number(number))) {
    return refuse(
      'invalid_input',
      'This is no cursor of lock_list. Pass next_cursor on as it came, or list without a cursor.',
    );
  }
  if (of !== history) {
    return refuse(
      'history_changed',
      'This cursor belongs to another history of the workspace. List again without a cursor.',
    );
  }
  return filtered === filters
    ? ok(Number(number))
    : refuse(
        'invalid_input',
        'This cursor goes on with a list that had other filters. Give the same filters with it, or list again without a cursor.',
      );
};
