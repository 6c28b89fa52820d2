/* Operations as commands: each in a process of its own, as a person or a script runs them. */
import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { ok } from '../../src/kernel/errors.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { serve } from '../surfaces/serving.ts';
import { type Place, openPlace } from './program.ts';

const added = z.object({ tasks: z.array(z.object({ id: z.string() })), replayed: z.boolean().optional() });
const list = z.object({ items: z.array(z.object({ id: z.string(), title: z.string() })), total: z.number() });

const titles = async (place: Place, env: Record<string, string> = {}): Promise<readonly string[]> =>
  list.parse(await place.json(['task', 'list'], { env })).items.map(({ title }) => title);

/** A hub of that place, until the test ends. */
const startHub = async (place: Place): Promise<void> => {
  const hub = place.start(['serve', '--port', '0']);
  await hub.says('Ctrl-C');
};

const throughEach = (title: string, test: (place: Place) => Promise<void>): void => {
  it(`${title}, on the journals`, async (t) => test(await openPlace(t)));
  it(`${title}, through a hub`, async (t) => {
    const place = await openPlace(t);
    await startHub(place);
    await test(place);
  });
};

describe('commands', () => {
  throughEach('take a task from the plan to its end', async (place) => {
    assert.deepEqual(
      await place.json(['task', 'add', 'Fix', 'the', 'login', '--priority', '2', '--labels', 'ui,api']),
      {
        tasks: [{ id: 'T-1', ready: true, revision: 1 }],
      },
    );
    const first = await place.json(['start', '--agent', 'ada']);
    const claimed = z
      .object({ id: z.string(), labels: z.array(z.string()) })
      .parse(await place.json(['task', 'claim', '--agent', 'ada']));
    assert.deepEqual([claimed.id, claimed.labels], ['T-1', ['ui', 'api']]);
    // The name of the agent is what makes processes one session, whichever way it is said.
    const again = await place.json(['start'], { env: { SIGNALBOX_AGENT: 'ada' } });
    const session = z.object({ session: z.string(), resumed: z.boolean() });
    assert.equal(session.parse(again).session, session.parse(first).session);
    const { status, out, err } = await place.run([
      'task',
      'done',
      'T-1',
      '--result',
      'works',
      '--agent',
      'ada',
    ]);
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /^id +T-1\nstatus +done\n/);
    assert.deepEqual(await titles(place), []);
  });

  it('without a name are those of one agent, and of another session by its handle', async (t) => {
    const place = await openPlace(t);
    await place.run(['task', 'add', 'One']);
    await place.run(['task', 'add', 'Two']);
    const session = z.object({ agent: z.string(), session: z.string() });
    const mine = session.parse(await place.json(['start']));
    assert.equal(mine.agent, 'cli-1');
    const ada = session.parse(await place.json(['start', '--agent', 'ada']));
    assert.equal((await place.run(['task', 'claim', 'T-1'])).status, 0);
    assert.equal((await place.run(['task', 'claim', 'T-2', '--session', ada.session])).status, 0);
    const holders = z.object({ items: z.array(z.object({ holder: z.string() })) });
    const { items } = holders.parse(await place.json(['task', 'list']));
    assert.deepEqual(items.map(({ holder }) => holder).toSorted(), ['ada', 'cli-1']);
  });

  it('take their input as JSON as well', async (t) => {
    const place = await openPlace(t);
    writeFileSync(join(place.cwd, 'plan.json'), '{"title":"From a file"}');
    assert.equal((await place.run(['call', 'task_add', '{"title":"From a word"}'])).status, 0);
    assert.equal((await place.run(['call', 'task_add', '@plan.json'])).status, 0);
    assert.equal(
      (await place.run(['call', 'task_add', '-'], { stdin: '{"title":"From a pipe"}' })).status,
      0,
    );
    assert.equal(
      (await place.run(['task', 'add', '--input', '-', '--slug', 'x'], { stdin: '{"title":"And a flag"}' }))
        .status,
      0,
    );
    assert.deepEqual(await titles(place), ['From a word', 'From a file', 'From a pipe', 'And a flag']);
  });

  it('that are misspelt name the nearest', async (t) => {
    const place = await openPlace(t);
    const said = async (...args: string[]): Promise<string> => {
      const { status, out, err } = await place.run(args);
      assert.deepEqual([status, out], [2, '']);
      return err;
    };
    assert.match(
      await said('task', 'lst'),
      /^signalbox: There is no command "task lst".* signalbox task list\?/,
    );
    assert.match(await said('tasks', 'list'), /no command "tasks". Did you mean signalbox task list\?/);
    assert.match(await said('task_claim'), /Did you mean signalbox task claim\?/);
    assert.match(await said('claim'), /Did you mean signalbox task claim\?/);
    assert.match(await said('sevre'), /Did you mean signalbox serve\?/);
    assert.match(await said('task'), /needs one word more: add, list/);
    assert.match(
      await said('serve', '--prot', '1'),
      /signalbox serve has no flag "--prot". Did you mean --port\?/,
    );
    assert.match(await said('verify', 'main'), /"main" is a word too many/);
    assert.match(await said('--agnet', 'ada', 'start'), /no command "ada"/);
    assert.match(await said('call'), /needs the name of an operation/);
    assert.match(await said('call', 'task_get', '{"id":', '"T-1"}'), /so that it is one word/);
  });

  it('may have flags before them', async (t) => {
    const place = await openPlace(t);
    assert.equal((await place.run(['--agent', 'ada', 'start', '--json'])).status, 0);
    assert.equal((await place.run(['--json', 'task', '--agent=ada', 'list'])).status, 0);
  });

  it('whose reader goes away end without a word', async (t) => {
    const place = await openPlace(t);
    for (const args of [['help'], ['task', 'list', '--json']]) {
      const command = place.start(args, { deaf: true });
      const { status, err } = await command.ended;
      assert.deepEqual([status, err], [0, '']);
    }
  });
});

/** A hub that does what it is asked, and then never answers the first call that changes the board. */
const silentHub = async (context: TestContext) => {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let silent = true;
  const served = await serve(context, (hub: Hub) => ({
    call: async (call) => {
      const reply = await hub.call(call);
      if (!silent || call.operation !== 'task_add') return reply;
      silent = false;
      resolve();
      await new Promise<void>((leave) => call.signal?.addEventListener('abort', () => leave()));
      return ok({ value: {}, replayed: false, waiting: undefined });
    },
  }));
  return { url: served.url, done };
};

const notesOf = ({ dataDir }: Place): readonly string[] => readdirSync(join(dataDir, 'pending-calls'));

describe('a call whose answer was not heard', () => {
  it('is not done again by the same command after the process was killed', async (t) => {
    const { url, done } = await silentHub(t);
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url };
    const killed = place.start(['task', 'add', 'Once', '--agent', 'ada'], { env });
    await place.run(['start', '--agent', 'ada'], { env });
    await done;
    killed.kill('SIGKILL');
    await killed.ended;
    const [note = ''] = notesOf(place);
    const folder = join(place.dataDir, 'pending-calls');
    assert.equal(statSync(join(folder, note)).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    // Another call is not taken for it.
    await place.run(['task', 'add', 'Another', '--agent', 'ada'], { env });
    const again = await place.run(['task', 'add', 'Once', '--agent', 'ada'], { env });
    assert.equal(again.status, 0);
    assert.match(again.err, /^This was interrupted \d+ s ago and had been stored; it was not done again/);
    assert.deepEqual(await titles(place, env), ['Once', 'Another']);
    assert.deepEqual(notesOf(place), []);
    assert.equal((await place.run(['task', 'add', 'Once', '--agent', 'ada'], { env })).err, '');
    assert.equal((await titles(place, env)).length, 3);
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`after ${signal} says that it may be stored, and is the same call next time`, async (t) => {
      const { url, done } = await silentHub(t);
      const place = await openPlace(t);
      const env = { SIGNALBOX_URL: url };
      const broken = place.start(['task', 'add', 'Once'], { env });
      await done;
      broken.kill(signal);
      const ended = await broken.ended;
      assert.deepEqual([ended.status, ended.out], [status, '']);
      assert.match(
        ended.err,
        /^signalbox: Interrupted\. Whether this was stored is not known\. The same command again/,
      );
      const again = added.parse(await place.json(['task', 'add', 'Once'], { env }));
      assert.deepEqual(again, { tasks: [{ id: 'T-1' }], replayed: true });
      assert.deepEqual(await titles(place, env), ['Once']);
    });
  }

  it('is one call under a request id that was given', async (t) => {
    const place = await openPlace(t);
    const once = ['task', 'add', 'Once', '--request-id', 'r-1'];
    assert.equal(added.parse(await place.json(once)).replayed, undefined);
    const again = await place.run(once);
    assert.match(again.err, /^This was done before, under the same request id/);
    assert.deepEqual(await titles(place), ['Once']);
    const other = await place.run(['task', 'add', 'Other', '--request-id', 'r-1']);
    assert.equal(other.status, 4);
    assert.deepEqual(notesIn(place), []);
  });

  it('that only waited stores nothing when it is interrupted', async (t) => {
    const { hub, url, waiting } = await serve(t);
    assert(hub.id !== undefined);
    const place = await openPlace(t);
    const env = { SIGNALBOX_URL: url, SIGNALBOX_AGENT: 'ada' };
    await place.run(['start'], { env });
    const claim = place.start(['task', 'claim', '--wait-ms', '50000'], { env });
    while ((await waiting()) === 0) await new Promise((resolve) => setImmediate(resolve));
    claim.kill('SIGINT');
    const { status, out } = await claim.ended;
    assert.deepEqual([status, out], [130, '']);
  });
});

const notesIn = (place: Place): readonly string[] => {
  try {
    return notesOf(place);
  } catch {
    return [];
  }
};
