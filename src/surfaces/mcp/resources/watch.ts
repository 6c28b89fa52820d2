import type { ServerCapabilities } from '@modelcontextprotocol/server';
import type { Updates } from './followers.ts';

/** How a client hears of what changes. */
export type Watch =
  /** Not at all. */
  | { readonly kind: 'none' }
  /** On the streams of `subscriptions/listen`, which are answered before a server sees the request. */
  | { readonly kind: 'listens' }
  /** From the server itself, as long as it is connected: the way of the revisions with `resources/subscribe`. */
  | {
      readonly kind: 'connection';
      readonly updates: Updates;
      readonly workspace: string | undefined;
      /** Whether the tools can change meanwhile: not when the client has named its mode itself. */
      readonly toolsMayChange: boolean;
    };

export type Connected = Extract<Watch, { readonly kind: 'connection' }>;

/** What a server with these resources declares. No area has prompts, and the list of resources never changes. */
export const capabilitiesWith = ({ kind }: Watch): ServerCapabilities => {
  const told = kind !== 'none';
  return {
    tools: { listChanged: told },
    resources: { subscribe: told, listChanged: false },
    completions: {},
  };
};
