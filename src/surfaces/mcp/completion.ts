import type { CompleteResult, Server, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Hub } from '../hub.ts';
import { invalidParams, protocolError } from './refusals.ts';
import { lockTemplate, namedBy, taskTemplate } from './resources/uris.ts';
import type { Speaker } from './tools/call.ts';

export interface CompletionOptions {
  readonly hub: Pick<Hub, 'call'>;
  readonly speaker: (context: ServerContext) => Speaker;
}

/** The protocol allows no more in one answer. */
const valuesMax = 100;

const completeParams = z.object({
  ref: z.discriminatedUnion('type', [
    z.object({ type: z.literal('ref/resource'), uri: z.string() }),
    z.object({ type: z.literal('ref/prompt'), name: z.string() }),
  ]),
  argument: z.object({ name: z.string(), value: z.string() }),
});

/** Makes a server complete the ids of tasks, and nothing else: a lock is called as its first holder likes. */
export const serveCompletion = (server: Server, { hub, speaker }: CompletionOptions): void => {
  server.setRequestHandler(
    'completion/complete',
    { params: completeParams },
    ({ ref, argument }, context) => {
      if (ref.type === 'ref/prompt')
        throw invalidParams('There are no prompts here, so none can be completed.');
      if (ref.uri !== taskTemplate && ref.uri !== lockTemplate && namedBy(ref.uri) === undefined) {
        throw invalidParams(
          `No template is written like this. There are ${taskTemplate} and ${lockTemplate}.`,
        );
      }
      if (ref.uri !== taskTemplate || argument.name !== 'id') return completionOf({ ids: [], total: 0 });
      const { signal } = context.mcpReq;
      return taskIds(argument.value, {
        hub,
        speaker: speaker(context),
        signal,
      });
    },
  );
};

interface Asking {
  readonly hub: Pick<Hub, 'call'>;
  readonly speaker: Speaker;
  readonly signal: AbortSignal;
}

interface Found {
  readonly ids: readonly string[];
  readonly total: number;
}

/** The ids that begin so: of open tasks by rank, then of the others, what changed last first. */
const taskIds = async (prefix: string, asking: Asking): Promise<CompleteResult> => {
  const open = await find(prefix, {}, asking);
  if (!open.ok) throw protocolError(open);
  const closed = await find(prefix, { status: ['done', 'cancelled'], sort: 'updated' }, asking);
  if (!closed.ok) throw protocolError(closed);
  return completionOf({
    ids: [...open.value.ids, ...closed.value.ids],
    total: open.value.total + closed.value.total,
  });
};

const completionOf = ({ ids, total }: Found): CompleteResult => {
  const values = ids.slice(0, valuesMax);
  return { completion: { values, total, hasMore: total > values.length } };
};

const listed = z.object({ items: z.array(z.object({ id: z.string() })), total: z.number() });

const find = async (
  prefix: string,
  filter: Readonly<Record<string, unknown>>,
  { hub, speaker, signal }: Asking,
): Promise<Outcome<Found>> => {
  const input = { ...filter, limit: valuesMax, ...(prefix !== '' && { id: prefix }) };
  const call = { ...speaker, operation: 'task_list', input, requestId: undefined, signal, peek: true };
  const reply = await hub.call(call);
  // No id begins like this.
  if (!reply.ok) return reply.code === 'invalid_input' ? ok({ ids: [], total: 0 }) : reply;
  const { items, total } = listed.parse(reply.value.value);
  return ok({ ids: items.map(({ id }) => id), total });
};
