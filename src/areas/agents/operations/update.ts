import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import { lineSchema, nameSchema } from '../../../kernel/ids.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { agentsIntent } from '../decide.ts';
import { capabilitiesMax, capabilitySchema, metadataValueCharactersMax, wipLimitMax } from '../model.ts';
import { agentOutput, viewAgent } from '../view.ts';

export const agentUpdate = defineOperation({
  name: 'agent_update',
  journal: 'workspace',
  category: 'agents',
  summary: 'Change what you say of yourself.',
  description:
    'Change your own capabilities, metadata or limit of tasks in work. Metadata is merged; null removes a member.',
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'limit_exceeded'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'On another branch now', input: { metadata: { branch: 'feature/login' } } }],
  input: z.strictObject({
    capabilities: z
      .array(capabilitySchema)
      .max(capabilitiesMax)
      .optional()
      .meta({ title: 'what you can do, for tasks that require it' }),
    metadata: z
      .record(
        nameSchema('A metadata member'),
        lineSchema('A metadata value', metadataValueCharactersMax).nullable(),
      )
      .optional()
      .meta({ title: 'branch, worktree, model, client...; an empty value takes a member away' }),
    wip_limit: z.int().min(1).max(wipLimitMax).optional().describe('tasks in progress or review at once'),
  }),
  output: agentOutput,
  toCommand: ({ capabilities, metadata, wip_limit }) =>
    agentsIntent({ type: 'update', capabilities, metadata, wipLimit: wip_limit }),
  answer: (_done, { agents }, { actor, now }) =>
    ok(viewAgent(agents, present(agents.agents.get(actor.agent ?? ''), 'an updated agent exists'), now)),
});
