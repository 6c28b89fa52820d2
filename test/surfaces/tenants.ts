/* Two tenants of one hub: what one of them keeps in its workspace holds a word that the other must never be told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import { isObject } from '../../src/catalogue/json.ts';
import { ok } from '../../src/kernel/errors.ts';
import type { Caller, Operation } from '../../src/kernel/operation.ts';
import type { Gate } from '../../src/surfaces/http/gate.ts';
import { fieldsOf, typesOf } from '../bad-input/fields.ts';
import { type Served, post, serve } from './serving.ts';

/** In every name and text of the other tenant. */
export const canary = 'zqcanary';

/** What the workspace of the other tenant is called, and what it was called when the visitor heard of it. */
export const secretName = `${canary}-shop`;
export const knownName = 'beta';
export const ownName = 'alpha';

const ownScope = { workspaces: [ownName], categories: ['*'] };
const callers: Readonly<Record<string, Partial<Caller>>> = {
  whole: { token: 'tk_whole' },
  person: { token: 'tk_person', scope: ownScope },
  agent: { token: 'tk_agent', scope: ownScope, kind: 'agent', role: 'worker' },
};

/** Everybody is the owner, by the token of this name: nothing but the workspaces of the tokens keeps them apart. */
const gate: Gate = {
  admit: ({ authorization = 'whole' }) =>
    ok({
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
      ...callers[authorization],
    }),
};

export type Headers = Readonly<Record<string, string>>;

export const visitors: readonly Headers[] = [{ authorization: 'person' }, { authorization: 'agent' }];

const startSchema = z.looseObject({ session: z.string() });

export class Tenants {
  readonly served: Served;

  private constructor(served: Served) {
    this.served = served;
  }

  static async open(context: TestContext): Promise<Tenants> {
    const tenants = new Tenants(await serve(context, undefined, { gate }));
    await tenants.#owns('workspace_add', { name: ownName });
    await tenants.#owns('workspace_add', { name: knownName, title: canary });
    await tenants.#owns('workspace_rename', { name: knownName, to: secretName });
    await tenants.#owns('token_create', { label: canary, workspaces: [secretName] });
    for (const workspace of [ownName, secretName])
      await tenants.#owns(
        'task_add',
        { title: 'First', slug: 'first' },
        { 'signalbox-workspace': workspace },
      );
    await tenants.#work();
    await tenants.fill();
    return tenants;
  }

  /** Writes with every operation of the other workspace into it, the word in each text that may hold it. */
  async fill(): Promise<void> {
    const headers = { 'signalbox-workspace': secretName };
    const { catalogue } = this.served;
    let session = await this.#start();
    for (const operation of operations) {
      if (operation.kind !== 'command' || operation.journal !== 'workspace') continue;
      const inputs: unknown[] = operation.examples.map(({ input }) => input);
      for (const field of fieldsOf(catalogue, operation))
        if (typesOf(field).has('string')) inputs.push(field.with(canary));
      for (const body of inputs) {
        const speaker = { ...headers, 'signalbox-session': session };
        const asked = { body: hasty(operation, body), headers: speaker };
        const { status } = await post(this.served, operation.name, asked);
        // Its session has been ended by one of these calls.
        if (status === 410) session = await this.#start();
      }
    }
  }

  /** Does what every tenant does: all of it holds the word. */
  async #work(): Promise<void> {
    const headers = { 'signalbox-workspace': secretName };
    const session = await this.#start();
    await this.#owns('start', { agent: 'bert' }, headers);
    const work: readonly (readonly [operation: string, input: object])[] = [
      ['task_add', { title: canary, body: canary }],
      ['message_send', { to: 'bert', text: canary }],
      ['message_send', { to: 'everyone', text: canary }],
      ['portal_open', { with: 'bert', text: canary, kind: 'request' }],
      ['lock_acquire', { name: `${canary}/lock`, purpose: canary }],
    ];
    for (const [operation, input] of work)
      await this.#owns(operation, input, { ...headers, 'signalbox-session': session });
  }

  async #start(): Promise<string> {
    const headers = { 'signalbox-workspace': secretName };
    return startSchema.parse(await this.#owns('start', { agent: `${canary}-ada` }, headers)).session;
  }

  async #owns(operation: string, body: object, headers: Headers = {}): Promise<unknown> {
    const answer = await post(this.served, operation, { body, headers });
    assert.equal(answer.status, 200, `${operation} -> ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** All that comes back, in one text. */
  async heard(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(`${this.served.url}${path}`, init);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    return [response.status, ...headers, await response.text()].join('\n');
  }

  /** The same of a call. */
  asked(operation: string, body: unknown, headers: Headers): Promise<string> {
    return this.heard(`/v1/operations/${operation}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Good inputs of an operation, and those in which one text names what the other tenant has. */
  inputsOf(operation: Operation, names: readonly string[]): readonly unknown[] {
    const good = operation.examples.map(({ input }) => input);
    const naming = fieldsOf(this.served.catalogue, operation)
      .filter((field) => typesOf(field).has('string'))
      .flatMap((field) => names.map((name) => field.with(name)));
    return [...good, ...naming].map((input) => hasty(operation, input));
  }
}

/** The input with which nobody waits. */
const hasty = ({ input }: Operation, given: unknown): unknown => {
  const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const waits = isObject(z.json().parse(properties)) && Object.hasOwn(properties, 'wait_ms');
  return waits ? { ...Object(given), wait_ms: 0 } : given;
};
