import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation, withEntries } from '../../../kernel/operation.ts';
import { unknownMessage, unknownToNobody } from '../decide/addresses.ts';
import { deliveriesNamedMax } from '../model/limits.ts';
import { messageAt } from '../model/message.ts';
import { messageShape, sentIn, viewSent } from '../model/reading.ts';
import { countStates, deliveryStates, statesOf } from '../view.ts';
import { messageIdSchema, seqOf } from './fields.ts';

const stateSchema = z.enum(deliveryStates);

export const messageGet = defineOperation({
  name: 'message_get',
  journal: 'workspace',
  category: 'messages',
  summary: 'One message, and what became of it.',
  description:
    'Read a message that you sent or got, and how far it has come with each recipient: stored, offered (a hint told of it), surfaced (an answer carried it), acknowledged or expired.',
  positional: 'id',
  role: 'reader',
  rate: 'read',
  errors: ['not_found'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'Whether it has been read', input: { id: 'M-12' } }],
  input: z.strictObject({ id: messageIdSchema }),
  output: z.strictObject({
    ...messageShape,
    deliveries: z
      .array(z.strictObject({ agent: z.string(), state: stateSchema, at: z.string() }))
      .optional()
      .describe(`up to ${deliveriesNamedMax}; not for old messages that nobody waits for any more`),
    states: z
      .strictObject({
        stored: z.number(),
        offered: z.number(),
        surfaced: z.number(),
        acknowledged: z.number(),
        expired: z.number(),
      })
      .optional()
      .describe('how many recipients are in each'),
  }),
  query: ({ messages: slice }, { id }, facts) => {
    const { actor } = facts;
    const seq = seqOf(id);
    const unknown = actor.agent === undefined ? unknownToNobody(seq) : unknownMessage(seq);
    if (seq > slice.last) return unknown;
    return withEntries([seq], ([entry]) => {
      const sent = sentIn(entry);
      if (sent === undefined) return unknown;
      const { data, actor: author } = sent;
      const own = author.agent === actor.agent && author.principal === actor.principal;
      const got = actor.agent !== undefined && data.to.includes(actor.agent);
      if (!own && !got && data.everyone !== true) return unknown;
      const message = messageAt(slice, seq);
      if (message === undefined) return ok(viewSent(sent));
      const deliveries = statesOf(slice, message, facts);
      return ok({
        ...viewSent(sent),
        deliveries: deliveries
          .slice(0, deliveriesNamedMax)
          .map(({ agent, state, at }) => ({ agent, state, at: isoTime(at) })),
        states: countStates(deliveries),
      });
    });
  },
});
