import { minuteMs, secondMs } from '../../../kernel/instants.ts';

/** What MCP over HTTP keeps for its clients, and for how long. */
export const limits = {
  /** A session of the older revisions that is not used for this long is forgotten; an open stream is a use. */
  sessionIdleMs: 30 * minuteMs,
  sessionSweepMs: minuteMs,
  sessionsPerPrincipalMax: 500,
  sessionsMax: 2_000,
  /** What a client that lost its stream can still be given. */
  eventsPerSessionMax: 256,
  eventBytesPerSessionMax: 256 * 1024,
  eventBytesMax: 16 * 1024 * 1024,
  /** How long a client whose stream ended is asked to wait before it opens the next. */
  streamRetryMs: secondMs,
  /** Streams of `subscriptions/listen`. */
  listenStreamsPerPrincipalMax: 500,
  listenStreamsMax: 2_000,
  /** Handlers of the stateless revision, of which each workspace and mode has one. */
  handlersMax: 2_048,
  /** How long answers under way may take once the hub stops; waits among them are cut short. */
  lastAnswersMs: 3 * secondMs,
} as const;

/** The limits, which tests lower. */
export type Limits = { readonly [Name in keyof typeof limits]: number };
