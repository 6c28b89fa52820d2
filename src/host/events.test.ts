import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { areas } from '../areas/index.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { answerOver } from '../testing/busy-workspace.ts';
import { caller, open } from '../testing/engine-harness.ts';
import type { EventReader, EventsAsked } from '../surfaces/hub-events.ts';
import { openEvents } from './events.ts';

const asked: EventsAsked = {
  caller,
  workspace: undefined,
  areas: [],
  agents: [],
  kinds: [],
  since: '0',
};

/** Areas of which one lets only these agents read notes. */
const discreet = (readers: readonly string[]) =>
  areas.map((area) =>
    area.name === 'tasks'
      ? { ...area, visibleTo: ({ type }: { type: string }) => (type === 'tasks.noted' ? readers : undefined) }
      : area,
  );

const opened = async (...args: Parameters<typeof openEvents>): Promise<EventReader> => {
  const outcome = await openEvents(...args);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

const all = async (reader: EventReader): Promise<readonly string[]> => {
  const types: string[] = [];
  for (let at = reader.from; at < reader.head(); ) {
    const page = await reader.read(at, 3);
    assert.ok(page.ok);
    assert.ok(page.value.upTo > at);
    types.push(...page.value.events.map(({ type }) => type));
    at = page.value.upTo;
  }
  return types;
};

describe('a reader of events', () => {
  it('leaves out what the agent that reads may not see, and nothing for who names none', async () => {
    const { engine } = await open(createMemoryVault(), { areas: discreet(['ada']) });
    for (const agent of ['ada', 'bob']) {
      await answerOver(engine, agent, { operation: 'start', input: { agent } });
    }
    await answerOver(engine, 'ada', { operation: 'task_add', input: { title: 'x' } });
    await answerOver(engine, 'ada', { operation: 'task_update', input: { id: 'T-1', note: 'For ada.' } });
    const forAll = ['agents.started', 'agents.started', 'tasks.added'];
    const seen = async (over: Partial<EventsAsked['caller']>) =>
      all(await opened(engine, { ...asked, caller: { ...caller, ...over } }));
    assert.deepEqual(await seen({ agent: 'bob' }), forAll);
    assert.deepEqual(await seen({ connection: 'bob' }), forAll);
    assert.deepEqual(await seen({ agent: 'ada' }), [...forAll, 'tasks.noted']);
    assert.deepEqual(await seen({}), [...forAll, 'tasks.noted']);
    // A filter shows nothing that is hidden.
    const filtered = { ...asked, kinds: ['tasks.noted'], caller: { ...caller, agent: 'bob' } };
    assert.deepEqual(await all(await opened(engine, filtered)), []);
    await engine.close();
  });

  it('answers as of the very entry behind which it begins', async () => {
    const { engine } = await open(createMemoryVault());
    const adding: Promise<unknown>[] = [];
    const opening: Promise<EventReader>[] = [];
    for (let i = 0; i < 100; i += 1) {
      adding.push(answerOver(engine, 'ada', { operation: 'task_add', input: { title: 'x' } }));
      opening.push(opened(engine, { ...asked, since: undefined }));
      await turn();
    }
    const readers = await Promise.all(opening);
    await Promise.all(adding);
    assert.ok(new Set(readers.map(({ from }) => from)).size > 10, 'they begin at different entries');
    for (const { from, status } of readers) {
      assert.match(JSON.stringify(status), new RegExp(`"todo":${from},`));
    }
    await engine.close();
  });

  it('says that the workspace has stopped', async () => {
    const { engine } = await open(createMemoryVault());
    const reader = await opened(engine, asked);
    await engine.close();
    const page = await reader.read(0, 1);
    assert.equal(page.ok ? '' : page.code, 'stopping');
  });
});
