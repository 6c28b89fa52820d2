import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { roleAtLeast } from '../../../kernel/entry.ts';
import type { TasksEvent } from '../model/events.ts';
import { type Task, type TasksSlice, holdIn, isHeld, isOpen, laneKey } from '../model/task.ts';
import { refuseFreshLanes } from './add.ts';
import type { Board, UpdateCommand } from './commands.ts';
import { holdDetails, wrongState } from './refusals.ts';

/** What a change of status asks of the caller, besides what the change itself demands. */
export interface StatusMove {
  readonly needs: 'hold' | 'revision';
  /** Nothing when the task is there already. */
  readonly event: ((revision: number) => TasksEvent) | undefined;
}

/** What becomes of a task when somebody sets its status; the only places that task_update can lead to. */
export const moveTo = (
  board: Board,
  task: Task,
  command: UpdateCommand & { readonly status: NonNullable<UpdateCommand['status']> },
): Outcome<StatusMove> => {
  const { reason } = command;
  switch (command.status) {
    case 'todo':
      return toTodo(board, task, reason);
    case 'in_progress':
      return toInProgress(board, task);
    case 'in_review':
      return toInReview(board, task);
    case 'blocked':
      return toBlocked(board, task, reason);
    case 'cancelled':
      return toCancelled(board, task, reason);
  }
};

/** TA34 */
const toTodo = (board: Board, task: Task, reason: string | undefined): Outcome<StatusMove> => {
  const { id } = task;
  switch (task.state.status) {
    case 'todo':
      return ok({ needs: 'revision', event: undefined });
    case 'in_progress':
    case 'in_review':
      return wrongState(board, task, 'The holder gives it back with task_release.');
    case 'blocked':
      return ok({
        needs: 'revision',
        event: (revision) => ({
          type: 'tasks.unblocked',
          data: { id, revision, ...(reason !== undefined && { reason }) },
        }),
      });
    case 'done':
    case 'cancelled': {
      const full = refuseFreshLanes(board.tasks, [laneKey(task)]);
      return (
        full ??
        ok({
          needs: 'revision',
          event: (revision) => ({
            type: 'tasks.reopened',
            data: { id, revision, ...(reason !== undefined && { reason }) },
          }),
        })
      );
    }
  }
};

/** TA33 */
const toInProgress = (board: Board, task: Task): Outcome<StatusMove> => {
  switch (task.state.status) {
    case 'in_progress':
      return ok({ needs: 'hold', event: undefined });
    case 'in_review':
      return ok({
        needs: 'hold',
        event: (revision) => ({ type: 'tasks.resumed', data: { id: task.id, revision } }),
      });
    case 'todo':
      return wrongState(board, task, 'Begin it with task_claim.');
    case 'blocked':
    case 'done':
    case 'cancelled':
      return wrongState(board, task, 'Set it to todo first, then begin it with task_claim.');
  }
};

/** TA33 */
const toInReview = (board: Board, task: Task): Outcome<StatusMove> => {
  switch (task.state.status) {
    case 'in_review':
      return ok({ needs: 'hold', event: undefined });
    case 'in_progress':
      return ok({
        needs: 'hold',
        event: (revision) => ({ type: 'tasks.submitted', data: { id: task.id, revision } }),
      });
    case 'todo':
    case 'blocked':
    case 'done':
    case 'cancelled':
      return wrongState(board, task, 'Only its holder can ask for review; claim it first.');
  }
};

/** TA35 */
const toBlocked = (board: Board, task: Task, reason: string | undefined): Outcome<StatusMove> => {
  const { id, state } = task;
  if (state.status === 'blocked' || !isOpen(state)) {
    return wrongState(
      board,
      task,
      state.status === 'blocked' ? 'Add what is new as a note.' : 'Reopen it first.',
    );
  }
  if (reason === undefined) return reasonMissing(id, 'blocked');
  const holder = holdIn(state)?.holder;
  return ok({
    needs: isHeld(state) ? 'hold' : 'revision',
    event: (revision) => ({
      type: 'tasks.blocked',
      data: { id, revision, reason, ...(holder !== undefined && { holder }) },
    }),
  });
};

/** TA36, TA37 */
const toCancelled = (board: Board, task: Task, reason: string | undefined): Outcome<StatusMove> => {
  const { id, state } = task;
  if (!isOpen(state)) return wrongState(board, task, 'There is nothing to cancel.');
  if (reason === undefined) return reasonMissing(id, 'cancelled');
  const hold = holdIn(state);
  const { actor } = board.context;
  if (hold !== undefined && hold.holder !== actor.agent && !roleAtLeast(actor.role, 'approver')) {
    return refuse(
      'forbidden',
      `${id} is held by ${hold.holder}, and cancelling somebody's task needs the role approver; yours is ${actor.role}. Ask ${hold.holder} in a note to release it.`,
      holdDetails(board, task),
    );
  }
  const flags = openDependents(board.tasks, task);
  return ok({
    needs: 'revision',
    event: (revision) => ({
      type: 'tasks.cancelled',
      data: {
        id,
        revision,
        reason,
        ...(hold !== undefined && { holder: hold.holder }),
        ...(flags.length > 0 && { flags }),
      },
    }),
  });
};

const openDependents = (slice: TasksSlice, task: Task): string[] =>
  task.dependents.filter((id) => {
    const one = slice.tasks.get(id);
    return one !== undefined && isOpen(one.state);
  });

const reasonMissing = (id: string, status: string): Refusal =>
  refuse(
    'invalid_input',
    `Setting ${id} to ${status} needs a reason, which others will read. Repeat the call with one.`,
    { task: id },
  );
