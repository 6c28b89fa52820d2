import { assert } from '../../kernel/assert.ts';
import type { Operation } from '../../kernel/operation.ts';
import { type Json, type JsonObject, isObject } from '../json.ts';
import { slimSchema } from './slim-schema.ts';

/** One entry of MCP's `tools/list`, finished. */
export interface ToolEntry {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { type: 'object'; properties: JsonObject; [keyword: string]: Json };
  readonly annotations: Annotations;
}

interface Annotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

interface Finishing {
  readonly name: string;
  readonly description: string;
  /** The input in full. */
  readonly input: JsonObject;
  /** Members of it that are not shown. */
  readonly omits: readonly string[];
  readonly annotations: Annotations;
}

/** Callers without a connection of their own, such as those of HTTP, say with each call which session they are. */
const sessionProperty: JsonObject = { type: 'string' };

export const finishedEntry = ({ name, description, input, omits, annotations }: Finishing): ToolEntry => {
  const slim = slimSchema(input);
  const properties = slim['properties'] ?? {};
  // Clients drop the whole list when the root of one schema is not an object.
  assert(slim['type'] === 'object' && isObject(properties), `the input of ${name} is one object`);
  const session = properties['session'] ?? sessionProperty;
  return {
    name,
    description,
    inputSchema: {
      ...slim,
      type: 'object',
      properties: { ...without(properties, omits), session },
    },
    annotations,
  };
};

const without = (properties: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));

/** An operation as a tool: whole, or without the members that few calls need. */
export const toolEntry = (operation: Operation, input: JsonObject, form: 'whole' | 'short'): ToolEntry => {
  const { name, description, short } = operation;
  const { omits = [], adds = '' } = (form === 'short' && short) || {};
  const annotations = annotationsOf(operation);
  return finishedEntry({ name, description: `${description} ${adds}`.trimEnd(), input, omits, annotations });
};

export const annotationsOf = ({ kind, destructive, idempotent }: Operation): Annotations => ({
  readOnlyHint: kind === 'query',
  destructiveHint: destructive,
  idempotentHint: idempotent || kind === 'query',
  openWorldHint: false,
});
