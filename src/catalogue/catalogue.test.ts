import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../areas/operations.ts';
import { ok } from '../kernel/errors.ts';
import { defineOperation } from '../kernel/operation.ts';
import { Catalogue } from './catalogue.ts';

const probe = defineOperation({
  name: 'probe_read',
  journal: 'workspace',
  category: 'probes',
  summary: 'Look at a probe.',
  description: 'Look at one probe.',
  role: 'reader',
  rate: 'read',
  errors: ['not_found'],
  destructive: false,
  idempotent: true,
  examples: [{ title: 'The first', input: { id: 1 } }],
  input: z.strictObject({ id: z.int(), labels: z.record(z.string(), z.string()).optional() }),
  output: z.strictObject({ id: z.int(), revision: z.int().min(1) }),
  query: (_slices, { id }) => ok({ id, revision: 1 }),
});

const catalogue = new Catalogue([...operations, probe]);

describe('the catalogue', () => {
  it('finds an operation by its name', () => {
    assert.deepEqual(catalogue.find('probe_read'), ok(probe));
  });

  for (const [wanted, meant] of [
    ['probe_raed', 'probe_read'],
    ['read_probe', 'probe_read'],
    ['probeRead', 'probe_read'],
    ['Probe-Read', 'probe_read'],
    ['agents_list', 'agent_list'],
  ] as const) {
    it(`suggests ${meant} to whoever asks for ${wanted}`, () => {
      const refusal = catalogue.find(wanted);
      assert(!refusal.ok);
      assert.equal(refusal.code, 'unknown_operation');
      assert.match(refusal.message, new RegExp(`Did you mean ${meant}\\?`));
      assert.deepEqual(refusal.details, { nearest: meant });
    });
  }

  for (const wanted of [
    '',
    'x',
    'something_entirely_else',
    '../probe_read/..',
    'a'.repeat(5_000),
    'probe\u0000read\u001b[2J',
    '__proto__',
  ]) {
    it(`refuses ${JSON.stringify(wanted.slice(0, 30))} without repeating what could do harm`, () => {
      const refusal = catalogue.find(wanted);
      assert(!refusal.ok);
      assert.equal(refusal.code, 'unknown_operation');
      assert(refusal.message.length < 200);
      assert.match(refusal.message, /^[\u0020-\u007e]+$/);
    });
  }

  it('holds the operations that are about itself behind those that it is given', () => {
    const own = catalogue.operations.slice(operations.length + 1).map(({ name }) => name);
    assert.deepEqual(own, ['tool_search', 'mode_get', 'mode_set']);
    assert(catalogue.find('tool_search').ok);
  });

  it('says how to find what there is when no name is near', () => {
    const refusal = catalogue.find('something_entirely_else');
    assert(!refusal.ok);
    assert.match(refusal.message, /Call tool_search/);
  });

  it('refuses two operations of one name', () => {
    assert.throws(() => new Catalogue([probe, probe]), /no two operations/);
  });
});

describe('what the catalogue derives', () => {
  it('makes schemas without the noise of the generator, and each once', () => {
    assert.deepEqual(catalogue.inputSchemaOf(probe), {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
      required: ['id'],
      additionalProperties: false,
    });
    assert.equal(catalogue.inputSchemaOf(probe), catalogue.inputSchemaOf(probe));
    assert.equal(catalogue.outputSchemaOf(probe), catalogue.outputSchemaOf(probe));
  });

  it('knows which members an input has', () => {
    assert(catalogue.accepts(probe, 'labels'));
    assert(!catalogue.accepts(probe, 'revision'));
    assert(!catalogue.accepts(probe, 'constructor'));
  });

  it('shows an operation as an MCP tool', () => {
    assert.deepEqual(catalogue.exposure.entryOf(probe, 'whole'), {
      name: 'probe_read',
      description: 'Look at one probe.',
      inputSchema: {
        type: 'object',
        properties: {
          session: { type: 'string' },
          id: { type: 'integer' },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
        required: ['id'],
      },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    });
  });

  it('leaves a session argument that an operation declares itself as it is', () => {
    const own = defineOperation({
      ...probe,
      name: 'probe_resume',
      input: z.strictObject({ session: z.string().max(9).describe('an earlier one') }),
      query: () => ok({ id: 1, revision: 1 }),
    });
    const tool = new Catalogue([own]).exposure.entryOf(own, 'whole');
    assert.deepEqual(tool.inputSchema.properties, {
      session: { description: 'an earlier one', type: 'string' },
    });
  });

  it('holds operations whose examples fit their schemas', () => {
    for (const { name, examples, input } of catalogue.operations) {
      for (const example of examples)
        assert(input.safeParse(example.input).success, `${name}: ${example.title}`);
    }
  });
});
