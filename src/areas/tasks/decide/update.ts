import { roleAtLeast } from '../../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import type { PlanValues, TasksEvent } from '../model/events.ts';
import { type Task, holdIn } from '../model/task.ts';
import type { Board, TasksDecision, UpdateCommand } from './commands.ts';
import { refuseOthers } from './finish.ts';
import { changesOf } from './plan.ts';
import { holdDetails, staleEpoch, unknownTask } from './refusals.ts';
import { type StatusMove, moveTo } from './status.ts';

/** All or nothing: every part is checked on the task as it is, then each becomes one event. */
export const update = (board: Board, command: UpdateCommand): TasksDecision => {
  const task = board.tasks.tasks.get(command.id);
  if (task === undefined) return unknownTask(command.id, board.tasks);
  const { epoch, note } = command;
  if (epoch !== undefined && holdIn(task.state)?.epoch !== epoch) return staleEpoch(board, task, epoch);
  const move = statusMove(board, task, command);
  if (!move.ok) return move;
  const refusal = refuseParts(board, task, { command, move: move.value });
  if (refusal !== undefined) return refusal;
  const changes = changesOf(board, task, command.plan);
  if (!changes.ok) return changes;
  const ticks = ticksOf(task, command, changes.value);
  if (!ticks.ok) return ticks;
  return ok(eventsOf(board, task, { changes: changes.value, ticks: ticks.value, move: move.value, note }));
};

interface Parts {
  readonly changes: PlanValues;
  readonly ticks: TasksEvent | undefined;
  readonly move: StatusMove | undefined;
  readonly note: string | undefined;
}

const eventsOf = (board: Board, task: Task, { changes, ticks, move, note }: Parts): TasksEvent[] => {
  const { id } = task;
  const holder = holdIn(task.state)?.holder;
  const concerning = holder !== undefined && holder !== board.context.actor.agent && { holder };
  const events: TasksEvent[] = [];
  let { revision } = task;
  if (Object.keys(changes).length > 0) {
    revision += 1;
    events.push({ type: 'tasks.edited', data: { id, revision, ...concerning, ...changes } });
  }
  if (ticks !== undefined) events.push(ticks);
  if (note !== undefined) events.push({ type: 'tasks.noted', data: { id, text: note, ...concerning } });
  if (move?.event !== undefined) events.push(move.event(revision + 1));
  return events;
};

const statusMove = (board: Board, task: Task, command: UpdateCommand): Outcome<StatusMove | undefined> => {
  const { status } = command;
  return status === undefined ? ok(undefined) : moveTo(board, task, { ...command, status });
};

/** What the parts of the call ask of the caller: role and revision for the plan, the hold for the work. */
const refuseParts = (
  board: Board,
  task: Task,
  { command, move }: { readonly command: UpdateCommand; readonly move: StatusMove | undefined },
): Refusal | undefined => {
  const work = command.tick !== undefined || command.untick !== undefined || move?.needs === 'hold';
  const plan = Object.keys(command.plan).length > 0 || move?.needs === 'revision';
  return (
    (work ? refuseWork(board, task, command.epoch) : undefined) ??
    (plan ? refusePlan(board, task, command.revision) : undefined) ??
    (command.revision !== undefined ? refuseRevision(task, command.revision) : undefined)
  );
};

/** TA38, TA39 */
const refuseWork = (board: Board, task: Task, epoch: number | undefined): Refusal | undefined =>
  board.context.actor.session === undefined
    ? refuse(
        'session_required',
        `Status and checklist of ${task.id} belong to the session that holds it, and this call has none. Call start, and pass on the session it returns.`,
        holdDetails(board, task),
      )
    : refuseOthers(board, task, epoch);

/** TA30 */
const refusePlan = ({ context }: Board, task: Task, revision: number | undefined): Refusal | undefined => {
  if (!roleAtLeast(context.actor.role, 'worker')) {
    return refuse(
      'forbidden',
      `Changing the plan of ${task.id} needs the role worker; yours is ${context.actor.role}. Leave a note instead.`,
    );
  }
  if (revision !== undefined) return undefined;
  return refuse(
    'revision_required',
    `Changing the plan of ${task.id} needs the revision that you have seen, so that nobody's change is lost. Read it with task_get, then repeat the call with its revision (now ${task.revision}).`,
    { task: task.id, current: task.revision },
  );
};

/** TA31 */
const refuseRevision = (task: Task, revision: number): Refusal | undefined =>
  revision === task.revision
    ? undefined
    : refuse(
        'stale_revision',
        `${task.id} is at revision ${task.revision}, and the call was made for ${revision}. See what changed with task_get {"id":"${task.id}","history":true}, then repeat the call with revision ${task.revision}.`,
        { task: task.id, given: revision, current: task.revision },
      );

/** TA38: items are counted from 1, in the list as it will be. */
const ticksOf = (
  task: Task,
  { tick = [], untick = [] }: UpdateCommand,
  changes: PlanValues,
): Outcome<TasksEvent | undefined> => {
  const items = changes.acceptance ?? task.acceptance;
  const beyond = [...tick, ...untick].filter((n) => n > items.length);
  const both = tick.filter((n) => untick.includes(n));
  if (beyond.length > 0) {
    return refuse(
      'invalid_input',
      `${task.id} has ${items.length} checklist items, so there is no number ${beyond.join(', ')}. They are counted from 1; see task_get.`,
      { task: task.id, items: items.length },
    );
  }
  if (both.length > 0) {
    return refuse('invalid_input', `Item ${both.join(', ')} is to be both ticked and unticked. Choose one.`);
  }
  const done = tick.filter((n) => items[n - 1]?.done === false);
  const open = untick.filter((n) => items[n - 1]?.done === true);
  if (done.length + open.length === 0) return ok(undefined);
  return ok({
    type: 'tasks.ticked',
    data: { id: task.id, done: [...new Set(done)], open: [...new Set(open)] },
  });
};
