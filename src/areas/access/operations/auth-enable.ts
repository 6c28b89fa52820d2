import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { asksSchema } from './fields.ts';

const texts = {
  journal: 'hub',
  category: 'access',
  role: 'admin',
  person: true,
  rate: 'general',
  destructive: false,
  idempotent: true,
  input: z.strictObject({}),
} as const;

export const authEnable = defineOperation({
  ...texts,
  name: 'auth_enable',
  summary: 'Make the hub ask who calls.',
  description:
    'From now on the hub lets in only who shows a token, also after a start with --insecure-no-auth. The owner’s is in the file `token` of its data directory, or the one it was started with; token_create makes others.',
  errors: [],
  examples: [{ title: 'Close it', input: {} }],
  output: z.strictObject({ asks: asksSchema }),
  toCommand: () => accessIntent({ type: 'enable' }),
  answer: (_done, { access }) => ok({ asks: access.enabled }),
});

export const authDisable = defineOperation({
  ...texts,
  name: 'auth_disable',
  summary: 'Take auth_enable back.',
  description:
    'Lets a hub that was started with --insecure-no-auth let in everybody on its machine again. Any other hub goes on asking.',
  errors: ['invalid_state'],
  examples: [{ title: 'Open it again', input: {} }],
  output: z.strictObject({ asks: asksSchema }),
  toCommand: () => accessIntent({ type: 'disable' }),
  answer: (_done, { access }) => ok({ asks: access.enabled }),
});
