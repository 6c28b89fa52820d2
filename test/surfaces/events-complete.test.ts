/* Nothing is lost and nothing comes twice, whoever writes and however often the reader loses its stream. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LocalHub } from '../../src/host/local-hub.ts';
import { wholeCatalogue } from '../../src/host/whole-catalogue.ts';
import { openPlace } from '../cli/program.ts';
import { openWorkspaces } from '../race/workspaces.ts';
import { EventStream, entryIn } from './event-client.ts';
import { post, serve, valueIn } from './serving.ts';
import { seeded } from '../seeded.ts';

const seed = Number(process.env['EVENTS_SEED'] ?? Math.floor(Math.random() * 1e9));
const reconnects = 50;
const writers = ['ada', 'bob', 'cid'];
const callsPerWriter = 200;

const random = seeded(seed);

const below = (limit: number): number => Math.floor(random() * limit);

describe('the events of a workspace', () => {
  it('come in order, each once, while three write and the reader comes back fifty times', async (t) => {
    console.log(`seed ${seed} (EVENTS_SEED=${seed} repeats it)`);
    const served = await serve(t);
    let stream = await EventStream.open(t, served.url, { query: '?since=0' });
    const done = Promise.all(
      writers.map(async (writer) => {
        for (let call = 0; call < callsPerWriter; call += 1) {
          const count = call % 3;
          const task = { title: `${writer} ${call}` };
          const body = count === 0 ? task : { tasks: Array.from({ length: count }, () => task) };
          assert.equal((await post(served, 'task_add', { body })).status, 200);
        }
      }),
    );
    const seqs: number[] = [];
    const titles: unknown[] = [];
    const entries =
      writers.length * Array.from({ length: callsPerWriter }, (_, i) => i % 3 || 1).reduce((a, b) => a + b);
    const breaks = new Set<number>();
    while (breaks.size < reconnects) breaks.add(1 + below(entries - 1));
    while (seqs.length < entries) {
      const told = entryIn(await stream.one());
      seqs.push(told.seq);
      titles.push(told.data['title']);
      if (!breaks.has(seqs.length)) continue;
      const { id } = stream;
      stream.close();
      stream = await EventStream.open(t, served.url, { headers: { 'last-event-id': id } });
    }
    await done;
    assert.deepEqual(
      seqs,
      Array.from({ length: entries }, (_, i) => i + 1),
    );
    // Each writer's entries in the order in which it made its calls.
    for (const writer of writers) {
      const own = titles
        .filter((title) => String(title).startsWith(writer))
        .map((title) => Number(String(title).slice(4)));
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }
    const last = await EventStream.open(t, served.url);
    assert.deepEqual((await last.one()).id, stream.id);
  });
});

describe('the events of a journal', () => {
  it('are told by a hub whose journal another process writes', async (t) => {
    const place = await openPlace(t);
    const hub = place.start(['serve', '--port', '0', '--insecure-no-auth'], {
      env: { SIGNALBOX_WORKSPACE: 'main' },
    });
    const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
    const stream = await EventStream.open(t, url);
    assert.equal((await stream.one()).event, 'snapshot');
    const workspaces = await openWorkspaces(place.dataDir);
    place.onEnd(() => workspaces.close());
    const here = new LocalHub({
      workspaces,
      find: wholeCatalogue().find,
      defaultWorkspace: 'main',
      version: 'test',
      store: 'sqlite',
    });
    const add = async (title: string) =>
      valueIn(
        await here.call({
          operation: 'task_add',
          input: { title },
          caller: {
            principal: 'owner',
            role: 'admin',
            kind: 'person',
            agent: undefined,
            session: undefined,
            connection: undefined,
            client: undefined,
          },
          workspace: undefined,
          requestId: undefined,
          signal: undefined,
        }),
      );
    for (let i = 1; i <= 20; i += 1) {
      await Promise.all([add(`here ${i}`), post({ url }, 'task_add', { body: { title: `there ${i}` } })]);
      const [one, two] = [entryIn(await stream.one()), entryIn(await stream.one())];
      assert.deepEqual([one.seq, two.seq], [2 * i - 1, 2 * i]);
      const titles = new Set([one.data['title'], two.data['title']]);
      assert.deepEqual(titles, new Set([`here ${i}`, `there ${i}`]));
    }
  });
});
