import { z } from 'zod';
import { ok, refuse } from '../../kernel/errors.ts';
import { lineSchema } from '../../kernel/ids.ts';
import { nameLengthMax } from '../../kernel/names.ts';
import { repeatable } from '../../kernel/text.ts';
import { type Operation, defineOperation } from '../../kernel/operation.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { SearchIndex } from '../exposure/search.ts';

const queryCharactersMax = 200;
const limitDefault = 5;
const limitMax = 20;

const output = z.strictObject({
  matched: z.number(),
  tools: z.array(
    z.strictObject({
      name: z.string(),
      category: z.string(),
      description: z.string(),
      input_schema: z.record(z.string(), z.unknown()),
    }),
  ),
  next: z.string().optional().describe('what to do when this is not all, or nothing'),
});

export const toolSearch = (exposure: Exposure): Operation => {
  let index: SearchIndex | undefined;
  return defineOperation({
    name: 'tool_search',
    journal: 'hub',
    category: 'tools',
    summary: 'Find a tool by what it does.',
    description:
      'Look here for what your list lacks: finds tools by words, best first, with their schemas in full, for tool_call.',
    short: { omits: ['limit'], adds: 'Also takes limit.' },
    positional: 'query',
    role: 'reader',
    rate: 'read',
    errors: ['not_found'],
    destructive: false,
    idempotent: true,
    examples: [
      { title: 'By words', input: { query: 'leave, end my session' } },
      { title: 'All of a category', input: { category: 'workspaces' } },
    ],
    input: z.strictObject({
      query: lineSchema('A query', queryCharactersMax).optional().describe('words'),
      category: z.string().max(nameLengthMax).optional().meta({ title: 'only of this category' }),
      limit: z.int().min(1).max(limitMax).default(limitDefault).meta({ title: 'how many to show' }),
    }),
    output,
    query: (_slices, { query, category, limit }, { actor }) => {
      const { categories } = exposure;
      if (category !== undefined && !categories.includes(category)) {
        return refuse(
          'not_found',
          `There is no category ${JSON.stringify(repeatable(category, nameLengthMax))}. Give one of ${categories.join(', ')}, or none.`,
          { categories },
        );
      }
      index ??= new SearchIndex(exposure.allowed('admin'));
      const allowed = new Set(exposure.allowed(actor.role));
      const found = index
        .find(query ?? '')
        .filter((one) => allowed.has(one) && (category === undefined || one.category === category));
      const shown = found.slice(0, limit);
      return ok({
        matched: found.length,
        tools: shown.map((operation) => {
          const { name, description, inputSchema } = exposure.entryOf(operation, 'whole');
          return { name, category: operation.category, description, input_schema: inputSchema };
        }),
        ...nextWords(found.length - shown.length, shown.length, categories),
      });
    },
  });
};

const nextWords = (
  left: number,
  shown: number,
  categories: readonly string[],
): { readonly next?: string } => {
  const narrower = `a category (${categories.join(', ')})`;
  if (shown === 0) return { next: `Nothing fits. Use other words, or ${narrower} without any.` };
  return left > 0
    ? { next: `${left} more fit. Add words, ${narrower}, or a limit of up to ${limitMax}.` }
    : {};
};
