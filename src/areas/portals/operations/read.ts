import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { type Entry, entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation, withEntries } from '../../../kernel/operation.ts';
import { partyOf } from '../decide/commands.ts';
import { portalsIntent } from '../decide/index.ts';
import type { PortalsEvent } from '../model/events.ts';
import { readDefault, readMax } from '../model/limits.ts';
import { type ItemPage, type Portal, pageBehind, pendingOf } from '../model/portal.ts';
import { itemOutput, pendingOutput, portalOutput, viewItem, viewPending, viewPortal } from '../view.ts';
import { portalIdSchema } from './fields.ts';

const is = entryGuard<PortalsEvent>();

export const portalRead = defineOperation({
  name: 'portal_read',
  journal: 'workspace',
  category: 'portals',
  summary: 'Read what is new in a portal.',
  description:
    'Read a portal: what is new to you, oldest first, and which requests wait for an answer. What is shown counts as read. since reads again from any place; 0 from the beginning.',
  positional: 'portal',
  role: 'worker',
  rate: 'read',
  errors: ['session_required', 'not_found'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'What is new', input: { portal: 'P-1' } },
    { title: 'From the beginning', input: { portal: 'P-1', since: 0, limit: 100 } },
  ],
  input: z.strictObject({
    portal: portalIdSchema,
    since: z.int().min(0).optional().describe('read_to of an earlier answer; default what you read last'),
    limit: z.int().min(1).max(readMax).default(readDefault).meta({ title: 'how many to show' }),
  }),
  output: z.strictObject({
    ...portalOutput.shape,
    items: z.array(itemOutput),
    read_to: z.number().describe('the last item shown'),
    more: z.number().describe('items that follow'),
    requests: z.array(pendingOutput).describe('those that wait for an answer'),
  }),
  toCommand: ({ portal, since, limit }) => portalsIntent({ type: 'read', portal, since, limit }),
  answer: ({ entries }, slices, { actor, input }) => {
    const party = partyOf(slices.portals, input.portal, actor.agent);
    if (!party.ok) return party;
    const { portal, side } = party.value;
    const after = input.since ?? portal[side].readSeq;
    const page = pageMarked(portal, entries) ?? pageBehind(portal, after, input.limit);
    const head = viewPortal(slices.portals, portal, side);
    const requests = pendingOf(slices.portals, portal.id).map(viewPending);
    return withEntries(
      page.items.map(({ seq }) => seq),
      (stored) =>
        ok({
          ...head,
          items: page.items.map((item, i) =>
            viewItem(portal, item, present(stored[i], 'each item has its entry')),
          ),
          read_to: page.items.at(-1)?.seq ?? after,
          more: page.more,
          requests,
        }),
    );
  },
});

/** What the entry says that was shown, so that a repeat shows the same. */
const pageMarked = ({ items }: Portal, entries: readonly Entry[]): ItemPage | undefined => {
  const [entry] = entries;
  if (entry === undefined || !is(entry, 'portals.read')) return undefined;
  const { after, upTo } = entry.data;
  return {
    items: items.filter(({ seq }) => seq > after && seq <= upTo),
    more: items.filter(({ seq }) => seq > upTo).length,
  };
};
