import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { jsonSchemaOf } from '../json-schema.ts';
import { slimSchema } from './slim-schema.ts';

const slimOf = (schema: z.ZodType): JsonObject => slimSchema(jsonSchemaOf(schema, 'input'));

describe('the schema that a list of tools shows', () => {
  it('has no limits', () => {
    const text = z.string().min(1).max(9).regex(/^a/);
    assert.deepEqual(slimOf(text), { type: 'string' });
    assert.deepEqual(slimOf(z.int().min(1).max(9).default(3)), { default: 3, type: 'integer' });
    assert.deepEqual(slimOf(z.number().gt(1).lt(2)), { type: 'number' });
    assert.deepEqual(slimOf(z.array(text).min(1).max(3)), { type: 'array', items: { type: 'string' } });
    assert.deepEqual(slimOf(z.record(text, text)), {
      type: 'object',
      additionalProperties: { type: 'string' },
    });
  });

  it('does not say that nothing else is taken, or that anything is', () => {
    const inner = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    assert.deepEqual(slimOf(z.strictObject({ a: z.string() })), inner);
    assert.deepEqual(slimOf(z.looseObject({ a: z.string() })), inner);
    assert.deepEqual(slimOf(z.array(z.looseObject({}))), {
      type: 'array',
      items: { type: 'object', properties: {} },
    });
  });

  it('keeps members that are called as keywords', () => {
    const schema = z.strictObject({ pattern: z.string().max(3), items: z.int(), anyOf: z.boolean() });
    assert.deepEqual(slimOf(schema), {
      type: 'object',
      properties: { pattern: { type: 'string' }, items: { type: 'integer' }, anyOf: { type: 'boolean' } },
      required: ['pattern', 'items', 'anyOf'],
    });
  });

  it('shows as a list what may be one or a list of them', () => {
    const one = z.enum(['a', 'b']);
    assert.deepEqual(slimOf(z.union([one, z.array(one).min(1)])), {
      type: 'array',
      items: { type: 'string', enum: ['a', 'b'] },
    });
  });

  it('leaves other alternatives as they are', () => {
    for (const [schema, anyOf] of [
      [z.union([z.string().max(3), z.int()]), [{ type: 'string' }, { type: 'integer' }]],
      [
        z.union([z.int(), z.array(z.string())]),
        [{ type: 'integer' }, { type: 'array', items: { type: 'string' } }],
      ],
      [z.string().max(3).nullable(), [{ type: 'string' }, { type: 'null' }]],
      [z.union([z.string(), z.int(), z.null()]), [{ type: 'string' }, { type: 'integer' }, { type: 'null' }]],
      [
        z.union([z.string(), z.int()]).nullable(),
        [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, { type: 'null' }],
      ],
    ] as const) {
      assert.deepEqual(slimOf(schema), { anyOf });
    }
  });
});
