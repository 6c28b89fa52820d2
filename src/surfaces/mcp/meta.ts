import type { ServerContext } from '@modelcontextprotocol/server';

const idCharactersMax = 200;

/** A text that a client put into the `_meta` of a request, when it is one that may serve as an id. */
export const metaId = (context: ServerContext, member: string): string | undefined => {
  const value = context.mcpReq._meta?.[member];
  return typeof value === 'string' && value.length <= idCharactersMax && /^[\u0021-\u007e]+$/.test(value)
    ? value
    : undefined;
};
