import type { EventSpec } from '../../../kernel/area.ts';
import type { Instant } from '../../../kernel/instants.ts';
import type { ChecklistItem, HeldState } from './task.ts';

/** The plan fields that can be changed. Null takes a value away; a list replaces the whole list. */
export interface PlanValues {
  readonly title?: string;
  readonly body?: string | null;
  readonly priority?: number;
  readonly labels?: readonly string[];
  readonly sprint?: string | null;
  readonly parent?: string | null;
  readonly dependsOn?: readonly string[];
  readonly requires?: readonly string[];
  readonly files?: readonly string[];
  readonly acceptance?: readonly ChecklistItem[];
  readonly due?: Instant | null;
  readonly links?: readonly string[];
}

interface Changed {
  readonly id: string;
  /** The revision after the change. */
  readonly revision: number;
}

/** The agent that holds the task (or held it until this), for waking it; absent when nobody does. */
interface Concerning {
  readonly holder?: string;
}

export interface Added {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly priority: number;
  readonly body?: string;
  readonly labels?: readonly string[];
  readonly project?: string;
  readonly sprint?: string;
  readonly parent?: string;
  readonly dependsOn?: readonly string[];
  readonly requires?: readonly string[];
  readonly files?: readonly string[];
  readonly acceptance?: readonly string[];
  readonly due?: Instant;
  readonly links?: readonly string[];
}

export interface Claimed extends Changed {
  readonly agent: string;
  readonly session: string;
  readonly status: HeldState['status'];
  readonly reason?: string;
  /** Whose hold was taken over. */
  readonly from?: { readonly agent: string; readonly session: string };
}

export type TasksEvent =
  | { readonly type: 'tasks.added'; readonly data: Added }
  | { readonly type: 'tasks.claimed'; readonly data: Claimed }
  | { readonly type: 'tasks.edited'; readonly data: Changed & Concerning & PlanValues }
  | {
      /** Checklist items, numbered from 1. */
      readonly type: 'tasks.ticked';
      readonly data: {
        readonly id: string;
        readonly done: readonly number[];
        readonly open: readonly number[];
      };
    }
  | {
      readonly type: 'tasks.noted';
      readonly data: Concerning & { readonly id: string; readonly text: string };
    }
  | { readonly type: 'tasks.submitted'; readonly data: Changed }
  | { readonly type: 'tasks.resumed'; readonly data: Changed }
  | { readonly type: 'tasks.blocked'; readonly data: Changed & Concerning & { readonly reason: string } }
  | { readonly type: 'tasks.unblocked'; readonly data: Changed & { readonly reason?: string } }
  | {
      /** `flags`: the open tasks that depend on it. */
      readonly type: 'tasks.cancelled';
      readonly data: Changed & Concerning & { readonly reason: string; readonly flags?: readonly string[] };
    }
  | { readonly type: 'tasks.reopened'; readonly data: Changed & { readonly reason?: string } }
  | {
      /** `frees`: the tasks that are ready now because nothing else was missing. */
      readonly type: 'tasks.finished';
      readonly data: Changed & {
        readonly result?: string;
        readonly openItemsReason?: string;
        readonly frees?: readonly string[];
      };
    }
  | { readonly type: 'tasks.released'; readonly data: Changed }
  | {
      /** Everything that an expired session held is free again. */
      readonly type: 'tasks.expired';
      readonly data: {
        readonly agent: string;
        readonly session: string;
        readonly released: readonly Changed[];
      };
    };

export const taskEvents: Readonly<Record<TasksEvent['type'], EventSpec>> = {
  'tasks.added': {
    version: 1,
    personal: ['title', 'body', 'links'],
    searchable: ['title', 'body', 'labels', 'project', 'sprint', 'acceptance', 'files', 'links'],
    meaning: 'A task is on the board.',
  },
  'tasks.claimed': {
    version: 1,
    personal: ['reason'],
    searchable: ['reason'],
    meaning: 'An agent holds the task, fresh or taken over from another.',
  },
  'tasks.edited': {
    version: 1,
    personal: ['title', 'body', 'links'],
    searchable: ['title', 'body', 'labels', 'sprint', 'acceptance', 'files', 'links'],
    meaning: 'Plan fields changed.',
  },
  'tasks.ticked': { version: 1, personal: [], meaning: 'Checklist items were ticked off or opened again.' },
  'tasks.noted': { version: 1, personal: ['text'], searchable: ['text'], meaning: 'Somebody left a note.' },
  'tasks.submitted': { version: 1, personal: [], meaning: 'The holder asks for review.' },
  'tasks.resumed': { version: 1, personal: [], meaning: 'The holder works on it again after review.' },
  'tasks.blocked': {
    version: 1,
    personal: ['reason'],
    searchable: ['reason'],
    meaning: 'It cannot go on, and nobody holds it.',
  },
  'tasks.unblocked': { version: 1, personal: ['reason'], searchable: ['reason'], meaning: 'It can go on.' },
  'tasks.cancelled': {
    version: 1,
    personal: ['reason'],
    searchable: ['reason'],
    meaning: 'It will not be done.',
  },
  'tasks.reopened': {
    version: 1,
    personal: ['reason'],
    searchable: ['reason'],
    meaning: 'It was closed and is to be done after all.',
  },
  'tasks.finished': {
    version: 1,
    personal: ['result', 'openItemsReason'],
    searchable: ['result', 'openItemsReason'],
    meaning: 'It is done.',
  },
  'tasks.released': { version: 1, personal: [], meaning: 'The holder gave it back.' },
  'tasks.expired': {
    version: 1,
    personal: [],
    meaning: 'A session expired, and what it held was released.',
  },
};
