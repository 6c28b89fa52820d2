import type { EventSpec } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import type { Instant } from '../../../kernel/instants.ts';

/** Something that one side put into a portal. `to` is the other one, for waking it. */
interface Put {
  readonly portal: string;
  readonly to: string;
}

/** A request by its number in its portal. */
interface AboutRequest extends Put {
  readonly request: number;
}

export type AnswerOutcome = 'result' | 'failure';

interface Opened extends Put {
  readonly number: number;
  readonly about?: string;
  /** The closed portal that the new one takes the place of. */
  readonly forgets?: string;
}

export type PortalsEvent =
  | { readonly type: 'portals.opened'; readonly data: Opened }
  | { readonly type: 'portals.said'; readonly data: Put & { readonly text: string } }
  | {
      readonly type: 'portals.requested';
      readonly data: AboutRequest & { readonly text: string; readonly expiresAt: Instant };
    }
  | { readonly type: 'portals.accepted'; readonly data: AboutRequest }
  | {
      readonly type: 'portals.answered';
      readonly data: AboutRequest & { readonly outcome: AnswerOutcome; readonly text: string };
    }
  | {
      /** All requests of a portal that expire together. */
      readonly type: 'portals.expired';
      readonly data: {
        readonly portal: string;
        readonly sides: readonly string[];
        readonly requests: readonly number[];
      };
    }
  | {
      /** `fails`: the requests that nobody can answer any more. */
      readonly type: 'portals.closed';
      readonly data: Put & { readonly reason?: string; readonly fails?: readonly number[] };
    }
  | {
      /** One side was shown what stands behind entry `after`, up to entry `upTo`. */
      readonly type: 'portals.read';
      readonly data: { readonly portal: string; readonly after: Seq; readonly upTo: Seq };
    };

export const portalEvents: Readonly<Record<PortalsEvent['type'], EventSpec>> = {
  'portals.opened': {
    version: 1,
    personal: ['about'],
    searchable: ['about'],
    meaning: 'An agent opened a portal with another.',
  },
  'portals.said': {
    version: 1,
    personal: ['text'],
    searchable: ['text'],
    meaning: 'One side said something in a portal.',
  },
  'portals.requested': {
    version: 1,
    personal: ['text'],
    searchable: ['text'],
    meaning: 'One side asked the other for something.',
  },
  'portals.accepted': {
    version: 1,
    personal: [],
    meaning: 'The side that was asked works on the answer.',
  },
  'portals.answered': {
    version: 1,
    personal: ['text'],
    searchable: ['text'],
    meaning: 'A request was answered, with its result or with why there is none.',
  },
  'portals.expired': {
    version: 1,
    personal: [],
    meaning: 'Requests were not answered before their deadline.',
  },
  'portals.closed': {
    version: 1,
    personal: ['reason'],
    searchable: ['reason'],
    meaning: 'One side closed a portal; what was unanswered in it has failed.',
  },
  'portals.read': { version: 1, personal: [], meaning: 'One side was shown what was new to it.' },
};
