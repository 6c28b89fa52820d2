/*
 * A conversation goes on although everything is killed all the time: between every two steps, and in the midst of each,
 * when its entry was not stored yet and when it was and nobody had heard of it. A step whose answer did not come, or
 * may as well not have come, is made again under the same request id.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { ownerPrincipal } from '../../src/host/owner.ts';
import type { Outcome } from '../../src/kernel/errors.ts';
import type { HubReply } from '../../src/surfaces/hub.ts';
import { type Attempt, connectHub } from '../../src/surfaces/http/client.ts';
import { type Ended, runCut, runWords } from '../cli/cut-program.ts';
import { tellHere } from '../cli/told-here.ts';
import { type HubProcess, type Site, openSite, startHub } from '../host/processes.ts';
import { type Step, checkConversation, steps } from './conversation.ts';

type Workspace = 'main' | 'beside';

const journalOf = ({ dataDir }: Site, workspace: Workspace = 'main'): string =>
  join(dataDir, 'workspaces', `${workspace}.journal`);

const cutting = join(import.meta.dirname, '../cli/cutting.cts');

const commit = 'the commit in main.journal';

/** A hub that dies at this commit in the journal of the workspace. */
const startDoomed = (site: Site, at: string): Promise<HubProcess> =>
  startHub(site, { env: { NODE_OPTIONS: `--require=${cutting}`, CUT_AT: at, CUT_WITH: 'SIGKILL' } });

interface Asked extends Pick<Step, 'by' | 'operation' | 'input'> {
  /** `main` when absent. */
  readonly workspace?: Workspace;
}

/** Asks once, as an agent that finds the hub anew each time. */
const attempt = async (
  hub: HubProcess,
  { by, operation, input, workspace = 'main' }: Asked,
  requestId: string,
): Promise<Attempt> => {
  const connected = await connectHub(hub.url);
  assert(connected.ok);
  const attempted = await connected.value.attempt({
    operation,
    input,
    caller: {
      principal: ownerPrincipal,
      role: 'admin',
      kind: 'person',
      agent: by,
      session: undefined,
      connection: `killed:${by}`,
      client: 'test',
    },
    workspace,
    requestId,
    signal: undefined,
  });
  connected.value.close();
  return attempted;
};

const call = async (hub: HubProcess, asked: Asked, requestId: string): Promise<Outcome<HubReply>> => {
  const attempted = await attempt(hub, asked, requestId);
  assert(attempted.kind === 'answered', JSON.stringify(attempted));
  return attempted.outcome;
};

/** Makes a step of which the hub dies. */
const callDoomed = async (hub: HubProcess, n: number): Promise<void> => {
  const step = steps[n];
  assert(step !== undefined);
  const attempted = await attempt(hub, step, `step-${n}`);
  assert(attempted.kind === 'away' && attempted.begun, step.operation);
  await hub.crash();
  assert.equal(hub.child.signalCode, 'SIGKILL');
};

/** Both agents in each of these workspaces. */
const joinBoth = async ({ dataDir }: Site, ...workspaces: readonly Workspace[]): Promise<void> => {
  const added = workspaces.map((name) => ({ operation: 'workspace_add', input: { name } }));
  const started = ['main', ...workspaces].flatMap((workspace) =>
    ['ada', 'bob'].map((agent) => ({ operation: 'start', input: {}, agent, workspace })),
  );
  await tellHere(dataDir, [...added, ...started]);
};

const valueIn = (reply: Outcome<HubReply>, step: Step): unknown => {
  assert(reply.ok, `${step.operation}: ${JSON.stringify(reply)}`);
  assert.match(JSON.stringify(reply.value.value), step.shows);
  return reply.value.value;
};

/** Makes the step before once more, as somebody would who has not seen its answer. */
const repeatBefore = async (
  hub: HubProcess,
  n: number,
  workspace: Workspace = 'main',
): Promise<Outcome<HubReply> | undefined> => {
  const step = steps[n - 1];
  if (step === undefined) return undefined;
  const again = await call(hub, { ...step, workspace }, `step-${n - 1}`);
  valueIn(again, step);
  return again;
};

const isReplayed = (reply: Outcome<HubReply> | undefined): boolean | undefined =>
  reply === undefined ? undefined : reply.ok && reply.value.replayed;

/** A conversation in a workspace of its own, between every two steps of which the hub is killed. */
const besideOf = () => {
  let before: unknown;
  return async (hub: HubProcess, n: number): Promise<void> => {
    const again = await repeatBefore(hub, n, 'beside');
    assert.notEqual(isReplayed(again), false);
    assert.deepEqual(again?.ok === true ? again.value.value : undefined, before);
    const step = steps[n];
    if (step === undefined) return;
    before = valueIn(await call(hub, { ...step, workspace: 'beside' }, `step-${n}`), step);
  };
};

describe('a conversation through a hub', () => {
  it('goes on when the hub is killed in every step before it is stored, and another between whose steps it is', async (t) => {
    const site = await openSite(t);
    await joinBoth(site, 'beside');
    const goOnBeside = besideOf();
    for (const n of steps.keys()) {
      // The first commit is that of the step before.
      const hub = await startDoomed(site, `before ${commit}${n === 0 ? '' : ', time 2'}`);
      await goOnBeside(hub, n);
      assert.notEqual(isReplayed(await repeatBefore(hub, n)), true);
      await callDoomed(hub, n);
    }
    const hub = await startHub(site);
    await goOnBeside(hub, steps.length);
    assert.equal(isReplayed(await repeatBefore(hub, steps.length)), false);
    checkConversation(journalOf(site));
    checkConversation(journalOf(site, 'beside'));
  });

  it('goes on when the hub is killed in every step after it is stored', async (t) => {
    const site = await openSite(t);
    await joinBoth(site);
    for (const n of steps.keys()) {
      const hub = await startDoomed(site, `after ${commit}`);
      assert.notEqual(isReplayed(await repeatBefore(hub, n)), false);
      await callDoomed(hub, n);
    }
    const hub = await startHub(site);
    assert.equal(isReplayed(await repeatBefore(hub, steps.length)), true);
    for (const [n, step] of steps.entries()) {
      if (!('result' in step.input)) continue;
      const other = { ...step, input: { ...step.input, result: 'Something else.' } };
      const refused = await call(hub, other, `other-${n}`);
      assert.equal(!refused.ok && refused.code, 'invalid_state', 'each request is answered once');
    }
    checkConversation(journalOf(site));
  });
});

const json = ({ status, out, err }: Ended, step: Step): unknown => {
  assert.equal(status, 0, `${step.operation}: ${out}${err}`);
  assert.match(out, step.shows);
  return JSON.parse(out);
};

describe('a conversation of commands, each of which is a process on the journal', () => {
  for (const when of ['before', 'after'] as const) {
    it(`goes on when every command is killed ${when} its step is stored`, async (t) => {
      const site = await openSite(t);
      await joinBoth(site);
      for (const step of steps) {
        const words = [...step.words, '--agent', step.by];
        const killed = await runCut(site, words, { step: `${when} ${commit}`, signal: 'SIGKILL' });
        assert.deepEqual([killed.signal, killed.out], ['SIGKILL', ''], step.operation);
        const answer = z.looseObject({}).parse(json(await runWords(site, words), step));
        assert.equal(answer['replayed'] === true, when === 'after', step.operation);
      }
      checkConversation(journalOf(site));
    });
  }
});
