import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { type Entry, entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { portalsIntent } from '../decide/index.ts';
import type { PortalsEvent } from '../model/events.ts';
import { viewWith, withShape } from '../view.ts';
import { fitsKind, kindMessage, portalIdSchema, sendingShape, sentOf, textInput } from './fields.ts';
import { sentShape, viewSent } from './sent.ts';

const is = entryGuard<PortalsEvent>();

const recipientIn = (entries: readonly Entry[]): string | undefined => {
  for (const entry of entries)
    if (is(entry, 'portals.said') || is(entry, 'portals.requested')) return entry.data.to;
  return undefined;
};

export const portalSend = defineOperation({
  name: 'portal_send',
  journal: 'workspace',
  category: 'portals',
  summary: 'Say or ask something in a portal.',
  description:
    'Go on in a portal: say something, or with kind request ask for something that is answered exactly once, fails or expires. Its answer is told with your next call after it is there; read it with portal_read.',
  positional: 'portal',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_found', 'invalid_state', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'A message', input: { portal: 'P-1', text: 'The staging server is up again.' } },
    {
      title: 'A request that is of use for an hour',
      input: { portal: 'P-1', text: 'Please review branch login.', kind: 'request', expires_in_s: 3600 },
    },
  ],
  input: z
    .strictObject({ portal: portalIdSchema, text: textInput.meta({ title: 'what to say' }), ...sendingShape })
    .refine(fitsKind, { message: kindMessage }),
  output: z.strictObject({ portal: z.string(), ...withShape, ...sentShape }),
  toCommand: ({ portal, text, ...sending }) =>
    portalsIntent({ type: 'send', portal, ...sentOf(text, sending) }),
  answer: ({ entries }, slices, { now, input }) => {
    const to = present(recipientIn(entries), 'sending writes what was sent');
    return ok({ portal: input.portal, ...viewWith(slices, to, now), ...viewSent(entries) });
  },
});
