import { assert } from '../kernel/assert.ts';
import type { Operation } from '../kernel/operation.ts';
import { type Json, type JsonObject, isObject } from './json-schema.ts';

/** One entry of MCP's `tools/list`, finished. */
export interface ToolEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { type: 'object'; properties: JsonObject; [keyword: string]: Json };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** Callers without a connection of their own, such as those of HTTP, say with each call which session they are. */
const sessionProperty: JsonObject = { type: 'string', description: 'the session that start returned' };

export const toolEntry = (operation: Operation, input: JsonObject): ToolEntry => {
  const properties = input['properties'] ?? {};
  // Clients drop the whole list when the root of one schema is not an object.
  assert(input['type'] === 'object' && isObject(properties), `the input of ${operation.name} is one object`);
  return {
    name: operation.name,
    title: operation.summary.replace(/\.$/, ''),
    description: operation.description,
    inputSchema: {
      ...input,
      type: 'object',
      properties: { ...properties, session: properties['session'] ?? sessionProperty },
    },
    annotations: annotationsOf(operation),
  };
};

export const annotationsOf = ({ kind, destructive, idempotent }: Operation): ToolEntry['annotations'] => ({
  readOnlyHint: kind === 'query',
  destructiveHint: destructive,
  idempotentHint: idempotent || kind === 'query',
  openWorldHint: false,
});
