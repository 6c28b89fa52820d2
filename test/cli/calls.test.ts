/* Operations as commands: each in a process of its own, as a person or a script runs them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, openPlace } from './program.ts';

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

  it('without a name are those of nobody, and of a session by its handle', async (t) => {
    const place = await openPlace(t);
    for (const title of ['One', 'Two']) await place.run(['task', 'add', title]);
    const session = z.object({ agent: z.string(), session: z.string() });
    const mine = session.parse(await place.json(['start']));
    assert.equal(mine.agent, 'cli-1');
    assert.deepEqual(session.parse(await place.json(['start'])), mine);
    const ada = session.parse(await place.json(['start', '--agent', 'ada']));
    for (const words of [['task', 'claim', 'T-1'], ['inbox'], ['wait']]) {
      const { status, err } = await place.run(words);
      assert.equal(status, 4, words.join(' '));
      assert.match(err, /signalbox start --agent NAME/);
    }
    assert.equal((await place.run(['task', 'claim', 'T-1', '--session', mine.session])).status, 0);
    assert.equal((await place.run(['task', 'claim', 'T-2', '--session', ada.session])).status, 0);
    const shown = await place.run(['status']);
    assert.match(shown.out, /\nin progress\n  ID {3}TITLE {2}HOLDER {2}SINCE\n  T-1  One {4}cli-1 {3}/);
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
});

describe('a command', () => {
  it('that is misspelt names the nearest', async (t) => {
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
    assert.match(await said('serve', '--prot', '1'), /serve has no flag "--prot". Did you mean --port\?/);
    assert.match(await said('verify', 'main'), /"main" is a word too many/);
    assert.match(await said('--agnet', 'ada', 'start'), /no command "ada"/);
    assert.match(await said('call'), /needs the name of an operation/);
    assert.match(await said('call', 'task_get', '{"id":', '"T-1"}'), /so that it is one word/);
  });

  it('may have flags before it', async (t) => {
    const place = await openPlace(t);
    assert.equal((await place.run(['--agent', 'ada', 'start', '--json'])).status, 0);
    assert.equal((await place.run(['--json', 'task', '--agent=ada', 'list'])).status, 0);
  });

  it('whose reader goes away ends without a word', async (t) => {
    const place = await openPlace(t);
    for (const args of [['help'], ['task', 'list', '--json']]) {
      const command = place.start(args, { deaf: true });
      const { status, err } = await command.ended;
      assert.deepEqual([status, err], [0, '']);
    }
  });
});
