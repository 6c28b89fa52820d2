import { z } from 'zod';
import { entryGuard } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { present } from '../../../kernel/assert.ts';
import { lineSchema, rawTextSchema } from '../../../kernel/ids.ts';
import { isoTime, secondMs } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { type AgentsSlice, agentTier, sessionsOf } from '../../agents/model.ts';
import { everyone } from '../decide/addresses.ts';
import { messagesIntent } from '../decide/index.ts';
import type { MessagesEvent } from '../model/events.ts';
import {
  ackDefaultMs,
  ackWithinSecondsMax,
  addressesMax,
  expirySecondsMax,
  notMentionedMax,
  recipientsNamedMax,
  subjectCharactersMax,
  textCharactersMax,
} from '../model/limits.ts';
import { messageId } from '../model/message.ts';
import { addressSchema, messageIdSchema, seqOf } from './fields.ts';

const is = entryGuard<MessagesEvent>();

export const messageSend = defineOperation({
  name: 'message_send',
  journal: 'workspace',
  category: 'messages',
  summary: 'Send a message to agents.',
  description:
    'Tell or ask other agents something: it waits in their inbox until they read it. Without to, it goes to the agents that the text @mentions, and to whoever wrote what it replies to.',
  short: {
    omits: ['subject', 'ack_within_s', 'expires_in_s'],
    adds: 'Also takes subject, ack_within_s, expires_in_s.',
  },
  positional: 'text',
  role: 'worker',
  rate: 'general',
  otherRate: 'broadcast',
  // AC29
  isOther: ({ to = [] }) => (typeof to === 'string' ? [to] : to).includes(everyone),
  errors: ['agent_unknown', 'not_found', 'limit_exceeded'],
  destructive: false,
  idempotent: false,
  examples: [
    { title: 'To whoever is mentioned', input: { text: '@bert, could you look at T-2?' } },
    {
      title: 'To be acknowledged within an hour',
      input: { to: ['bert', 'capability:deploy'], text: 'Stop deploying.', ack_within_s: 3600 },
    },
  ],
  input: z.strictObject({
    to: z
      .union([addressSchema, z.array(addressSchema).min(1).max(addressesMax)], {
        error: 'an address or a list of addresses',
      })
      .optional()
      .describe('agent, capability:<c>, role:<r>, everyone; or a list'),
    text: rawTextSchema('A text', textCharactersMax),
    subject: lineSchema('A subject', subjectCharactersMax).optional().meta({ title: 'what it is about' }),
    reply_to: messageIdSchema
      .optional()
      .meta({ description: 'M-12', title: 'message that this answers, such as M-12' }),
    ack_required: z.boolean().optional().describe('you are told who does not acknowledge it in a day'),
    ack_within_s: z.int().min(1).max(ackWithinSecondsMax).optional().describe('implies ack_required'),
    expires_in_s: z.int().min(1).max(expirySecondsMax).optional().describe('default: never'),
  }),
  output: z.strictObject({
    id: z.string(),
    count: z.number().describe('of recipients'),
    recipients: z
      .array(z.strictObject({ agent: z.string(), tier: z.string() }))
      .optional()
      .describe(`when at most ${recipientsNamedMax}`),
    mentioned: z.array(z.string()).optional().describe('in the text, but not recipients'),
    not_mentioned: z
      .array(z.string())
      .optional()
      .describe(
        `did not get it: the text names them in code, an address or a path; up to ${notMentionedMax}`,
      ),
    not_stored_for: z.array(z.string()).optional().describe('their mailboxes are full'),
    ack_by: z.string().optional(),
  }),
  toCommand: ({ to, text, subject, reply_to, ack_required, ack_within_s, expires_in_s }) =>
    messagesIntent({
      type: 'send',
      to: typeof to === 'string' ? [to] : to,
      text,
      subject,
      replyTo: reply_to === undefined ? undefined : seqOf(reply_to),
      ackWithinMs:
        ack_within_s === undefined
          ? ack_required === true
            ? ackDefaultMs
            : undefined
          : ack_within_s * secondMs,
      expiresInMs: expires_in_s === undefined ? undefined : expires_in_s * secondMs,
    }),
  answer: ({ entries }, { agents: slice }, { now }) => {
    const entry = present(
      entries.find((one) => is(one, 'messages.sent')),
      'sending writes a message',
    );
    const { to, mentioned = [], notMentioned = [], notStoredFor = [], ackBy } = entry.data;
    return ok({
      id: messageId(entry.seq),
      count: to.length,
      ...(to.length <= recipientsNamedMax && {
        recipients: to.map((name) => {
          const agent = present(slice.agents.get(name), 'a recipient is an agent');
          return { agent: name, tier: isHere(slice, name) ? agentTier(slice, agent, now) : 'left' };
        }),
      }),
      ...(mentioned.length > 0 && { mentioned: [...mentioned] }),
      ...(notMentioned.length > 0 && { not_mentioned: [...notMentioned] }),
      ...(notStoredFor.length > 0 && { not_stored_for: [...notStoredFor] }),
      ...(ackBy !== undefined && { ack_by: isoTime(ackBy) }),
    });
  },
});

/** Whether a session of this agent has not ended. */
const isHere = (slice: AgentsSlice, agent: string): boolean =>
  sessionsOf(slice, agent).some(({ endedAt }) => endedAt === undefined);
