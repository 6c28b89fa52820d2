import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { accessIntent } from '../decide/index.ts';
import { burstMax, perMinuteMax, profileNames } from '../limits.ts';

const asConfigured = 'configured' as const;
const calls = z.int().min(1).max(perMinuteMax);
const perMinute = z.union([calls, z.literal('unlimited')]);
const perMinuteOrProfile = z.union([calls, z.enum(['unlimited', 'profile'])]).optional();

export const rateLimitUpdate = defineOperation({
  name: 'rate_limit_update',
  journal: 'hub',
  category: 'access',
  summary: 'Change how many calls a minute everybody may make.',
  description:
    'Sets the profile, or single classes, of the rate limits of all principals, on all hubs of this store at once. Numbers are calls a minute of a worker: readers have half, admins twice as many. A profile given here drops what was set of single classes before. docs/reference/rate-limits.md has the numbers of the profiles.',
  positional: 'profile',
  role: 'admin',
  person: true,
  rate: 'general',
  errors: [],
  destructive: true,
  idempotent: true,
  examples: [
    { title: 'As on a server that many share', input: { profile: 'shared' } },
    { title: 'More of one class', input: { task: 60 } },
    { title: 'Back to what the hub was started with', input: { profile: 'configured' } },
  ],
  input: z
    .strictObject({
      profile: z
        .enum([...profileNames, asConfigured])
        .optional()
        .describe('configured: as each hub was started'),
      read: perMinuteOrProfile.describe('of calls that only read; profile: as the profile has it'),
      general: perMinuteOrProfile.describe('of all other calls'),
      task: perMinuteOrProfile.describe('of calls that change tasks'),
      broadcast: perMinuteOrProfile.describe('of messages to everyone'),
      burst: z.int().min(0).max(burstMax).optional().describe('so many more within any minute'),
    })
    .refine((given) => Object.values(given).some((value) => value !== undefined), {
      message: 'Give a profile, a class or a burst',
    }),
  output: z.strictObject({
    profile: z.enum([...profileNames, asConfigured]),
    read: perMinute.optional(),
    general: perMinute.optional(),
    task: perMinute.optional(),
    broadcast: perMinute.optional(),
    burst: z.int().optional(),
    changed_at: z.string().optional(),
    changed_by: z.string().optional(),
  }),
  toCommand: ({ profile, burst, ...classes }) =>
    accessIntent({ type: 'change_limits', profile, classes, burst }),
  answer: (_done, { access: { rates } }) =>
    ok({
      profile: rates.profile ?? asConfigured,
      ...rates.classes,
      ...(rates.burst !== undefined && { burst: rates.burst }),
      ...(rates.changed && { changed_at: isoTime(rates.changed.at), changed_by: rates.changed.by }),
    }),
});
