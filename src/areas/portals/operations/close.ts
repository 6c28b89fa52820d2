import { z } from 'zod';
import { type Entry, entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { portalsIntent } from '../decide/index.ts';
import type { PortalsEvent } from '../model/events.ts';
import { portalIdSchema, reasonSchema } from './fields.ts';

const is = entryGuard<PortalsEvent>();

export const portalClose = defineOperation({
  name: 'portal_close',
  journal: 'workspace',
  category: 'portals',
  summary: 'End a portal; what is unanswered in it fails.',
  description:
    'End a conversation for both sides. Requests that wait for an answer fail. It can still be read. Does not undo anything that was agreed in it.',
  positional: 'portal',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_found', 'invalid_state'],
  destructive: true,
  idempotent: false,
  examples: [{ title: 'Because all is said', input: { portal: 'P-1', reason: 'Answered, thank you.' } }],
  input: z.strictObject({ portal: portalIdSchema, reason: reasonSchema.optional().meta({ title: 'why' }) }),
  output: z.strictObject({
    portal: z.string(),
    failed: z.array(z.number()).describe('the requests that were unanswered'),
  }),
  toCommand: ({ portal, reason }) => portalsIntent({ type: 'close', portal, reason }),
  answer: ({ entries }, _slices, { input: { portal } }) => ok({ portal, failed: failedIn(entries) }),
});

const failedIn = (entries: readonly Entry[]): number[] =>
  entries.flatMap((entry) => (is(entry, 'portals.closed') ? [...(entry.data.fails ?? [])] : []));
