/* The rules of access as operations see them: checked input, a secret for each call, answers that fit their schema. */
import assert from 'node:assert/strict';
import { z } from 'zod';
import { accessOperations } from '../areas/access/operations/index.ts';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { workspacesIntent } from '../areas/workspaces/decide.ts';
import { present } from '../kernel/assert.ts';
import type { Actor, Entry } from '../kernel/entry.ts';
import type { ErrorCode, Outcome, Refusal } from '../kernel/errors.ts';
import type { Answer, Answered, Facts } from '../kernel/operation.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import { Scenario } from './scenario.ts';

type Input = Readonly<Record<string, unknown>>;

/** Whoever calls, and what its token holds it to. */
export type Visitor = Actor;

const nobodySpeaks = { agent: undefined, session: undefined } as const;

export const ownerActor: Visitor = { principal: 'owner', role: 'admin', kind: 'person', ...nobodySpeaks };

export class AccessDesk {
  readonly scenario: Scenario;
  written: readonly Entry[] = [];
  readonly #settings: RuleSettings;
  #secrets = 0;

  constructor(settings: RuleSettings = defaultSettings) {
    this.#settings = settings;
    this.scenario = new Scenario(areas, initialSlices, settings);
  }

  /** The hash that the last call got, and the secret of that hash. */
  get hash(): string {
    return `hash-${this.#secrets}`;
  }

  call(visitor: Visitor, name: string, raw: Input = {}): Outcome<Input> {
    const { scope } = visitor;
    const actor: Actor = visitor;
    const operation = present(
      accessOperations.find((one) => one.name === name),
      `there is an operation ${name}`,
    );
    const prepared = operation.prepare(raw);
    if (!prepared.ok) return prepared;
    const command = prepared.value;
    if (command.kind === 'query')
      return checked(operation.output, command.run(this.scenario.slices, this.#facts(visitor)));
    this.#secrets += 1;
    const caller = { ...actor, scope, connection: undefined, client: undefined };
    const outcome = this.scenario.when(command.intend(caller, { hash: this.hash }), actor);
    if (!outcome.ok) return outcome;
    this.written = outcome.value;
    const facts = { ...this.#facts(actor), ...(command.secret && { secret: `secret-${this.#secrets}` }) };
    const done = { entries: outcome.value, replayed: false };
    return checked(operation.output, command.answer(done, this.scenario.slices, facts));
  }

  /** What the call that was last made is answered when it is repeated under its request id. */
  repeat(actor: Actor, name: string, raw: Input): Input {
    const operation = accessOperations.find((one) => one.name === name);
    const prepared = operation?.prepare(raw);
    assert.ok(operation !== undefined && prepared?.ok === true && prepared.value.kind === 'command');
    const done = { entries: this.written, replayed: true };
    const answer = checked(
      operation.output,
      prepared.value.answer(done, this.scenario.slices, this.#facts(actor)),
    );
    assert.ok(answer.ok);
    return answer.value;
  }

  /** A call that must succeed. */
  do(visitor: Visitor, name: string, raw: Input = {}): Input {
    const outcome = this.call(visitor, name, raw);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value;
  }

  /** A call that must be refused with this code, and change nothing. */
  refused(visitor: Visitor, name: string, { code, input }: { code: ErrorCode; input?: Input }): Refusal {
    const before = this.scenario.slices;
    const outcome = this.call(visitor, name, input);
    assert.ok(!outcome.ok, `${name} should have been refused, and answered ${JSON.stringify(outcome)}`);
    assert.equal(outcome.code, code, outcome.message);
    assert.equal(this.scenario.slices, before);
    return outcome;
  }

  /** Makes a token, and who calls with it. */
  token(maker: Visitor, input: Input = {}): Visitor & { readonly token: string } {
    const made = madeSchema.parse(this.do(maker, 'token_create', input));
    const { principal, kind, role, id, workspaces, categories, for_agent: agent } = made;
    return {
      principal,
      kind,
      role,
      ...nobodySpeaks,
      token: id,
      scope: { workspaces, categories, ...(agent !== undefined && { agent }) },
    };
  }

  /** Adds somebody, who calls without a token. */
  principal(name: string, kind: Actor['kind'], role: Actor['role']): Visitor {
    this.do(ownerActor, 'principal_add', { name, kind, role });
    return { principal: name, kind, role, ...nobodySpeaks };
  }

  workspace(name: string): void {
    assert.ok(this.scenario.when(workspacesIntent({ type: 'register', name, title: name })).ok);
  }

  /** The ids in a list of tokens. */
  listed(visitor: Visitor, input: Input = {}): readonly string[] {
    const { items } = listSchema.parse(this.do(visitor, 'token_list', input));
    return items.map(({ id }) => id);
  }

  standing(id: string): string | undefined {
    const { items } = listSchema.parse(this.do(ownerActor, 'token_list', { all: true, limit: 200 }));
    return items.find((item) => item.id === id)?.standing;
  }

  #facts(actor: Actor): Facts {
    return {
      now: this.scenario.now,
      actor,
      history: 'j.1',
      workspace: 'hub',
      settings: this.#settings,
      head: this.scenario.entries.length,
      arrived: {},
      arrivedOf: () => ({}),
      attention: () => [],
      seen: () => undefined,
    };
  }
}

const madeSchema = z.object({
  id: z.string(),
  principal: z.string(),
  kind: z.enum(['person', 'agent', 'service']),
  role: z.enum(['reader', 'worker', 'approver', 'admin']),
  workspaces: z.array(z.string()),
  categories: z.array(z.string()),
  for_agent: z.string().optional(),
});

const listSchema = z.object({ items: z.array(z.object({ id: z.string(), standing: z.string() })) });

const checked = (schema: z.ZodType, answer: Answer<Answered>): Outcome<Input> => {
  if (!answer.ok) return answer;
  assert.ok(answer.ok === true, 'what access answers is all in its state');
  return { ok: true, value: z.record(z.string(), z.unknown()).parse(schema.parse(answer.value.value)) };
};
