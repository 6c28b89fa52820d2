import type { TasksEvent } from '../../../src/areas/tasks/model/events.ts';
import { wipLimitDefault } from '../../../src/areas/agents/model.ts';
import { type Entry, entryGuard } from '../../../src/kernel/entry.ts';
import type { Checks } from './checks.ts';
import type { Sessions } from './sessions.ts';

const is = entryGuard<TasksEvent>();

export interface RefTask {
  status: 'todo' | 'in_progress' | 'in_review' | 'blocked' | 'done' | 'cancelled';
  hold: { readonly agent: string; readonly session: string; readonly epoch: number } | undefined;
  revision: number;
  lastEpoch: number;
  dependsOn: readonly string[];
}

/** Nobody can claim it as it is, and no claim waits for that to change. */
const isOver = ({ status }: RefTask): boolean =>
  status === 'blocked' || status === 'done' || status === 'cancelled';

/** The board once more, as plainly as possible. */
export class Tasks {
  readonly tasks = new Map<string, RefTask>();
  readonly #checks: Checks;
  readonly #sessions: Sessions;
  /** What has been claimed in the unit that is being folded. */
  readonly #claimed = new Set<string>();

  constructor(checks: Checks, sessions: Sessions) {
    this.#checks = checks;
    this.#sessions = sessions;
  }

  heldBy(agent: string): number {
    let held = 0;
    for (const { hold } of this.tasks.values()) if (hold?.agent === agent) held += 1;
    return held;
  }

  #isReady({ status, dependsOn }: RefTask): boolean {
    return status === 'todo' && dependsOn.every((one) => this.tasks.get(one)?.status === 'done');
  }

  /** Whether a claim of this task, or of any, need not wait: it gets one, or never will. */
  isDecided(id: string | undefined): boolean {
    if (id === undefined) {
      for (const task of this.tasks.values()) if (this.#isReady(task)) return true;
      return false;
    }
    const task = this.tasks.get(id);
    return task !== undefined && (this.#isReady(task) || isOver(task));
  }

  fold(entry: Entry): void {
    if (is(entry, 'tasks.added')) {
      const { id, dependsOn = [] } = entry.data;
      this.#checks.holds('one holder per task', !this.tasks.has(id), () => `${id} was added twice`);
      this.tasks.set(id, { status: 'todo', hold: undefined, revision: 1, lastEpoch: 0, dependsOn });
    } else if (is(entry, 'tasks.claimed')) this.#claim(entry);
    else if (is(entry, 'tasks.edited')) {
      const task = this.#changed(entry.data);
      if (task !== undefined && entry.data.dependsOn !== undefined) task.dependsOn = entry.data.dependsOn;
    } else if (is(entry, 'tasks.expired')) {
      const { released, session } = entry.data;
      for (const one of released) this.#free(one, 'todo', session);
    } else if (is(entry, 'tasks.cancelled')) this.#free(entry.data, 'cancelled', undefined);
    else if (is(entry, 'tasks.blocked')) this.#free(entry.data, 'blocked', undefined);
    else if (is(entry, 'tasks.unblocked') || is(entry, 'tasks.reopened'))
      this.#free(entry.data, 'todo', undefined);
    else this.#byHolder(entry);
  }

  #byHolder(entry: Entry): void {
    const { session = 'nobody' } = entry.actor;
    if (is(entry, 'tasks.released')) this.#free(entry.data, 'todo', session);
    else if (is(entry, 'tasks.finished')) this.#free(entry.data, 'done', session);
    else if (is(entry, 'tasks.submitted') || is(entry, 'tasks.resumed')) {
      const task = this.#changed(entry.data);
      this.#mustHold(entry.data.id, session);
      if (task !== undefined) task.status = is(entry, 'tasks.submitted') ? 'in_review' : 'in_progress';
    } else if (is(entry, 'tasks.ticked')) this.#mustHold(entry.data.id, session);
  }

  #claim(
    entry: Entry & { readonly data: Extract<TasksEvent, { readonly type: 'tasks.claimed' }>['data'] },
  ): void {
    const { seq, time, data } = entry;
    const { id, agent, session, status, from } = data;
    const task = this.#changed(data);
    if (task === undefined) return;
    const { hold } = task;
    const isFree =
      hold === undefined ||
      (from?.session === hold.session && this.#sessions.isContestable(hold.session, agent, time));
    this.#checks.holds(
      'one holder per task',
      isFree,
      () => `${id} is held by ${hold?.agent}, and ${agent} got it at ${seq}`,
    );
    const open = task.dependsOn.filter((one) => this.tasks.get(one)?.status !== 'done');
    this.#checks.holds(
      'only ready tasks are taken',
      hold !== undefined || (task.status === 'todo' && open.length === 0),
      () => `${id} is ${task.status}, waits for ${open.join()}, and was claimed at ${seq}`,
    );
    this.#checks.holds(
      'epochs only grow',
      seq > task.lastEpoch,
      () => `${id}: ${seq} after ${task.lastEpoch}`,
    );
    this.#checks.holds(
      'an ended session holds nothing',
      this.#sessions.live.get(session)?.agent === agent,
      () => `${id} was claimed at ${seq} by a session that is not there`,
    );
    task.hold = { agent, session, epoch: seq };
    task.lastEpoch = seq;
    task.status = status;
    this.#claimed.add(id);
  }

  #changed({ id, revision }: { readonly id: string; readonly revision: number }): RefTask | undefined {
    const task = this.tasks.get(id);
    this.#checks.holds(
      'epochs only grow',
      task !== undefined && revision === task.revision + 1,
      () => `${id} went from revision ${task?.revision} to ${revision}`,
    );
    if (task !== undefined) task.revision = revision;
    return task;
  }

  /** @param by - the session that must hold it; undefined where others may do this as well. */
  #free(
    data: { readonly id: string; readonly revision: number },
    to: RefTask['status'],
    by: string | undefined,
  ): void {
    const task = this.#changed(data);
    if (by !== undefined) this.#mustHold(data.id, by);
    if (task === undefined) return;
    task.hold = undefined;
    task.status = to;
  }

  #mustHold(id: string, session: string): void {
    const hold = this.tasks.get(id)?.hold;
    this.#checks.holds(
      'only holders change what they hold',
      hold?.session === session,
      () => `${id} is held by ${hold?.agent ?? 'nobody'} and was changed by another`,
    );
  }

  endOfUnit(): void {
    for (const id of this.#claimed) {
      const agent = this.tasks.get(id)?.hold?.agent;
      // What is finished in the unit that claims it does not count (TA46).
      if (agent === undefined) continue;
      const limit = this.#sessions.wipLimits.get(agent) ?? wipLimitDefault;
      const held = this.heldBy(agent);
      this.#checks.holds(
        'WIP limits hold',
        held <= limit,
        () => `${agent} holds ${held} tasks, at most ${limit}`,
      );
    }
    this.#claimed.clear();
    if (this.#sessions.expired.size === 0) return;
    for (const [id, { hold }] of this.tasks)
      this.#checks.holds(
        'an ended session holds nothing',
        hold === undefined || !this.#sessions.expired.has(hold.session),
        () => `${id} is held by ${hold?.agent} in a session that has expired`,
      );
  }
}
