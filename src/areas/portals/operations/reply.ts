import { z } from 'zod';
import { type Entry, entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import type { Reply } from '../decide/commands.ts';
import { portalsIntent } from '../decide/index.ts';
import type { PortalsEvent } from '../model/events.ts';
import { portalIdSchema, requestSchema, textInput } from './fields.ts';

const is = entryGuard<PortalsEvent>();

const outputSchema = z.strictObject({
  portal: z.string(),
  request: z.number(),
  status: z.enum(['accepted', 'result', 'failure']),
  seq: z.number().optional().describe('the item of the reply'),
});

export const portalReply = defineOperation({
  name: 'portal_reply',
  journal: 'workspace',
  category: 'portals',
  summary: 'Accept a request of a portal, or answer it once.',
  description:
    'Answer what you were asked in a portal: accept says that you work on it, result or failure ends it. A request is answered exactly once; a second answer is refused.',
  positional: 'portal',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'not_found', 'forbidden', 'invalid_state'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'Say that you work on it', input: { portal: 'P-1', request: 1, accept: true } },
    { title: 'Answer it', input: { portal: 'P-1', request: 1, result: 'It is port 8443.' } },
    {
      title: 'Say why there is no answer',
      input: { portal: 'P-1', request: 2, failure: 'I may not see it.' },
    },
  ],
  input: z
    .strictObject({
      portal: portalIdSchema,
      request: requestSchema.meta({ title: 'number of the request' }),
      accept: z.literal(true).optional().describe('you work on it'),
      result: textInput.optional().describe('the answer'),
      failure: textInput.optional().describe('why there is none'),
    })
    .refine(
      ({ accept, result, failure }) =>
        [accept, result, failure].filter((value) => value !== undefined).length === 1,
      { message: 'give one of accept, result and failure' },
    ),
  output: outputSchema,
  toCommand: ({ portal, request, result, failure }) =>
    portalsIntent({ type: 'reply', portal, request, reply: replyOf(result, failure) }),
  answer: ({ entries }, _slices, { input: { portal, request } }) =>
    ok({ portal, request, ...outcomeOf(entries) }),
});

const replyOf = (result: string | undefined, failure: string | undefined): Reply => {
  if (result !== undefined) return { kind: 'result', text: result };
  return failure === undefined ? { kind: 'accept' } : { kind: 'failure', text: failure };
};

/** What was accepted before is no event. */
const outcomeOf = (
  entries: readonly Entry[],
): Pick<z.infer<typeof outputSchema>, 'status'> & { readonly seq?: number } => {
  for (const entry of entries) {
    if (is(entry, 'portals.answered')) return { status: entry.data.outcome, seq: entry.seq };
    if (is(entry, 'portals.accepted')) return { status: 'accepted', seq: entry.seq };
  }
  return { status: 'accepted' };
};
