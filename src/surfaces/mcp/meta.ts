import type { ServerContext } from '@modelcontextprotocol/server';
import { lineSchema } from '../../kernel/ids.ts';

const idCharactersMax = 200;

/** A text that a client put into the `_meta` of a request, when it is one that may serve as an id. */
export const metaId = (context: ServerContext, member: string): string | undefined => {
  const value = context.mcpReq._meta?.[member];
  return typeof value === 'string' && value.length <= idCharactersMax && /^[\u0021-\u007e]+$/.test(value)
    ? value
    : undefined;
};

const clientCharactersMax = 200;
const clientSchema = lineSchema('A client', clientCharactersMax);

/** What a client calls itself, when it is one line of text; a client is not turned away for an odd name. */
export const clientName = (name: string | undefined): string | undefined => clientSchema.safeParse(name).data;
