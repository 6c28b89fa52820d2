import { type Refusal, refuse } from '../../../kernel/errors.ts';
import type { SessionHold } from '../../../kernel/hold.ts';
import { quoted } from '../../../kernel/text.ts';
import { isoTime, spoken } from '../../../kernel/instants.ts';
import { sessionTier } from '../../agents/model.ts';
import { holdNow } from '../model/holding.ts';
import { type Task, type TasksSlice, holdIn, isHeld } from '../model/task.ts';
import type { Board } from './commands.ts';

export const unknownTask = (id: string, { tasks }: Pick<TasksSlice, 'tasks'>): Refusal => {
  const numbered = tasks.get(`T-${id}`)?.id;
  const next =
    numbered === undefined
      ? 'Look for its id with task_list, or add it with task_add.'
      : `Did you mean ${numbered}?`;
  return refuse('not_found', `There is no task ${id} here. ${next}`, {
    task: id,
    ...(numbered !== undefined && { nearest: numbered }),
  });
};

/** At most `max` of the words, and how many more there are. */
export const listed = (words: readonly string[], max = 10): string =>
  words.length <= max ? words.join(', ') : `${words.slice(0, max).join(', ')} and ${words.length - max} more`;

/** "by codex-1 (session idle) for 12 min". */
export const holdWords = ({ agents, context }: Board, held: SessionHold, since: number): string =>
  `by ${held.holder} (session ${sessionTier(agents, held.session, context.now)}) for ${spoken(context.now - since)}`;

export const holdDetails = (board: Board, task: Task): Readonly<Record<string, unknown>> => {
  if (!isHeld(task.state)) return { task: task.id, status: task.state.status };
  const { hold, claimedAt } = task.state;
  return {
    task: task.id,
    status: task.state.status,
    holder: hold.holder,
    since: isoTime(claimedAt),
    tier: sessionTier(board.agents, hold.session, board.context.now),
    contestable_at: isoTime(holdNow(board.agents, hold).contestableAt),
  };
};

/** Where a task stands, as a clause: who did what, when and why. */
export const standing = (board: Board, { id, state }: Task): string => {
  const ago = (at: number): string => `${spoken(board.context.now - at)} ago`;
  switch (state.status) {
    case 'todo':
      return `${id} is todo and nobody holds it`;
    case 'in_progress':
      return `${id} is in progress, held ${holdWords(board, state.hold, state.claimedAt)}`;
    case 'in_review':
      return `${id} is in review, held ${holdWords(board, state.hold, state.claimedAt)}`;
    case 'blocked':
      return `${id} was blocked by ${state.by} ${ago(state.since)} (${quoted(state.reason)})`;
    case 'done':
      return `${id} was finished by ${state.by} ${ago(state.at)}`;
    case 'cancelled':
      return `${id} was cancelled by ${state.by} ${ago(state.at)} (${quoted(state.reason)})`;
  }
};

/** The move is not possible from where the task stands. */
export const wrongState = (board: Board, task: Task, next: string): Refusal =>
  refuse('invalid_state', `${standing(board, task)}. ${next}`, holdDetails(board, task));

/** TA39: nothing but the holder's own session may do this. */
export const notHolder = (board: Board, task: Task): Refusal => {
  const hold = holdIn(task.state);
  const { agent } = board.context.actor;
  const next =
    hold === undefined
      ? `Claim it first: task_claim {"id":"${task.id}"}.`
      : hold.holder === agent
        ? `That is another session of yours; bring it here with task_claim {"id":"${task.id}"} once that session is not active.`
        : `Only the holder can do this. Leave a note with task_update, or take another task.`;
  return refuse('not_holder', `${standing(board, task)}. ${next}`, holdDetails(board, task));
};

/** TA40: a call that names an epoch must name the current one. */
export const staleEpoch = (board: Board, task: Task, given: number): Refusal => {
  const current = holdIn(task.state)?.epoch;
  return refuse(
    'stale_epoch',
    `Epoch ${given} is not the current one: ${standing(board, task)}${current === undefined ? '' : `, epoch ${current}`}. The hold that you had is gone; read ${task.id} with task_get before you go on.`,
    { ...holdDetails(board, task), given, ...(current !== undefined && { current }) },
  );
};

/** The limit is part of the sentence. */
export const limitPassed = (sentence: string, limit: number): Refusal =>
  refuse('limit_exceeded', sentence, { limit });
