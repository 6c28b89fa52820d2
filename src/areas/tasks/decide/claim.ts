import { type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { type SessionHold, tierAt } from '../../../kernel/hold.ts';
import { isoTime, spoken } from '../../../kernel/instants.ts';
import type { Claimed, TasksEvent } from '../model/events.ts';
import { fileConflict } from '../model/held-files.ts';
import { holdNow } from '../model/holding.ts';
import {
  type Applicant,
  type Choice,
  type Obstacle,
  type Remainder,
  bestReady,
  remainderFor,
} from '../model/ready.ts';
import { type HeldState, type Task, isHeld, unmetOf } from '../model/task.ts';
import { type Board, type ClaimCommand, type Speaker, type TasksDecision, speakerOf } from './commands.ts';
import { holdDetails, holdWords, listed, standing, unknownTask, wrongState } from './refusals.ts';

export const claim = (board: Board, command: ClaimCommand): TasksDecision => {
  const speaker = speakerOf(board);
  if (!speaker.ok) return speaker;
  const { id, project, reason } = command;
  if (id !== undefined) return claimNamed(board, speaker.value, { id, reason });
  const applicant: Applicant = { ...speaker.value, project };
  const choice = bestReady(board, applicant, board.context.now);
  switch (choice.kind) {
    case 'ready':
      return ok([claimedEvent(choice.task, speaker.value, { reason })]);
    case 'contestable':
      return ok([claimedEvent(choice.task, speaker.value, { reason, from: choice.hold })]);
    case 'none':
      return nothingFree(choice, { applicant, remainder: remainderFor(board.tasks, applicant) });
  }
};

/** What a claim writes. A task that is taken over stays in progress or in review as it was. */
export const claimedEvent = (
  task: Task,
  { agent, session }: Speaker,
  { reason, from }: { readonly reason?: string | undefined; readonly from?: SessionHold },
): TasksEvent & { readonly data: Claimed } => ({
  type: 'tasks.claimed',
  data: {
    id: task.id,
    revision: task.revision + 1,
    agent: agent.name,
    session,
    status: isHeld(task.state) ? task.state.status : 'in_progress',
    ...(reason !== undefined && { reason }),
    ...(from !== undefined && { from: { agent: from.holder, session: from.session } }),
  },
});

const claimNamed = (
  board: Board,
  speaker: Speaker,
  { id, reason }: { readonly id: string; readonly reason: string | undefined },
): TasksDecision => {
  const task = board.tasks.tasks.get(id);
  if (task === undefined) return unknownTask(id, board.tasks);
  const { state } = task;
  switch (state.status) {
    case 'todo': {
      const refusal = refuseStart(board, speaker, task);
      return refusal ?? ok([claimedEvent(task, speaker, { reason })]);
    }
    case 'in_progress':
    case 'in_review': {
      if (state.hold.session === speaker.session) return ok([]);
      const refusal =
        refuseTakeover(board, speaker, { task, state, reason }) ??
        refuseCapabilities(task, speaker) ??
        refuseFiles(board, speaker, task);
      return refusal ?? ok([claimedEvent(task, speaker, { reason, from: state.hold })]);
    }
    case 'blocked':
      return wrongState(
        board,
        task,
        `When the reason is gone, set it to todo with task_update and claim it then.`,
      );
    case 'done':
    case 'cancelled':
      return wrongState(board, task, 'Reopen it with task_update (status todo) if it is to be done again.');
  }
};

/** TA18 to TA20: what has to be so before a task that nobody holds can be begun. */
export const refuseStart = (board: Board, speaker: Speaker, task: Task): Refusal | undefined =>
  refuseUnmet(board, task) ?? refuseCapabilities(task, speaker) ?? refuseFiles(board, speaker, task);

const refuseUnmet = ({ tasks: slice }: Board, task: Task): Refusal | undefined => {
  if (task.unmet === 0) return undefined;
  const waitsFor = unmetOf(slice, task).map((id) => ({ id, status: slice.tasks.get(id)?.state.status }));
  const named = waitsFor.map(({ id, status }) => `${id} (${status})`);
  return refuse(
    'not_ready',
    `${task.id} waits for ${listed(named)}, and only done counts. Claim one of these, claim without an id, or take the dependency away with task_update.`,
    { task: task.id, waits_for: waitsFor },
  );
};

const refuseCapabilities = (task: Task, { agent }: Speaker): Refusal | undefined => {
  const missing = task.requires.filter((capability) => !agent.capabilities.includes(capability));
  if (missing.length === 0) return undefined;
  return refuse(
    'not_capable',
    `${task.id} requires ${task.requires.join(', ')}; ${agent.name} has not stated ${missing.join(', ')}. If you have it, state it with agent_update; else claim another task.`,
    { task: task.id, missing },
  );
};

const refuseFiles = (board: Board, { agent }: Speaker, task: Task): Refusal | undefined => {
  const index = board.tasks.heldFiles;
  if (index === undefined || task.files.length === 0) return undefined;
  const conflict = fileConflict(index, { agent: agent.name, task: task.id, files: task.files });
  return conflict && filesHeld(board, task, { candidate: task.id, ...conflict });
};

/** TA20 */
export const filesHeld = (board: Board, task: Task, { file, held }: Obstacle): Refusal => {
  const blocker = board.tasks.tasks.get(held.task);
  const who = blocker === undefined ? `${held.task} is held by ${held.holder}` : standing(board, blocker);
  return refuse(
    'held',
    `${task.id} would touch ${file}, and ${who} and has ${held.glob.text}. Wait for it with wait_ms, or claim another task.`,
    {
      ...(blocker !== undefined && holdDetails(board, blocker)),
      task: task.id,
      file,
      blocker: { task: held.task, files: held.glob.text, holder: held.holder },
    },
  );
};

interface Contest {
  readonly task: Task;
  readonly state: HeldState;
  readonly reason: string | undefined;
}

/** TA22 to TA24: whether a hold may change hands. */
const refuseTakeover = (
  board: Board,
  speaker: Speaker,
  { task, state, reason }: Contest,
): Refusal | undefined => {
  const { hold } = state;
  const { now } = board.context;
  const details = holdDetails(board, task);
  if (hold.holder === speaker.agent.name) {
    if (!isActive(board, hold)) return undefined;
    return refuse(
      'held',
      `${task.id} is held by your own other session, which is active (for ${spoken(now - state.claimedAt)}). Go on there, or release it there first.`,
      details,
    );
  }
  const { contestableAt } = holdNow(board.agents, hold);
  const held = `${task.id} is held ${holdWords(board, hold, state.claimedAt)}`;
  if (contestableAt > now) {
    return refuse(
      'held',
      `${held}. Claim another task, or wait with wait_ms; should ${hold.holder} stay silent, it can be taken over from ${isoTime(contestableAt)}.`,
      details,
    );
  }
  if (reason !== undefined) return undefined;
  return refuse(
    'held',
    `${held}, but may be taken over since ${isoTime(contestableAt)}. Repeat the call with a reason to do that; ${hold.holder} will be told.`,
    details,
  );
};

const isActive = ({ agents, context }: Board, hold: SessionHold): boolean => {
  const session = agents.sessions.get(hold.session);
  return (
    session !== undefined &&
    session.endedAt === undefined &&
    tierAt(session.lastSeen, context.now) === 'active'
  );
};

const counted = (count: number, one: string, many: string): string[] =>
  count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];

/** TA29 */
const nothingFree = (
  { skipped, obstacles }: Extract<Choice, { readonly kind: 'none' }>,
  { applicant, remainder }: { readonly applicant: Applicant; readonly remainder: Remainder },
): Refusal => {
  const { otherCapabilities, missingCapabilities, otherProjects, waiting, blocked, held } = remainder;
  const blockers = obstacles.map((one) => ({
    task: one.held.task,
    files: one.held.glob.text,
    holder: one.held.holder,
  }));
  const inTheWay = listed(blockers.map(({ task, files, holder }) => `${task} (${holder}: ${files})`));
  const parts = [
    ...counted(skipped, 'is ready but touches files', 'are ready but touch files').map(
      (text) => `${text} of ${inTheWay}`,
    ),
    ...counted(otherCapabilities, 'needs', 'need').map((text) => `${text} ${listed(missingCapabilities, 5)}`),
    ...counted(otherProjects, 'is in another project', 'are in other projects'),
    ...counted(waiting, 'waits for others', 'wait for others'),
    ...counted(blocked, 'is blocked', 'are blocked'),
    ...counted(held, 'is held', 'are held'),
  ];
  const where = applicant.project === undefined ? '' : ` in project ${applicant.project}`;
  return refuse(
    'nothing_free',
    `No task is free for ${applicant.agent.name}${where}. On the board: ${parts.length === 0 ? 'no open task' : parts.join('; ')}. Wait with wait_ms, or add what is missing with task_add.`,
    {
      skipped,
      blockers,
      needing_other_capabilities: otherCapabilities,
      missing_capabilities: missingCapabilities,
      in_other_projects: otherProjects,
      waiting,
      blocked,
      held,
    },
  );
};
