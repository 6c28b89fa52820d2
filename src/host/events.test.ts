import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areas } from '../areas/index.ts';
import type { Area } from '../kernel/area.ts';
import { createMemoryVault } from '../stores/memory/memory-store.ts';
import { answerOver } from '../testing/busy-workspace.ts';
import { caller, open } from '../testing/engine-harness.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { EventReader, EventsAsked } from '../surfaces/hub-events.ts';
import { openEvents } from './events.ts';
import { turns } from '../testing/at-rest.ts';

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
      ? {
          ...area,
          readBy: (...[entry, reader = '']: Parameters<Area['readBy']>) =>
            entry.type !== 'tasks.noted' || readers.includes(reader) ? entry : undefined,
        }
      : area,
  );

const opened = async (...args: Parameters<typeof openEvents>): Promise<EventReader> => {
  const outcome = await openEvents(...args);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
};

/** The data of all entries of a type that a reader is given. */
const dataOf = async (reader: EventReader, type: string): Promise<readonly unknown[]> => {
  const page = await reader.read(reader.from, 100);
  assert.ok(page.ok);
  return page.value.events.filter((event) => event.type === type).map(({ data }) => data);
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

it('ME17 ME28 tells each agent its own part of an entry that is about several', async () => {
  const clock = new ManualClock();
  const { engine } = await open(createMemoryVault(), { clock });
  const names = ['ada', 'bob', 'cyd', 'dan'];
  for (const agent of names) await answerOver(engine, agent, { operation: 'start', input: { agent } });
  const send = async (by: string, to: string) => {
    const input = { to, text: 'x', expires_in_s: 1 };
    await answerOver(engine, by, { operation: 'message_send', input });
    return engine.seq;
  };
  const [kept, also] = [await send('ada', 'bob'), await send('cyd', 'bob')];
  await answerOver(engine, 'bob', { operation: 'inbox', input: { ack: [`M-${kept}`, `M-${also}`] } });
  const [ofAda, ofCyd] = [await send('ada', 'bob'), await send('cyd', 'dan')];
  clock.advance(1_000);
  await engine.tick();
  const told = async (agent: string, type: string, agents: readonly string[] = []) =>
    dataOf(await opened(engine, { ...asked, agents, caller: { ...caller, agent } }), type);
  const expiredOfAda = { messages: [{ seq: ofAda, sender: 'ada', unread: ['bob'] }] };
  const expiredOfCyd = { messages: [{ seq: ofCyd, sender: 'cyd', unread: ['dan'] }] };
  assert.deepEqual(await told('ada', 'messages.expired'), [expiredOfAda]);
  assert.deepEqual(await told('bob', 'messages.expired'), [expiredOfAda], 'it was its mail');
  assert.deepEqual(await told('cyd', 'messages.expired'), [expiredOfCyd]);
  assert.deepEqual(await told('dan', 'messages.expired'), [expiredOfCyd]);
  assert.deepEqual(await told('ada', 'messages.expired', ['dan']), [], 'a filter does not tell either');
  const ofOne = (seq: number, sender: string) => [
    { agent: 'bob', messages: [seq], senders: [sender], sentBy: [sender] },
  ];
  assert.deepEqual(await told('ada', 'messages.acknowledged'), ofOne(kept, 'ada'));
  assert.deepEqual(await told('cyd', 'messages.acknowledged'), ofOne(also, 'cyd'));
  assert.deepEqual(await told('dan', 'messages.acknowledged'), []);
  assert.deepEqual(await told('bob', 'messages.acknowledged'), [
    { agent: 'bob', messages: [kept, also], senders: ['ada', 'cyd'], sentBy: ['ada', 'cyd'] },
  ]);
  await engine.close();
});

describe('a reader of events', () => {
  it('leaves out what the agent that reads may not see, and for who names none what is not for everybody', async () => {
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
    assert.deepEqual(await seen({}), forAll);
    // A filter shows nothing that is hidden.
    const filtered = { ...asked, kinds: ['tasks.noted'], caller: { ...caller, agent: 'bob' } };
    assert.deepEqual(await all(await opened(engine, filtered)), []);
    await engine.close();
  });

  it('answers as of the very entry behind which it begins', async () => {
    const { engine } = await open(createMemoryVault());
    const adding: Promise<unknown>[] = [];
    const opening: Promise<EventReader>[] = [];
    const add = () => answerOver(engine, 'ada', { operation: 'task_add', input: { title: 'x' } });
    await add();
    for (let i = 0; i < 100; i += 1) {
      adding.push(add());
      opening.push(opened(engine, { ...asked, since: undefined }));
      // However long the store takes, some begin between the entries and some with entries on their way.
      await (i % 5 === 4 ? adding.at(-1) : turns(1));
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
