import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentNameSchema } from '../../agents/model.ts';
import { portalsIntent } from '../decide/index.ts';
import type { PortalsEvent } from '../model/events.ts';
import { viewWith, withShape } from '../view.ts';
import { aboutSchema, fitsKind, kindMessage, sendingShape, sentOf, textInput } from './fields.ts';
import { sentShape, viewSent } from './sent.ts';

const is = entryGuard<PortalsEvent>();

export const portalOpen = defineOperation({
  name: 'portal_open',
  journal: 'workspace',
  category: 'portals',
  summary: 'Open a conversation with another agent, with requests and answers.',
  description:
    'Talk with one agent, back and forth: opens a portal (P-<n>) with it, if you like with a first message or request. Several can be open at once. It is told with its next call, also when it is not here now.',
  positional: 'with',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'agent_unknown', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    {
      title: 'With a question',
      input: { with: 'bob', text: 'Which port does the API use?', kind: 'request' },
    },
    { title: 'Only open it', input: { with: 'bob', about: 'the release on Friday' } },
  ],
  input: z
    .strictObject({
      with: agentNameSchema,
      about: aboutSchema.optional().meta({ title: 'what it is about' }),
      text: textInput.optional().describe('the first thing said in it'),
      ...sendingShape,
    })
    .refine(({ text, kind }) => text !== undefined || kind === undefined, {
      message: 'kind is that of a text; give one, or leave kind out',
    })
    .refine(fitsKind, { message: kindMessage }),
  output: z.strictObject({ portal: z.string(), ...withShape, ...sentShape }),
  toCommand: ({ with: other, about, text, ...sending }) =>
    portalsIntent({
      type: 'open',
      with: other,
      about,
      first: text === undefined ? undefined : sentOf(text, sending),
    }),
  answer: ({ entries }, slices, { now }) => {
    const entry = present(
      entries.find((one) => is(one, 'portals.opened')),
      'opening a portal writes that it was opened',
    );
    const { portal, to } = entry.data;
    return ok({ portal, ...viewWith(slices, to, now), ...viewSent(entries) });
  },
});
