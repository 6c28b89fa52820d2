import { z } from 'zod';
import { present } from '../../../kernel/assert.ts';
import { refuseCategory } from '../../../kernel/categories.ts';
import type { Scope } from '../../../kernel/entry.ts';
import { ok, refuse } from '../../../kernel/errors.ts';
import { isoTime, secondMs } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { rateClasses } from '../../../kernel/rate.ts';
import { sourceOf } from '../limits.ts';
import { covers, everything, principalNameSchema, roles } from '../model.ts';

const told = { name: 'rate_limit_status', category: 'access' } as const;

export const rateLimitStatus = defineOperation({
  ...told,
  journal: 'hub',
  summary: 'How many calls you may make a minute, and have made.',
  description:
    'Tells for each class of operations how many calls you may make within a minute, how many of them count now, and where the number comes from. Calls count by principal, over all its agents, sessions and tokens. Admins may ask about others.',
  positional: 'principal',
  role: 'reader',
  ofSelf: true,
  rate: 'read',
  errors: ['forbidden'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'Yours', input: {} },
    { title: 'Of somebody else', input: { principal: 'ci' } },
  ],
  input: z.strictObject({
    principal: principalNameSchema.optional().describe('default you; others: admins only'),
  }),
  output: z.strictObject({
    principal: z.string(),
    role: z.enum(roles).describe('readers have half of a limit, admins twice'),
    profile: z.string(),
    changed_at: z.string().optional(),
    changed_by: z.string().optional(),
    items: z.array(
      z.strictObject({
        class: z.enum(rateClasses),
        limit: z.number().nullable().describe('within any minute, with the burst; null: none'),
        used: z.number().describe('not counted where there is no limit'),
        remaining: z.number().nullable(),
        resets_in_s: z.number().describe('until nothing counts, without another call'),
        source: z
          .enum(['set', 'profile_set', 'profile_configured'])
          .describe('rate_limit_update set it; or the profile that was set, or the hub started with'),
      }),
    ),
  }),
  measures: ({ principal }, caller) => principal ?? caller.principal,
  query: ({ access: { rates } }, { principal: asked }, { actor, usage }) => {
    if (asked !== undefined && asked !== actor.principal && actor.role !== 'admin') {
      return refuse(
        'forbidden',
        `Only an admin sees the limits of others, and you have the role ${actor.role}. Leave principal out to see yours.`,
      );
    }
    // AC18
    const foreign =
      asked === undefined || asked === actor.principal ? undefined : refuseCategory(told, actor.scope);
    if (foreign !== undefined) return foreign;
    // AC33
    if (asked !== undefined && asked !== actor.principal && !isForAll(actor.scope)) {
      return refuse(
        'forbidden',
        'Who else there is concerns all workspaces of this hub, and your token is for some of them. Leave principal out to see yours.',
      );
    }
    const { principal, role, configured, readings } = present(usage, 'what is measured is told');
    return ok({
      principal,
      role,
      profile: rates.profile ?? configured,
      ...(rates.changed && { changed_at: isoTime(rates.changed.at), changed_by: rates.changed.by }),
      items: readings.map(({ rate, limit, used, clearInMs }) => ({
        class: rate,
        limit: limit ?? null,
        used,
        remaining: limit === undefined ? null : Math.max(0, limit - used),
        resets_in_s: Math.ceil(clearInMs / secondMs),
        source: sourceOf(rates, rate),
      })),
    });
  },
});

const isForAll = (scope: Scope | undefined): boolean =>
  scope === undefined || covers(scope.workspaces, [everything]);
