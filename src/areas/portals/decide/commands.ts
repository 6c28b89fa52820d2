import type { AreaDefinition, Context, Decision } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import type { AgentsSlice } from '../../agents/model.ts';
import type { AnswerOutcome, PortalsEvent } from '../model/events.ts';
import { type Portal, type PortalsSlice, type SideName, sideOf } from '../model/portal.ts';

/** What one side sends. A request is to be answered within `expiresInMs`. */
export interface Sent {
  readonly text: string;
  readonly request: { readonly expiresInMs: number } | undefined;
}

export interface OpenCommand {
  readonly type: 'open';
  readonly with: string;
  readonly about: string | undefined;
  readonly first: Sent | undefined;
}

export interface SendCommand extends Sent {
  readonly type: 'send';
  readonly portal: string;
}

export type Reply = { readonly kind: 'accept' } | { readonly kind: AnswerOutcome; readonly text: string };

export interface ReplyCommand {
  readonly type: 'reply';
  readonly portal: string;
  readonly request: number;
  readonly reply: Reply;
}

export interface ReadCommand {
  readonly type: 'read';
  readonly portal: string;
  /** Without one: what the caller was not shown yet. */
  readonly since: Seq | undefined;
  readonly limit: number;
}

export interface CloseCommand {
  readonly type: 'close';
  readonly portal: string;
  readonly reason: string | undefined;
}

/** The deadline of these requests has passed. */
export interface ExpireCommand {
  readonly type: 'expire';
  readonly portal: string;
  readonly requests: readonly number[];
}

export type PortalsCommand =
  | OpenCommand
  | SendCommand
  | ReplyCommand
  | ReadCommand
  | CloseCommand
  | ExpireCommand;

export type PortalsDecision = Decision<PortalsEvent>;
export type DecidePortals = AreaDefinition<'portals', 'agents', PortalsCommand, PortalsEvent>['decide'];

/** What a command is decided on. */
export interface Board {
  readonly portals: PortalsSlice;
  readonly agents: AgentsSlice;
  readonly context: Context<'agents'>;
}

/** One of the two agents of a portal, and the portal. */
export interface Party {
  readonly portal: Portal;
  readonly side: SideName;
  readonly agent: string;
}

/** PO2: somebody who is not part of a portal is told the same as if there were none. */
export const partyOf = (
  { portals }: Pick<PortalsSlice, 'portals'>,
  id: string,
  agent: string | undefined,
): Outcome<Party> => {
  if (agent === undefined) return speakerRequired;
  const portal = portals.get(id);
  const side = portal && sideOf(portal, agent);
  return portal === undefined || side === undefined
    ? refuse('not_found', `You are in no portal ${id}. portal_list shows those that you are in.`, {
        portal: id,
      })
    : ok({ portal, side, agent });
};

export const speakerRequired = refuse(
  'session_required',
  'It is not clear which agent speaks, and a portal has two. Call start first, or name the agent.',
);
