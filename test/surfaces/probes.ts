import { z } from 'zod';
import { errorCodes } from '../../src/catalogue/errors.ts';
import { ok, refuse } from '../../src/kernel/errors.ts';
import { type Operation, type OperationTexts, defineOperation } from '../../src/kernel/operation.ts';

const texts = (name: string): OperationTexts => ({
  name,
  journal: 'workspace',
  category: 'probes',
  summary: 'For tests.',
  description: 'For tests.',
  role: 'reader',
  rate: 'read',
  errors: [],
  destructive: false,
  idempotent: true,
  examples: [],
});

/** Operations by which tests see what reaches an operation, and what becomes of each way in which one can end. */
export const probes: readonly Operation[] = [
  defineOperation({
    ...texts('probe_echo'),
    input: z.strictObject({
      text: z.string().optional(),
      n: z.int().max(9).optional(),
      any: z.json().optional(),
    }),
    output: z.json(),
    query: (_slices, input) => ok(z.json().parse(input)),
  }),
  defineOperation({
    ...texts('probe_refuse'),
    input: z.strictObject({ code: z.enum(errorCodes) }),
    output: z.never(),
    query: (_slices, { code }) => refuse(code, `This is ${code}. Try another.`, { probe: true }),
  }),
  defineOperation({
    ...texts('probe_break'),
    input: z.strictObject({ how: z.enum(['throw', 'cycle']) }),
    output: z.unknown(),
    query: (_slices, { how }) => {
      const cyclic: { self?: unknown } = {};
      cyclic.self = cyclic;
      if (how === 'cycle') return ok(cyclic);
      throw new TypeError('a secret of the defect');
    },
  }),
  defineOperation({
    ...texts('probe_revise'),
    input: z.strictObject({ id: z.string(), revision: z.int().optional() }),
    output: z.strictObject({ id: z.string(), seen: z.int().nullable(), revision: z.int() }),
    query: (_slices, { id, revision = null }) => ok({ id, seen: revision, revision: (revision ?? 0) + 1 }),
  }),
];
