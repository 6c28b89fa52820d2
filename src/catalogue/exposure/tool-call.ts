import { z } from 'zod';
import { jsonSchemaOf } from '../json-schema.ts';
import { type ToolEntry, finishedEntry } from './tool-entry.ts';

/** The one tool that is no operation: what it is asked for becomes a call of the operation that it names. */
export const toolCallName = 'tool_call';

const nameCharactersMax = 128;

export const toolCallInput = z.strictObject({
  name: z.string().min(1).max(nameCharactersMax),
  arguments: z.record(z.string(), z.unknown()).optional(),
});

export const toolCallEntry: ToolEntry = finishedEntry({
  name: toolCallName,
  description:
    'Call any tool by name, with arguments as tool_search shows them. The same as calling it directly.',
  input: jsonSchemaOf(toolCallInput, 'input'),
  omits: [],
  // What it will do depends on what is called.
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
});
