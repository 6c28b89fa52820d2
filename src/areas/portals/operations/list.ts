import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { markOf } from '../../../kernel/json.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentNameSchema } from '../../agents/model.ts';
import { speakerRequired } from '../decide/commands.ts';
import { cursorCharactersMax, listDefault, listMax } from '../model/limits.ts';
import {
  type Portal,
  type PortalState,
  type PortalsSlice,
  hasNews,
  otherSide,
  portalStates,
  portalsOf,
  sideOf,
} from '../model/portal.ts';
import { portalOutput, viewPortal } from '../view.ts';

export const portalList = defineOperation({
  name: 'portal_list',
  journal: 'workspace',
  category: 'portals',
  summary: 'Your portals, what happened last first.',
  description: 'See with whom you talk, where something is new and where an answer is awaited.',
  leavesOut: {
    unless: ['state'],
    remark: 'Closed portals are listed only while something in them is new to you; --state all lists them.',
  },
  role: 'reader',
  rate: 'read',
  errors: ['session_required', 'history_changed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'Where something is new', input: { unread: true } },
    { title: 'All with one agent', input: { with: 'bob', state: 'all' } },
  ],
  input: z.strictObject({
    with: agentNameSchema.optional().meta({ title: 'only with this agent' }),
    unread: z.boolean().optional().describe('something is new to you'),
    state: z
      .enum([...portalStates, 'all'])
      .optional()
      .describe('default open, and closed with something new'),
    limit: z.int().min(1).max(listMax).default(listDefault).meta({ title: 'how many to show' }),
    cursor: z.string().max(cursorCharactersMax).optional().describe('next_cursor; same filters'),
  }),
  output: z.strictObject({
    items: z.array(portalOutput),
    total: z.number(),
    next_cursor: z.string().nullable(),
  }),
  query: ({ portals: slice }, { limit, cursor, ...filter }, { actor, history }) => {
    const { agent } = actor;
    if (agent === undefined) return speakerRequired;
    const filters = markOf({ agent, ...filter });
    const before = startOf(cursor, { history, filters });
    if (!before.ok) return before;
    const found = wanted(slice, agent, filter).toSorted((a, b) => b.updatedSeq - a.updatedSeq);
    const left = found.filter(({ updatedSeq }) => updatedSeq < before.value);
    const page = left.slice(0, limit);
    const last = page.at(-1);
    const sideIn = (portal: Portal) => present(sideOf(portal, agent), 'these are portals of the agent');
    return ok({
      items: page.map((portal) => viewPortal(slice, portal, sideIn(portal))),
      total: found.length,
      next_cursor:
        last === undefined || left.length === page.length
          ? null
          : [history, filters, last.updatedSeq].join(' '),
    });
  },
});

interface Filter {
  readonly with?: string | undefined;
  readonly unread?: boolean | undefined;
  readonly state?: PortalState['kind'] | 'all' | undefined;
}

const wanted = (slice: PortalsSlice, agent: string, filter: Filter): readonly Portal[] => {
  const { with: other, unread, state } = filter;
  const kinds = state === 'open' || state === 'closed' ? [state] : portalStates;
  return portalsOf(slice, agent, kinds).filter((portal) => {
    const side = present(sideOf(portal, agent), 'these are portals of the agent');
    const isNew = hasNews(portal[side]);
    return (
      (other === undefined || portal[otherSide(side)].agent === other) &&
      (unread === undefined || isNew === unread) &&
      (state !== undefined || isNew || portal.state.kind === 'open')
    );
  });
};

interface Asked {
  readonly history: string;
  /** The mark of the caller and the filters. */
  readonly filters: string;
}

/** PO17: the list goes on behind the portal that was shown last. */
const startOf = (cursor: string | undefined, { history, filters }: Asked): Outcome<number> => {
  if (cursor === undefined) return ok(Number.MAX_SAFE_INTEGER);
  const [of, filtered, seq, ...more] = cursor.split(' ');
  const before = Number(seq);
  if (more.length > 0 || !Number.isSafeInteger(before)) {
    return refuse(
      'invalid_input',
      'This is no cursor of portal_list. Pass next_cursor on as it came, or list without a cursor.',
    );
  }
  if (of !== history) {
    return refuse(
      'history_changed',
      'This cursor belongs to another history of the workspace. List again without a cursor.',
    );
  }
  return filtered === filters
    ? ok(before)
    : refuse(
        'invalid_input',
        'This cursor goes on with a list that had other filters. Give the same filters with it, or list again without a cursor.',
      );
};
