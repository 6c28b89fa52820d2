import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import { post } from '../surfaces/serving.ts';
import { type Asked, Board } from './board.ts';

interface Case {
  readonly what: string;
  readonly operation: string;
  readonly code: ErrorCode;
  /** What is asked, and what the message must say. */
  readonly asked: (board: Board) => Asked;
  readonly says: RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'a revision that is not the current one',
    operation: 'task_update',
    code: 'stale_revision',
    asked: ({ bert }) => ({ body: { id: 'a', revision: 7, title: 'Mine' }, headers: bert }),
    says: /revision 1\b/,
  },
  {
    what: 'an If-Match that is not the current revision',
    operation: 'task_update',
    code: 'stale_revision',
    asked: ({ bert }) => ({ body: { id: 'T-1', title: 'Mine' }, headers: { ...bert, 'If-Match': '"1"' } }),
    says: /revision 2\b/,
  },
  {
    what: 'no revision where the plan changes',
    operation: 'task_update',
    code: 'revision_required',
    asked: ({ bert }) => ({ body: { id: 'a', title: 'Mine' }, headers: bert }),
    says: /revision/,
  },
  {
    what: 'an epoch that is not that of the hold, to finish',
    operation: 'task_done',
    code: 'stale_epoch',
    asked: ({ ada, epoch }) => ({ body: { id: 'T-1', epoch: epoch + 1 }, headers: ada }),
    says: /epoch/,
  },
  {
    what: 'an epoch that is not that of the hold, to give back',
    operation: 'task_release',
    code: 'stale_epoch',
    asked: ({ ada, epoch }) => ({ body: { id: 'T-1', epoch: epoch - 1 }, headers: ada }),
    says: /epoch/,
  },
  {
    what: 'a claim without a session',
    operation: 'task_claim',
    code: 'session_required',
    asked: () => ({ body: { id: 'a' } }),
    says: /Call start/,
  },
  {
    what: 'a claim that names an agent, and has no session',
    operation: 'task_claim',
    code: 'session_required',
    asked: () => ({ body: {}, headers: { 'Signalbox-Agent': 'ada' } }),
    says: /Call start/,
  },
  {
    what: 'a task finished without a session',
    operation: 'task_done',
    code: 'session_required',
    asked: () => ({ body: { id: 'a' } }),
    says: /Call start/,
  },
  {
    what: 'a session that there never was',
    operation: 'task_claim',
    code: 'session_ended',
    asked: () => ({ body: {}, headers: { 'Signalbox-Session': 's-01ARZ3NDEKTSV4RRFFQ69G5FAV' } }),
    says: /Call start/,
  },
  {
    what: 'an agent that there is not',
    operation: 'task_update',
    code: 'agent_unknown',
    asked: () => ({ body: { id: 'a', note: 'x' }, headers: { 'Signalbox-Agent': 'nobody' } }),
    says: /"nobody".*Call start/,
  },
  {
    what: 'the agent of one session and the session of another',
    operation: 'task_claim',
    code: 'forbidden',
    asked: ({ ada }) => ({ body: {}, headers: { ...ada, 'Signalbox-Agent': 'bert' } }),
    says: /"ada".*"bert"/,
  },
  {
    what: "somebody else's task, finished",
    operation: 'task_done',
    code: 'not_holder',
    asked: ({ bert }) => ({ body: { id: 'T-1' }, headers: bert }),
    says: /ada/,
  },
  {
    what: "somebody else's task, claimed",
    operation: 'task_claim',
    code: 'held',
    asked: ({ bert }) => ({ body: { id: 'T-1' }, headers: bert }),
    says: /ada/,
  },
  {
    what: 'a task that waits',
    operation: 'task_claim',
    code: 'not_ready',
    asked: ({ bert }) => ({ body: { id: 'b' }, headers: bert }),
    says: /\ba \(todo\)/,
  },
  {
    what: 'a task that there is not',
    operation: 'task_get',
    code: 'not_found',
    asked: () => ({ body: { id: 'T-99' } }),
    says: /T-99/,
  },
  {
    what: 'a dependency that would close a circle, which is named',
    operation: 'task_update',
    code: 'cycle',
    asked: ({ bert }) => ({ body: { id: 'a', revision: 1, depends_on: ['c'] }, headers: bert }),
    says: /circle: a -> c -> b -> a\./,
  },
  {
    what: 'a task that depends on itself',
    operation: 'task_update',
    code: 'cycle',
    asked: ({ bert }) => ({ body: { id: 'a', revision: 1, depends_on: ['a'] }, headers: bert }),
    says: /circle: a -> a\./,
  },
  {
    what: 'new tasks of which two wait for each other',
    operation: 'task_add',
    code: 'cycle',
    asked: ({ bert }) => ({
      body: {
        tasks: [
          { title: 'x', slug: 'x', depends_on: ['y'] },
          { title: 'y', slug: 'y', depends_on: ['x'] },
        ],
      },
      headers: bert,
    }),
    says: /circle: x -> y -> x\./,
  },
  {
    what: 'parents that would stand in a circle',
    operation: 'task_update',
    code: 'cycle',
    asked: ({ bert }) => ({ body: { id: 'a', revision: 1, parent: 'a' }, headers: bert }),
    says: /circle: a -> a\./,
  },
  {
    what: 'a workspace that there is not',
    operation: 'task_add',
    code: 'workspace_unknown',
    asked: () => ({ body: { title: 'x' }, headers: { 'Signalbox-Workspace': 'nowhere' } }),
    says: /"nowhere"/,
  },
  {
    what: 'a workspace that there is already, in other letters',
    operation: 'workspace_add',
    code: 'exists',
    asked: () => ({ body: { name: 'MAIN' } }),
    says: /main/i,
  },
];

describe('what the rules forbid, over HTTP', () => {
  for (const { what, operation, code, asked, says } of cases) {
    it(`is refused as ${code}, and changes nothing: ${what}`, async (t) => {
      const board = await Board.open(t);
      await board.unchangedBy(async () => {
        const { message } = await board.refused(operation, asked(board), code);
        assert.match(message, says);
      });
    });
  }
});

describe('one request id', () => {
  const key = { 'Idempotency-Key': 'once' };

  for (const [what, operation, body] of [
    ['another input', 'task_add', { title: 'Second' }],
    ['another operation', 'task_claim', {}],
  ] as const) {
    it(`with ${what} is refused, and the first call stands`, async (t) => {
      const board = await Board.open(t);
      const headers = { ...board.bert, ...key };
      const first = await post(board.served, 'task_add', { body: { title: 'First' }, headers });
      assert.equal(first.status, 200);
      await board.unchangedBy(async () => {
        await board.refused(operation, { body, headers }, 'request_reused');
        const again = await post(board.served, 'task_add', { body: { title: 'First' }, headers });
        assert.deepEqual(again.body, first.body);
        assert.equal(again.headers.get('signalbox-replayed'), 'true');
      });
    });
  }

  it('is free again after a refusal, which stores nothing', async (t) => {
    const board = await Board.open(t);
    const headers = { ...board.bert, ...key };
    await board.unchangedBy(() => board.refused('task_claim', { body: { id: 'T-1' }, headers }, 'held'));
    const claimed = await post(board.served, 'task_claim', { body: { id: 'a' }, headers });
    assert.equal(claimed.status, 200);
  });
});

describe('a session that has ended', () => {
  it('can do nothing more, and nothing changes by it', async (t) => {
    const board = await Board.open(t);
    const left = await post(board.served, 'agent_leave', { body: {}, headers: board.ada });
    assert.equal(left.status, 200);
    await board.unchangedBy(async () => {
      for (const [operation, body] of [
        ['task_update', { id: 'T-1', note: 'x' }],
        ['task_done', { id: 'T-1', epoch: board.epoch }],
        ['task_release', { id: 'T-1' }],
        ['task_claim', {}],
        ['agent_update', { wip_limit: 1 }],
      ] as const)
        await board.refused(operation, { body, headers: board.ada }, 'session_ended');
    });
  });
});
