/*
 * `signalbox run` that dies or is broken off at any step. A Ctrl-C ends it in order: the lock is free at once. Nothing
 * can be done in the name of one that was killed: its lock is free when the ttl is over, and the command that it ran
 * goes on.
 */
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { openPlace } from '../cli/program.ts';
import { type Cut, runCut, runWords, stepsOf } from '../cli/cut-program.ts';
import { type Site, openSite, startHub } from '../host/processes.ts';
import { inLanes } from '../lanes.ts';

type Way = 'through a hub' | 'on the journal';

const openWith = async (context: TestContext, way: Way): Promise<Site> => {
  const site = await openSite(context);
  if (way === 'through a hub') await startHub(site);
  assert.equal((await runWords(site, ['start', '--agent', 'eve'])).status, 0);
  return site;
};

const command = ['--', 'sh', '-c', 'echo ran'];

const under = (lock: string, ...flags: readonly string[]): readonly string[] => [
  'run',
  '--lock',
  lock,
  '--agent',
  'ada',
  ...flags,
  ...command,
];

const listed = z.object({ total: z.number(), queue_length: z.number() });
const held = z.object({ items: z.array(z.object({ name: z.string() })), total: z.number() });

/** How many hold a lock and how many wait for it; without a name, of all locks. */
const standingOf = async (site: Site, ...lock: readonly string[]): Promise<z.infer<typeof listed>> =>
  listed.parse(JSON.parse((await runWords(site, ['lock', 'list', ...lock])).out));

const free = { total: 0, queue_length: 0 };

/** The locks that somebody holds, and how many wait for any. */
const heldIn = async (site: Site) => {
  const { out } = await runWords(site, ['lock', 'list']);
  const { items, total } = held.parse(JSON.parse(out));
  assert.equal(items.length, total);
  return { names: items.map(({ name }) => name), waiting: listed.parse(JSON.parse(out)).queue_length };
};

/** The shortest that there is, so that what a killed run has left is over soon. */
const shortly = ['--ttl', '5'];
/** So long that what is not given back would be seen. */
const long = ['--ttl', '600'];
const patiently = ['--wait-ms', '60000'];

// Those first of which something is left for a while, which is over when the others are done.
const signals = ['SIGKILL', 'SIGINT'] as const;

/** Each trial has a lock of its own. */
const lockOf = (signal: string, step: string): string =>
  `${signal} ${step}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

/** What must hold as soon as a run has ended that was sent a signal. */
const checkEnd = async (site: Site, lock: string, cut: Cut): Promise<void> => {
  const shown = `${cut.signal} ${cut.step}`;
  const ended = await runCut(site, under(lock, ...(cut.signal === 'SIGINT' ? long : shortly)), cut);
  const said = `${shown}: ${JSON.stringify(ended)}`;
  if (cut.signal === 'SIGKILL') {
    assert.equal(ended.signal, 'SIGKILL', said);
    return;
  }
  // It ends with 130 itself where there is no command yet, and else with whatever the command has made of the signal.
  assert(ended.status === 130 || (ended.status === 0 && ended.out === 'ran\n'), said);
};

for (const way of ['through a hub', 'on the journal'] as const) {
  const waiting =
    way === 'through a hub' ? 'after the request lock_acquire' : 'after the commit in main.journal, time 2';

  // What was offered to one that was killed is its own for 10 s, in which the others are tried.
  describe(`signalbox run ${way} that is cut short`, { concurrency: true }, () => {
    it('leaves the lock free at once or after its ttl, and then runs the command, wherever it is', async (t) => {
      const site = await openWith(t, way);
      // What is asked beside the command writes nothing, and comes only when the command takes its time.
      const steps = (await stepsOf(site, under('steps'))).filter(
        (step) => !step.includes('lock_check_token'),
      );
      for (const expected of [
        waiting,
        'before the command',
        'after the start of the command',
        'after the command',
      ])
        assert(steps.includes(expected), `${expected} is among ${steps.join(', ')}`);
      const cuts = signals.flatMap((signal) => steps.map((step): Cut => ({ step, signal })));
      await inLanes(cuts, (cut) => checkEnd(site, lockOf(cut.signal, cut.step), cut));
      const { names, waiting: queued } = await heldIn(site);
      assert.deepEqual([names.filter((name) => name.startsWith('sigint')), queued], [[], 0]);
      await inLanes(steps, async (step) => {
        const again = await runWords(site, under(lockOf('SIGKILL', step), ...patiently));
        assert.deepEqual([again.status, again.out], [0, 'ran\n'], `${step}: ${again.err}`);
      });
      assert.deepEqual(await standingOf(site), free);
    });

    for (const signal of signals) {
      it(`by ${signal} while it waits does not run, and keeps the lock from nobody`, async (t) => {
        const site = await openWith(t, way);
        const words = under('pytest', ...patiently);
        assert.equal((await runWords(site, ['lock', 'acquire', 'pytest', '--agent', 'eve'])).status, 0);
        const ended = await runCut(site, words, { step: waiting, signal });
        assert.equal(ended.out, '');
        assert.deepEqual([ended.status, ended.signal], signal === 'SIGINT' ? [130, null] : [null, 'SIGKILL']);
        if (signal === 'SIGINT')
          assert.deepEqual(await standingOf(site, 'pytest'), { total: 1, queue_length: 0 });
        assert.equal((await runWords(site, ['lock', 'release', 'pytest', '--agent', 'eve'])).status, 0);
        const again = await runWords(site, signal === 'SIGINT' ? under('pytest') : words);
        assert.deepEqual([again.status, again.out], [0, 'ran\n'], again.err);
        assert.deepEqual(await standingOf(site, 'pytest'), free);
      });
    }
  });
}

describe('signalbox run that is killed while the command runs', () => {
  it('leaves that running, and the lock with it for a ttl, so that its repeat runs no second one', async (t) => {
    const place = await openPlace(t);
    const idle = `process.stdout.write(\`at \${process.pid}.\`);setInterval(() => {}, 1000)`;
    const words = ['run', '--lock', 'pytest', '--agent', 'ada', '--', process.execPath, '-e', idle];
    const first = place.start(words);
    const pid = Number(/at (\d+)\./.exec(await first.says('.'))?.[1]);
    place.onEnd(async () => {
      process.kill(pid);
      await first.ended;
    });
    first.kill('SIGKILL');
    const again = await place.run(words);
    assert.deepEqual([again.status, again.out], [4, ''], again.err);
    assert.match(again.err, /pytest is held exclusive by ada/);
    process.kill(pid, 0);
  });
});
