import { CLIENT_INFO_META_KEY, type ServerContext } from '@modelcontextprotocol/server';
import { lineSchema } from '../../kernel/ids.ts';
import { isRecord } from '../../kernel/json.ts';

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

/**
 * What the client that sent a request calls itself in it. Without sessions it says so each time, and over a pipe the
 * SDK leaves it at that.
 */
export const clientIn = ({ mcpReq }: ServerContext): string | undefined => {
  const { envelope } = mcpReq;
  const info = isRecord(envelope) ? envelope[CLIENT_INFO_META_KEY] : undefined;
  const name = isRecord(info) ? info['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
};
