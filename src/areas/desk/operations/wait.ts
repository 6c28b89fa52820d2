import { z } from 'zod';
import type { Attention } from '../../../kernel/area.ts';
import type { Carried } from '../../../kernel/carried.ts';
import { type Seq, mayKnow } from '../../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { isoTime } from '../../../kernel/instants.ts';
import { type Facts, type History, defineOperation, withEntries } from '../../../kernel/operation.ts';
import type { Slices } from '../../../kernel/slices.ts';
import { newest } from '../../../kernel/trail.ts';
import {
  Room,
  carriedBy,
  carriedOutput,
  eachSeq,
  mailboxOf,
  messageShape,
  selectUnread,
  sentIn,
  shownDefault,
  unreadOf,
  viewSent,
} from '../../messages/model/index.ts';
import { readyKey } from '../../tasks/model/index.ts';
import {
  type Places,
  type Track,
  cursorCharactersMax,
  cursorOf,
  cursorPattern,
  isCursorOf,
  placesIn,
  placesOf,
} from '../cursor.ts';
import { nextTask } from '../next-task.ts';

const kinds = ['message', 'task', 'ready', 'lock', 'portal'] as const;

type Kind = (typeof kinds)[number];

const waitMsDefault = 30_000;
const waitMsMax = 600_000;
/** How many events one answer holds. */
const eventsMax = 100;

export const wait = defineOperation({
  name: 'wait',
  journal: 'workspace',
  category: 'messages',
  summary: 'Wait until something happens that concerns you.',
  description:
    'Call when you have nothing to do: returns new messages in full and other events for you, at once or when they come. Pass cursor on as since.',
  forPrograms: ['cursor', 'up_to'],
  inOurWords: ['events.text'],
  role: 'worker',
  rate: 'general',
  errors: ['session_required', 'history_changed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'For half a minute', input: {} },
    { title: 'For a task that could be claimed', input: { for: ['ready'], wait_ms: 600_000 } },
  ],
  input: z.strictObject({
    wait_ms: z
      .int()
      .min(0)
      .max(waitMsMax)
      .optional()
      .describe(`default ${waitMsDefault}, up to ${waitMsMax}`),
    for: z
      .array(z.enum(kinds))
      .min(1)
      .max(kinds.length)
      .optional()
      .describe('default: all but ready (a task that you could claim)'),
    since: z
      .string()
      .max(cursorCharactersMax)
      .regex(cursorPattern, 'a cursor is passed on as it came')
      .optional()
      .meta({ title: 'cursor of an earlier answer; default: what you have not been told' }),
  }),
  output: z.strictObject({
    messages: z.array(z.strictObject(messageShape)),
    events: z.array(
      z.strictObject({ kind: z.string(), ref: z.string(), text: z.string(), since: z.string() }),
    ),
    more: z.number().optional().describe('call again'),
    cursor: z.string(),
    up_to: carriedOutput,
  }),
  watch: {
    keys: (input, { agent }) => [
      ...(agent === undefined ? [] : [`agent:${agent}`]),
      ...(wants(input.for, 'ready') ? [readyKey] : []),
    ],
    limitMs: ({ wait_ms }) => wait_ms ?? waitMsDefault,
    empty: ({ messages, events }) => messages.length === 0 && events.length === 0,
  },
  carries: ({ up_to }) => carriedBy(up_to),
  // A cursor that is refused says of nothing that it has arrived.
  confirms: ({ since }, history, agent) =>
    since === undefined ? undefined : (arrivedBy(since, history, agent) ?? { surfaced: 0, told: 0 }),
  proves: ({ since }, history, agent) => (since === undefined ? undefined : arrivedBy(since, history, agent)),
  query: (slices, { for: wanted, since }, facts) => {
    const { agent } = facts.actor;
    if (agent === undefined) {
      return refuse(
        'session_required',
        'Only an agent can wait for what concerns it, and this call names none. Call start, and pass on the session it returns.',
      );
    }
    const after = beginningOf(slices, facts, { agent, since });
    if (!after.ok) return after;
    const found = lookFor(slices, facts, { agent, wanted, after: after.value });
    const { messages, events, more, places, upTo } = found;
    return withEntries(messages, (entries) =>
      ok({
        messages: entries.flatMap((entry) => {
          const sent = sentIn(entry);
          return sent === undefined ? [] : [viewSent(sent)];
        }),
        events: events.map(({ kind, ref, text, since: at }) => ({ kind, ref, text, since: isoTime(at) })),
        ...(more > 0 && { more }),
        cursor: cursorOf(facts.history, places, agent),
        ...((upTo.messages ?? upTo.events) !== undefined && { up_to: upTo }),
      }),
    );
  },
});

/** ME11: all before the places of an agent's own cursor was shown by the answers that led there. */
const arrivedBy = (since: string, history: History, agent: string | undefined): Carried | undefined => {
  const places = agent !== undefined && isCursorOf(since, agent) ? placesIn(since, history) : undefined;
  if (places === undefined) return undefined;
  const { mail, ...events } = places;
  return { surfaced: mail, told: Math.min(...Object.values(events)) };
};

/** Without a choice everything is wanted but ready tasks: as long as there is one, nobody could wait. */
const wants = (wanted: readonly Kind[] | undefined, kind: Kind): boolean =>
  wanted?.includes(kind) ?? kind !== 'ready';

/** Where a call begins: with what its cursor leaves, or else with what the agent has not been told. */
const beginningOf = (
  slices: Slices,
  facts: Facts,
  { agent, since }: { readonly agent: string; readonly since: string | undefined },
): Outcome<Places> => {
  const { arrived } = facts;
  if (since !== undefined && !isCursorOf(since, agent)) {
    return refuse(
      'invalid_input',
      'This cursor was given to another agent. Pass on the one that your own wait returned, or leave since out.',
    );
  }
  const { told, surfaced } = mailboxOf(slices.messages, agent);
  const toldTo = Math.max(told.seq, arrived.told ?? 0);
  const readTo = Math.max(surfaced.seq, arrived.surfaced ?? 0);
  const places =
    since === undefined ? placesOf((track) => (track === 'mail' ? readTo : toldTo)) : placesIn(since, facts);
  return places === undefined
    ? refuse(
        'history_changed',
        'This cursor belongs to another history of the workspace. Wait without since, and go on with the cursor you get.',
      )
    : ok(places);
};

interface Asked {
  readonly agent: string;
  readonly wanted: readonly Kind[] | undefined;
  /** Only what came behind these. */
  readonly after: Places;
}

interface Found {
  readonly messages: readonly Seq[];
  readonly events: readonly Attention[];
  readonly more: number;
  readonly places: Places;
  readonly upTo: { readonly messages?: Seq; readonly events?: Seq };
}

/** DE11, DE12 */
const lookFor = (slices: Slices, facts: Facts, { agent, wanted, after }: Asked): Found => {
  const pending = facts
    .attention(agent)
    .filter(({ kind, seq }) => kind !== messageKind && seq > after[familyOf(kind)])
    .toSorted((a, b) => a.seq - b.seq);
  const fitting = pending.filter(({ kind }) => wants(wanted, familyOf(kind)));
  const events = fitting.slice(0, eventsMax);
  const unread = unreadOf(slices.messages, agent, facts);
  const messages = selectUnread(
    unread,
    new Room(slices.messages, shownDefault),
    (seq) => seq > after.mail && wants(wanted, 'message'),
  );
  const shownMail = new Set(messages.seqs);
  const firstLeft = (track: Track): Seq | undefined =>
    track === 'mail'
      ? [...eachSeq(unread)].find((seq) => seq > after.mail && !shownMail.has(seq))
      : pending.find((event) => familyOf(event.kind) === track && !events.includes(event))?.seq;
  const top = Math.max(...Object.values(after), ...events.map(({ seq }) => seq), ...messages.seqs);
  const untold = pending.findIndex((event) => !events.includes(event));
  const told = (untold === -1 ? pending : pending.slice(0, untold)).at(-1)?.seq;
  return {
    messages: messages.seqs,
    events: [...events, ...readyIn(slices, facts, wanted)],
    more: messages.more + fitting.length - events.length,
    places: placesOf((track) => {
      const left = firstLeft(track);
      return left === undefined ? top : Math.max(after[track], Math.min(left - 1, top));
    }),
    upTo: {
      ...(messages.upTo !== undefined && { messages: messages.upTo }),
      // What was not asked for is not passed over.
      ...(told !== undefined && { events: told }),
    },
  };
};

const messageKind = 'message';

/** Kinds of attention are called after what they are about: `task_lost` is about a task. */
const familyOf = (kind: string): Exclude<Track, 'mail'> =>
  families.find((one) => kind.split('_')[0] === one) ?? 'task';

const families = ['message', 'task', 'lock', 'portal'] as const;

/** DE14: the task that a claim would take, as long as there is one. */
const readyIn = (slices: Slices, { actor, now }: Facts, wanted: readonly Kind[] | undefined): Attention[] => {
  const agent = slices.agents.agents.get(actor.agent ?? '');
  if (!wants(wanted, 'ready') || agent === undefined || !mayKnow(actor.scope, 'tasks')) return [];
  const task = nextTask(slices, { agent, session: actor.session ?? '' }, now);
  if (task === undefined) return [];
  const [seq = 0] = newest(task.trail, 1);
  const text = `${task.id} is ready: claim it with task_claim.`;
  return [{ kind: 'task_ready', ref: task.id, seq, since: task.readySince ?? now, text }];
};
