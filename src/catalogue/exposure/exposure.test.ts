import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { specTypeSchemas } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { operations } from '../../areas/operations.ts';
import type { Role } from '../../kernel/entry.ts';
import { ok } from '../../kernel/errors.ts';
import { type Operation, defineOperation } from '../../kernel/operation.ts';
import { Catalogue } from '../catalogue.ts';
import { isObject } from '../json.ts';
import {
  type Mode,
  entryTools,
  presets,
  standardBytesMax,
  standardMode,
  standardTools,
  standardToolsMax,
} from './modes.ts';
import type { ToolEntry } from './tool-entry.ts';

const catalogue = new Catalogue(operations);
const { exposure } = catalogue;

const full: Mode = { kind: 'preset', name: 'full' };

const modeOf = (text: string): Mode => {
  const mode = exposure.parse(text);
  assert(mode.ok, text);
  return mode.value;
};

const namesIn = (text: string, role: Role = 'admin', of = catalogue): readonly string[] =>
  of.exposure.tools(modeOf(text), role).map(({ name }) => name);

const everyMode = [...presets, ...exposure.categories, exposure.categories.join(',')];

const operationWith = (name: string, role: Role, category = 'probes'): Operation =>
  defineOperation({
    name,
    journal: 'workspace',
    category,
    summary: 'For tests.',
    description: 'For tests.',
    role,
    rate: 'read',
    errors: [],
    destructive: false,
    idempotent: true,
    examples: [],
    input: z.strictObject({}),
    output: z.strictObject({}),
    query: () => ok({}),
  });

const bytesOf = (tools: readonly ToolEntry[]): number => Buffer.byteLength(JSON.stringify(tools));

/** Of standard mode, before the tools that it has room for come. */
const standardNowBytesMax = 10_080;

describe('standard mode', () => {
  const tools = exposure.tools(standardMode, 'admin');

  it('keeps to its budget', () => {
    assert(standardTools.length <= standardToolsMax);
    assert(tools.length <= standardToolsMax);
    assert(bytesOf(tools) <= standardBytesMax, `${bytesOf(tools)} bytes`);
  });

  it('leaves room for the tools that are still to come', () => {
    assert.equal(tools.length, 17, 'with another tool its share of the budget is to be added here');
    assert(bytesOf(tools) <= standardNowBytesMax, `${bytesOf(tools)} bytes`);
  });

  it('shows in their order those of its list that exist', () => {
    const existing = standardTools.filter((name) => name === 'tool_call' || catalogue.find(name).ok);
    assert.deepEqual(namesIn('standard'), existing);
    assert.equal(new Set(standardTools).size, standardTools.length);
  });

  it('names what it leaves out, or a tool that has it', () => {
    const shown = catalogue.operations.filter(({ short }) => short !== undefined);
    assert(shown.length > 0);
    for (const operation of shown) {
      const entry = exposure.entryOf(operation, 'short');
      const said: ReadonlySet<string> = new Set(JSON.stringify(entry).match(/\w+/g));
      const { properties, required } = catalogue.inputSchemaOf(operation);
      assert(isObject(properties));
      const pointedAt = catalogue.operations.filter(({ name }) => name !== operation.name && said.has(name));
      for (const member of operation.short?.omits ?? []) {
        const where = `${operation.name} ${member}`;
        assert(member in properties && !(Array.isArray(required) && required.includes(member)), where);
        assert(said.has(member) || pointedAt.some((one) => catalogue.accepts(one, member)), where);
      }
    }
  });
});

describe('the tools of every mode', () => {
  for (const mode of everyMode) {
    it(`fit the specification, so that no client drops the list: ${mode}`, () => {
      const tools = exposure.tools(modeOf(mode), 'admin');
      for (const tool of tools) {
        const checked = specTypeSchemas.Tool['~standard'].validate(tool);
        assert(!(checked instanceof Promise));
        assert.equal(checked.issues, undefined, tool.name);
        assert.match(tool.name, /^[a-z][a-z0-9_]{0,39}$/);
        assert.equal(tool.inputSchema.type, 'object');
        for (const keyword of ['anyOf', 'oneOf', 'allOf', '$ref']) assert(!(keyword in tool.inputSchema));
        assert('session' in tool.inputSchema.properties, tool.name);
        assert.deepEqual(Object.keys(tool), ['name', 'description', 'inputSchema', 'annotations']);
        assert.deepEqual(Object.keys(tool.annotations), [
          'readOnlyHint',
          'destructiveHint',
          'idempotentHint',
          'openWorldHint',
        ]);
        assert(tool.description.length < 400, `${tool.name} says too much to be read`);
      }
      assert.equal(new Set(tools.map(({ name }) => name)).size, tools.length);
    });

    it(`are a way to everything else: ${mode}`, () => {
      const names = namesIn(mode);
      for (const name of entryTools) assert(names.includes(name), name);
    });

    it(`are made once, and counted: ${mode}`, () => {
      const tools = exposure.tools(modeOf(mode), 'admin');
      assert.equal(exposure.tools(modeOf(mode), 'admin'), tools);
      const bytes = bytesOf(tools);
      assert.deepEqual(exposure.cost(modeOf(mode), 'admin'), {
        tools: tools.length,
        bytes,
        tokens: Math.ceil(bytes / 4),
      });
    });
  }
});

describe('what a mode shows', () => {
  it('is the entry in minimal, and all in full', () => {
    assert.deepEqual(namesIn('minimal'), entryTools);
    assert.deepEqual(namesIn('full'), [...catalogue.operations.map(({ name }) => name), 'tool_call']);
  });

  it('is what the categories hold that are named, in the order of the catalogue', () => {
    const shown = namesIn('workspaces,agents');
    assert.deepEqual(shown, namesIn('agents,workspaces'));
    const expected = catalogue.operations.filter(
      ({ name, category }) => category === 'agents' || category === 'workspaces' || entryTools.includes(name),
    );
    assert.deepEqual(shown, [...expected.map(({ name }) => name), 'tool_call']);
  });

  it('is all that a tool takes, in full and in a mode of categories', () => {
    for (const mode of ['full', 'tasks']) {
      const tool = exposure.tools(modeOf(mode), 'admin').find(({ name }) => name === 'task_update');
      for (const member of ['epoch', 'labels', 'due', 'untick'])
        assert(tool && member in tool.inputSchema.properties);
    }
  });

  it('lacks what the role may not call', () => {
    const roles = ['reader', 'worker', 'approver', 'admin'] as const;
    const probes = roles.map((role) => operationWith(`probe_${role}`, role));
    const probing = new Catalogue([...operations, ...probes]);
    for (const [rank, role] of roles.entries()) {
      const names = namesIn('full', role, probing);
      assert.deepEqual(
        names.filter((name) => name.startsWith('probe_')),
        roles.slice(0, rank + 1).map((one) => `probe_${one}`),
      );
      assert.equal(names.includes('task_add'), role !== 'reader');
      assert.equal(names.includes('mode_set'), role === 'admin');
    }
    assert.deepEqual(namesIn('standard', 'reader'), [
      'agent_list',
      'task_list',
      'task_get',
      'lock_list',
      'tool_search',
      'tool_call',
    ]);
    assert.deepEqual(namesIn('minimal', 'reader'), ['tool_search', 'tool_call']);
  });
});

describe('the default mode', () => {
  it('is standard unless a mode of this version is set', () => {
    assert.equal(exposure.defaultMode(undefined), standardMode);
    assert.equal(exposure.defaultMode('no_such_category'), standardMode);
    assert.equal(exposure.defaultMode('full').name, 'full');
    assert.equal(exposure.defaultMode('tasks').name, 'tasks');
  });
});

describe('the tables that are kept', () => {
  it('are not more than a process can hold, however many combinations are asked for', () => {
    const many = Array.from({ length: 9 }, (_, i) => operationWith(`probe_${i}`, 'reader', `c${i}`));
    const { exposure: wide } = new Catalogue(many);
    const first = wide.tools(full, 'admin');
    for (let bits = 1; bits < 2 ** many.length; bits += 1) {
      const chosen = many.filter((_, i) => (bits & (1 << i)) !== 0);
      const mode = wide.parse(chosen.map(({ category }) => category).join(','));
      assert(mode.ok);
      const shown = wide.tools(mode.value, 'admin');
      assert.equal(shown.length, chosen.length + 2, 'besides the tools of the categories, search and call');
    }
    assert.notEqual(wide.tools(full, 'admin'), first, 'the oldest was dropped');
    assert.deepEqual(wide.tools(full, 'admin'), first);
  });
});

describe('a catalogue', () => {
  it('has no operation in the place of tool_call, and no category with the name of a mode', () => {
    assert.throws(() => new Catalogue([operationWith('tool_call', 'reader')]), /tool_call is no operation/);
    assert.throws(() => new Catalogue([operationWith('probe', 'reader', 'full')]), /called as the mode full/);
  });
});
