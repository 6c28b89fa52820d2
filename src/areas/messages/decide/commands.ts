import type { AreaDefinition, Context, Decision } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { AgentCursors, MessagesEvent } from '../model/events.ts';
import type { MessagesSlice } from '../model/message.ts';

export interface SendCommand {
  readonly type: 'send';
  /** Addresses; without any, the text and what it answers say who gets it. */
  readonly to: readonly string[] | undefined;
  readonly text: string;
  readonly subject?: string | undefined;
  readonly replyTo?: Seq | undefined;
  /** How long the recipients have for acknowledging it; `undefined` when they need not. */
  readonly ackWithinMs?: number | undefined;
  readonly expiresInMs?: number | undefined;
}

export interface AcknowledgeCommand {
  readonly type: 'acknowledge';
  /** Nothing at all; certain messages; or all that has been shown. */
  readonly messages: readonly Seq[] | 'all' | undefined;
}

/** What answers have carried; from the host. */
export interface DeliverCommand {
  readonly type: 'deliver';
  readonly cursors: readonly AgentCursors[];
}

/** The time of these messages is over. */
export interface ExpireCommand {
  readonly type: 'expire';
  readonly messages: readonly Seq[];
}

export type MessagesCommand = SendCommand | AcknowledgeCommand | DeliverCommand | ExpireCommand;

export type MessagesDecision = Decision<MessagesEvent>;
export type DecideMessages = AreaDefinition<
  'messages',
  'agents' | 'leases',
  MessagesCommand,
  MessagesEvent
>['decide'];

/** What a command is decided on. */
export interface Office {
  readonly messages: MessagesSlice;
  readonly context: Context<'agents' | 'leases'>;
}
