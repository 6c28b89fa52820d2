/* A board at work behind a real HTTP port, and the one way in which bad input may be answered there. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { type ErrorCode, errorTable } from '../../src/kernel/errors.ts';
import { type Served, errorOf, post, serve } from '../surfaces/serving.ts';

export interface Asked {
  /** Text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const answersSchema = z.looseObject({ responses: z.record(z.string(), z.unknown()) });
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.looseObject({ post: answersSchema.optional() })),
});

/** The statuses that `/openapi.json` names, by the address of the operation. */
const documentedBy = async ({ url }: Served): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const { paths } = documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json());
  return new Map(
    Object.entries(paths).map(([path, item]) => [path, new Set(Object.keys(item.post?.responses ?? {}))]),
  );
};

/** Of the first board: the hubs of all have the same catalogue. */
let documentedOnce: ReturnType<typeof documentedBy> | undefined;

const listSchema = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });
const healthSchema = z.looseObject({ workspaces: z.array(z.unknown()) });

const allStatuses = ['todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled'];

/** Ada holds T-1; T-2 is done; c waits for b, which waits for a; bert is here as well. */
export class Board {
  readonly served: Served;
  readonly ada: Record<string, string>;
  readonly bert: Record<string, string>;
  /** Of ada's hold on T-1. */
  readonly epoch: number;
  readonly #documented: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(
    served: Served,
    documented: ReadonlyMap<string, ReadonlySet<string>>,
    { ada, bert, epoch }: { readonly ada: string; readonly bert: string; readonly epoch: number },
  ) {
    this.served = served;
    this.#documented = documented;
    this.ada = { 'Signalbox-Session': ada };
    this.bert = { 'Signalbox-Session': bert };
    this.epoch = epoch;
  }

  static async open(context: TestContext): Promise<Board> {
    const served = await serve(context);
    const ask = async (operation: string, asked: Asked): Promise<Readonly<Record<string, unknown>>> => {
      const { status, body } = await post(served, operation, asked);
      assert.equal(status, 200, JSON.stringify(body));
      return z.record(z.string(), z.unknown()).parse(body);
    };
    const ada = String((await ask('start', { body: { agent: 'ada' } }))['session']);
    const bert = String((await ask('start', { body: { agent: 'bert' } }))['session']);
    const headers = { 'Signalbox-Session': ada };
    const texts = { title: 'A task', body: 'A body', acceptance: ['one', 'two'], labels: ['ui'] };
    const chain = [
      { title: 'a', slug: 'a' },
      { title: 'b', slug: 'b', depends_on: ['a'] },
      { title: 'c', slug: 'c', depends_on: ['b'] },
    ];
    await ask('task_add', { body: { tasks: [texts, { title: 'Another' }, ...chain] }, headers });
    const { epoch } = await ask('task_claim', { body: { id: 'T-1' }, headers });
    await ask('task_update', { body: { id: 'T-1', note: 'A note' }, headers });
    await ask('task_done', { body: { id: 'T-2', result: 'A result' }, headers });
    const documented = await (documentedOnce ??= documentedBy(served));
    return new Board(served, documented, { ada, bert, epoch: Number(epoch) });
  }

  /** Ada, or nobody in particular for what needs a person who speaks for no agent. */
  callerOf(operation: string): Record<string, string> {
    const found = this.served.catalogue.find(operation);
    return found.ok && found.value.person === true ? {} : this.ada;
  }

  /** Everything that can be read here, and how many entries the journals have. */
  async state(): Promise<string> {
    const ask = async (operation: string, body: unknown): Promise<unknown> =>
      (await post(this.served, operation, { body })).body;
    const { items } = listSchema.parse(await ask('task_list', { status: allStatuses, limit: 100 }));
    const tasks: unknown[] = [];
    for (const { id } of items)
      tasks.push(await ask('task_get', { id, history: true, notes: 50, limit: 100 }));
    const health = healthSchema.parse(await (await fetch(`${this.served.url}/health`)).json());
    const others = [await ask('agent_list', {}), await ask('workspace_list', {})];
    return JSON.stringify([items, tasks, others, health.workspaces], undefined, 1);
  }

  /** Asks what must be refused with this code, under the status that is documented for it; the error. */
  async refused(operation: string, asked: Asked, code: ErrorCode) {
    const { status, body } = await post(this.served, operation, asked);
    const what = `${operation} ${JSON.stringify(asked).slice(0, 300)} -> ${JSON.stringify(body)}`;
    assert.equal(status, errorTable[code].http, what);
    const error = errorOf(body);
    assert.equal(error.code, code, what);
    assert.equal(error.retryable, errorTable[code].retryable);
    assert.match(error.message, /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/, what);
    const statuses = this.#documented.get(`/v1/operations/${operation}`);
    if (statuses !== undefined) assert(statuses.has(String(status)), `${status} is not documented: ${what}`);
    return error;
  }

  /** Does `work`, after which all must be as it was before, and nothing in the log. */
  async unchangedBy(work: () => Promise<unknown>): Promise<void> {
    const before = await this.state();
    await work();
    assert.equal(await this.state(), before);
    assert.deepEqual(this.served.log.errors, []);
  }
}
