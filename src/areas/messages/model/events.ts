import type { EventSpec } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';

export interface Sent {
  readonly to: readonly string[];
  readonly text: string;
  readonly subject?: string;
  readonly replyTo?: Seq;
  readonly ackBy?: Instant;
  readonly expiresAt?: Instant;
  /** It was addressed to everyone, so everybody may read it. */
  readonly everyone?: true;
  /** Agents that the text mentions and that did not get it for that. */
  readonly mentioned?: readonly string[];
  /** Agents whose names stand in the text, in code or in an address, where they mention nobody. */
  readonly notMentioned?: readonly string[];
  /** Agents that everyone means and whose mailboxes are full. */
  readonly notStoredFor?: readonly string[];
}

/** How far an agent has come. What is absent has not moved. */
export interface AgentCursors {
  readonly agent: string;
  readonly offered?: Seq | undefined;
  readonly surfaced?: Seq | undefined;
  readonly told?: Seq | undefined;
}

/** One message whose time is over: for whom it expired unread, and who has not acknowledged it. */
export interface Expired {
  readonly seq: Seq;
  /** The agent that sent it, for waking it. */
  readonly sender?: string;
  readonly unread?: readonly string[];
  readonly unacknowledged?: readonly string[];
}

export type MessagesEvent =
  | { readonly type: 'messages.sent'; readonly data: Sent }
  | {
      readonly type: 'messages.acknowledged';
      readonly data: {
        readonly agent: string;
        readonly messages: readonly Seq[];
        /** The agents that sent them, for telling them. */
        readonly senders: readonly string[];
        /** Who sent each of them, `null` when that was no agent; older entries do not say. */
        readonly sentBy?: readonly (string | null)[];
      };
    }
  | { readonly type: 'messages.delivered'; readonly data: { readonly cursors: readonly AgentCursors[] } }
  | { readonly type: 'messages.expired'; readonly data: { readonly messages: readonly Expired[] } };

export const messageEvents: Readonly<Record<MessagesEvent['type'], EventSpec>> = {
  'messages.sent': {
    version: 1,
    personal: ['text', 'subject'],
    searchable: ['subject', 'text'],
    meaning: 'A message lies in the mailboxes of its recipients.',
  },
  'messages.acknowledged': {
    version: 1,
    personal: [],
    meaning: 'An agent says that it has read these messages.',
  },
  'messages.delivered': {
    version: 1,
    personal: [],
    meaning:
      'Answers have carried messages, events or hints to these agents; each cursor says up to which entry.',
  },
  'messages.expired': {
    version: 1,
    personal: [],
    meaning: 'These messages were not read, or not acknowledged, in time.',
  },
};
