import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { TasksEvent } from '../model/events.ts';
import { type Task, type TasksSlice, holdIn, isHeld, tasksHeldIn } from '../model/task.ts';
import { claimedEvent, refuseStart } from './claim.ts';
import {
  type Board,
  type DoneCommand,
  type ExpireCommand,
  type ReleaseCommand,
  type TasksDecision,
  speakerOf,
} from './commands.ts';
import { holdDetails, listed, notHolder, staleEpoch, unknownTask, wrongState } from './refusals.ts';

export const done = (board: Board, command: DoneCommand): TasksDecision => {
  const task = board.tasks.tasks.get(command.id);
  if (task === undefined) return unknownTask(command.id, board.tasks);
  const speaker = speakerOf(board);
  if (!speaker.ok) return speaker;
  switch (task.state.status) {
    case 'todo': {
      if (command.epoch !== undefined) return staleEpoch(board, task, command.epoch);
      const refusal = refuseStart(board, speaker.value, task) ?? refuseOpenItems(task, command);
      if (refusal !== undefined) return refusal;
      const claimed = claimedEvent(task, speaker.value, {});
      return ok([claimed, finishedEvent(board.tasks, { ...task, revision: claimed.data.revision }, command)]);
    }
    case 'in_progress':
    case 'in_review': {
      const refusal = refuseOthers(board, task, command.epoch) ?? refuseOpenItems(task, command);
      return refusal ?? ok([finishedEvent(board.tasks, task, command)]);
    }
    case 'blocked':
      return wrongState(board, task, 'Set it to todo with task_update first.');
    case 'done':
    case 'cancelled':
      return wrongState(
        board,
        task,
        'Nothing is left to do; reopen it with task_update (status todo) if there is.',
      );
  }
};

/** TA39, TA40: the caller's session must hold the task, under the epoch that it names if it names one. */
export const refuseOthers = (board: Board, task: Task, epoch: number | undefined): Refusal | undefined => {
  const hold = holdIn(task.state);
  if (epoch !== undefined && hold?.epoch !== epoch) return staleEpoch(board, task, epoch);
  return hold === undefined || hold.session !== board.context.actor.session
    ? notHolder(board, task)
    : undefined;
};

/** TA45 */
const refuseOpenItems = (task: Task, { openItemsReason }: DoneCommand): Refusal | undefined => {
  const items = task.acceptance.flatMap(({ text, done: ticked }, i) => (ticked ? [] : [{ n: i + 1, text }]));
  if (items.length === 0 || openItemsReason !== undefined) return undefined;
  return refuse(
    'checklist_open',
    `${task.id} has open checklist items: ${listed(items.map(({ n, text }) => `${n}. ${text}`))}. Tick them off with task_update, or say in open_items_reason why they stay open.`,
    { task: task.id, items },
  );
};

const finishedEvent = (slice: TasksSlice, task: Task, command: DoneCommand): TasksEvent => {
  const { result, openItemsReason } = command;
  const frees = task.dependents.filter((id) => {
    const one = slice.tasks.get(id);
    return one?.state.status === 'todo' && one.unmet === 1;
  });
  return {
    type: 'tasks.finished',
    data: {
      id: task.id,
      revision: task.revision + 1,
      ...(result !== undefined && result !== '' && { result }),
      ...(openItemsReason !== undefined && { openItemsReason }),
      ...(frees.length > 0 && { frees }),
    },
  };
};

export const release = (board: Board, { id, epoch, note }: ReleaseCommand): TasksDecision => {
  const task = board.tasks.tasks.get(id);
  if (task === undefined) return unknownTask(id, board.tasks);
  const speaker = speakerOf(board);
  if (!speaker.ok) return speaker;
  if (!isHeld(task.state) && epoch === undefined) {
    return refuse(
      'not_holder',
      `Nobody holds ${id}, so there is nothing to release.`,
      holdDetails(board, task),
    );
  }
  const refusal = refuseOthers(board, task, epoch);
  if (refusal !== undefined) return refusal;
  const released: TasksEvent = { type: 'tasks.released', data: { id, revision: task.revision + 1 } };
  return ok(note === undefined ? [released] : [{ type: 'tasks.noted', data: { id, text: note } }, released]);
};

/** TA48: one entry releases all that the session held. */
export const expire = ({ tasks: slice }: Board, { agent, session }: ExpireCommand): TasksDecision => {
  const held = tasksHeldIn(slice, agent, session);
  if (held.length === 0) return ok([]);
  const released = held.map(({ id, revision }) => ({ id, revision: revision + 1 }));
  return ok([{ type: 'tasks.expired', data: { agent, session, released } }]);
};
