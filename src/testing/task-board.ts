import assert from 'node:assert/strict';
import { z } from 'zod';
import { agentsIntent } from '../areas/agents/decide.ts';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { operations } from '../areas/operations.ts';
import type { Task } from '../areas/tasks/model/index.ts';
import type { Attention, News } from '../kernel/area.ts';
import { present } from '../kernel/assert.ts';
import type { Actor, Entry, Role, Seq } from '../kernel/entry.ts';
import type { ErrorCode, Outcome, Refusal } from '../kernel/errors.ts';
import type { Answer, Answered, Caller, Facts } from '../kernel/operation.ts';
import { Scenario } from './scenario.ts';

const history = 'journal.1';

export interface Joining {
  readonly capabilities?: readonly string[];
  readonly wipLimit?: number;
  readonly role?: Role;
  /** A session of its own even if the agent has one already. */
  readonly connection?: string;
}

type Input = Readonly<Record<string, unknown>>;

interface Repeated {
  readonly input: Input;
  readonly entries: readonly Entry[];
}

/** A task board in a test: agents call operations as they would over a surface, on state without a journal. */
export class TaskBoard {
  readonly scenario = new Scenario(areas, initialSlices);
  /** What the last successful command wrote. */
  written: readonly Entry[] = [];

  /** An agent in a new session. */
  join(agent: string, { capabilities, wipLimit, role = 'worker', connection }: Joining = {}): Actor {
    const principal = 'owner';
    const outcome = this.scenario.when(
      agentsIntent({
        type: 'start',
        agent,
        handle: undefined,
        connection: connection ?? `${agent}'s`,
        client: undefined,
        capabilities,
        wipLimit,
      }),
      { principal, agent, session: undefined, role, kind: 'agent' },
    );
    assert.ok(outcome.ok, JSON.stringify(outcome));
    const { session } = z.object({ session: z.string() }).parse(outcome.value[0]?.data);
    return { principal, agent, session, role, kind: 'agent' };
  }

  leave(actor: Actor): void {
    assert.ok(this.scenario.when(agentsIntent({ type: 'leave' }), actor).ok);
  }

  /** This session has just called. */
  see({ session }: Actor): void {
    assert.ok(session !== undefined);
    assert.ok(this.scenario.when(agentsIntent({ type: 'see', sessions: [session] })).ok);
  }

  pass(ms: number): readonly Entry[] {
    return this.scenario.pass(ms);
  }

  /** Calls an operation, and checks its answer against the schema that it declares. */
  call(actor: Actor, name: string, raw: Input = {}): Outcome<Input> {
    const operation = present(
      operations.find((one) => one.name === name),
      `there is an operation ${name}`,
    );
    const prepared = operation.prepare(raw);
    if (!prepared.ok) return prepared;
    const facts = this.facts(actor);
    const command = prepared.value;
    if (command.kind === 'query')
      return this.#checked(operation.output, command.run(this.scenario.slices, facts));
    const outcome = this.scenario.when(command.intend(callerOf(actor)), actor);
    if (!outcome.ok) return outcome;
    this.written = outcome.value;
    const done = { entries: outcome.value, replayed: false };
    return this.#checked(operation.output, command.answer(done, this.scenario.slices, facts));
  }

  /** What the answer to a command would be if it were repeated now under its request id. */
  repeat(actor: Actor, name: string, done: Repeated): Input {
    const outcome = this.repeated(actor, name, done);
    assert.ok(outcome.ok);
    return outcome.value;
  }

  /** The same, refusals included. */
  repeated(actor: Actor, name: string, { input, entries }: Repeated): Outcome<Input> {
    const operation = operations.find((one) => one.name === name);
    const prepared = operation?.prepare(input);
    assert.ok(operation !== undefined && prepared?.ok === true && prepared.value.kind === 'command');
    const answer = prepared.value.answer(
      { entries, replayed: true },
      this.scenario.slices,
      this.facts(actor),
    );
    return this.#checked(operation.output, answer);
  }

  /** Calls an operation that must succeed. */
  do(actor: Actor, name: string, raw: Input = {}): Input {
    const outcome = this.call(actor, name, raw);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value;
  }

  /** Calls an operation that must be refused with this code, and change nothing. */
  refused(actor: Actor, name: string, { code, input }: { code: ErrorCode; input?: Input }): Refusal {
    const before = this.scenario.slices;
    const outcome = this.call(actor, name, input);
    assert.ok(!outcome.ok, `${name} should have been refused, and answered ${JSON.stringify(outcome)}`);
    assert.equal(outcome.code, code, outcome.message);
    assert.equal(this.scenario.slices, before);
    return outcome;
  }

  task(id: string): Task {
    const task = this.scenario.slices.tasks.tasks.get(id);
    assert.ok(task !== undefined, `there is a task ${id}`);
    return task;
  }

  attention(agent: string): readonly Attention[] {
    return areas.flatMap((area) => area.attention(this.scenario.slices, agent, this.scenario.now));
  }

  news(agent: string): readonly News[] {
    const { slices, now } = this.scenario;
    return areas.flatMap((area) => area.news(slices, agent, { now, arrived: {} }));
  }

  /** The types of the entries that the last command wrote. */
  get types(): readonly string[] {
    return this.written.map(({ type }) => type);
  }

  facts(actor: Actor): Facts {
    return {
      now: this.scenario.now,
      actor,
      history,
      workspace: 'test',
      settings: defaultSettings,
      head: 0,
      arrived: this.scenario.arrived,
      arrivedOf: () => this.scenario.arrived,
      attention: (agent) => this.attention(agent),
      seen: () => undefined,
    };
  }

  #checked(schema: z.ZodType, answer: Answer<Answered>): Outcome<Input> {
    let at = answer;
    while (at.ok === 'fetch') at = at.build(at.seqs.map((seq) => this.#entryAt(seq)));
    if (!at.ok) return at;
    assert.ok(at.ok === true, 'a board in a test has no journal that could be searched');
    const value = z.record(z.string(), z.unknown()).parse(schema.parse(at.value.value));
    return { ok: true, value };
  }

  #entryAt(seq: Seq): Entry {
    return present(this.scenario.entries[seq - 1], `there is an entry ${seq}`);
  }
}

const callerOf = ({ principal, role, kind, agent, session }: Actor): Caller => ({
  principal,
  role,
  kind,
  agent,
  session,
  connection: undefined,
  client: undefined,
});

/** Somebody who has not called start. */
export const visitor: Actor = {
  principal: 'owner',
  agent: undefined,
  session: undefined,
  role: 'worker',
  kind: 'person',
};
