import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { graceMs } from '../../../kernel/hold.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentsIntent } from '../decide.ts';

export const agentLeave = defineOperation({
  name: 'agent_leave',
  journal: 'workspace',
  category: 'agents',
  summary: 'End your session.',
  description:
    'Call last, when you stop working. Your tasks can be taken over at once and are released after 2 minutes; calling start before that resumes them.',
  role: 'worker',
  ofSelf: true,
  rate: 'general',
  errors: ['session_required'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'Done for today', input: {} }],
  input: z.strictObject({}),
  output: z.strictObject({
    agent: z.string(),
    session: z.string(),
    resumable_until: z.string(),
  }),
  toCommand: () => agentsIntent({ type: 'leave' }),
  answer: ({ entries }) => {
    const ended = present(entries[0], 'leaving writes an entry');
    return ok({
      agent: ended.actor.agent ?? '',
      session: ended.actor.session ?? '',
      resumable_until: isoTime(ended.time + graceMs),
    });
  },
});
