/*
 * Test 12 of what a lock service should show: the wrapper runs the command, returns its exit code, releases on a signal,
 * and kills the command when the lease is lost.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';
import { type Place, envIn, openPlace } from '../cli/program.ts';
import { main, mainOnly, swift } from '../host/processes.ts';

const node = process.execPath;

/** A command that does what the script does, and says that it is there. */
const saying = (script: string): readonly string[] => [
  node,
  '-e',
  `${script};process.stdout.write('there\\n')`,
];

const idle = saying('setInterval(() => {}, 1000)');

const under = (command: readonly string[], ...flags: readonly string[]): readonly string[] => [
  'run',
  '--lock',
  'pytest',
  ...flags,
  '--',
  ...command,
];

const started = z.looseObject({ session: z.string() });

const listed = z.looseObject({ items: z.array(z.looseObject({ name: z.string() })) });

/** Who holds the lock; nobody when it is free. */
const locksOf = async (place: Place): Promise<readonly string[]> =>
  listed.parse(await place.json(['lock', 'list', '--agent', 'eve'])).items.map(({ name }) => name);

const withEve = async (place: Place): Promise<void> => {
  assert.equal((await place.run(['start', '--agent', 'eve'])).status, 0);
};

for (const way of ['through a hub', 'on the journals'] as const) {
  const open = async (t: Parameters<typeof openPlace>[0]): Promise<Place> => {
    const place = await openPlace(t);
    if (way === 'through a hub') await place.start(['serve', '--port', '0']).says('Ctrl-C');
    await withEve(place);
    return place;
  };

  describe(`12: a command that is run under a lock, ${way}`, () => {
    it('has its exit code passed on, and the lock given back', async (t) => {
      const place = await open(t);
      for (const code of [0, 7]) {
        const { status, out, err } = await place.run(under(saying(`process.exitCode = ${code}`)));
        assert.deepEqual([status, out], [code, 'there\n'], err);
        assert.deepEqual(await locksOf(place), []);
      }
      const missing = await place.run(under(['no-such-command']));
      assert.equal(missing.status, 127);
      assert.match(missing.err, /could not be started/);
      assert.deepEqual(await locksOf(place), []);
    });

    it('is not run while somebody else holds the lock', async (t) => {
      const place = await open(t);
      const first = place.start(under(idle), { env: { SIGNALBOX_AGENT: 'ada' } });
      await first.says('there');
      assert.deepEqual(await locksOf(place), ['pytest']);
      const second = await place.run(under(saying('')), { env: { SIGNALBOX_AGENT: 'ada' } });
      assert.deepEqual([second.status, second.out], [4, ''], second.err);
      const waiting = place.start(under(saying(''), '--wait-ms', '60000'));
      first.kill('SIGTERM');
      assert.equal((await first.ended).status, 143);
      const { status, out } = await waiting.ended;
      assert.deepEqual([status, out], [0, 'there\n']);
    });

    it('leaves what the session that was named holds already, whatever mode it is run under', async (t) => {
      const place = await open(t);
      for (const [held, asked] of [
        ['exclusive', 'shared'],
        ['shared', 'exclusive'],
      ] as const) {
        const { session } = started.parse(await place.json(['start', '--agent', 'ada']));
        await place.json(['lock', 'acquire', 'pytest', '--mode', held, '--session', session]);
        const ran = await place.run(under(saying(''), '--session', session, '--mode', asked));
        assert.equal(ran.status, 0, ran.err);
        assert.deepEqual(await locksOf(place), ['pytest']);
        await place.json(['lock', 'release', 'pytest', '--session', session]);
        assert.deepEqual(await locksOf(place), []);
      }
    });

    it('is passed signals, and gives the lock back whatever it ends with', async (t) => {
      const place = await open(t);
      const handled = saying(`process.on('SIGINT', () => process.exit(5));setInterval(() => {}, 1000)`);
      const deaf = place.start(under(handled));
      await deaf.says('there');
      deaf.kill('SIGINT');
      assert.equal((await deaf.ended).status, 5);
      assert.deepEqual(await locksOf(place), []);
      const hung = place.start(under(idle));
      await hung.says('there');
      hung.kill('SIGHUP');
      assert.equal((await hung.ended).status, 129);
      assert.deepEqual(await locksOf(place), []);
    });
  });

  describe(`12: a command whose lock is broken, or refused, ${way}`, () => {
    it('is killed with all that it started when the lock is broken', async (t) => {
      const place = await open(t);
      // Neither it nor what it starts obeys the request to end.
      const stubborn = `process.on('SIGTERM', () => {});setInterval(() => {}, 1000);`;
      const inner = JSON.stringify(`${stubborn}process.stdout.write('inside');`);
      const script = `${stubborn}require('node:child_process').spawn(process.execPath, ['-e', ${inner}], { stdio: 'inherit' })`;
      const held = place.start(under(saying(script), '--ttl', '5'));
      await Promise.all([held.says('there'), held.says('inside')]);
      const breaking = ['lock', 'break', 'pytest', '--reason', 'It hangs.', '--no-ask'];
      const broken = await place.person(breaking);
      assert.equal(broken.status, 0, broken.err);
      // The output ends when nobody is left who could write to it.
      const { status, err } = await held.ended;
      assert.equal(status, 4, err);
      assert.match(err, /The lock pytest was lost while the command ran/);
    });

    it('is told to end at once when the lock is broken, long before that would be renewed', async (t) => {
      const place = await open(t);
      const held = place.start(under(idle, '--ttl', '86400'));
      await held.says('there');
      const broken = await place.person(['lock', 'break', 'pytest', '--reason', 'It hangs.', '--no-ask']);
      assert.equal(broken.status, 0, broken.err);
      const { status, err } = await held.ended;
      assert.equal(status, 4, err);
      assert.match(err, /The lock pytest was lost while the command ran: Token \d+ of pytest/);
    });

    it('is refused in the words of its own flags, and waits as long as it was told to', async (t) => {
      const place = await open(t);
      await place.run(['lock', 'acquire', 'pytest', '--agent', 'eve']);
      const refused = async (...flags: readonly string[]): Promise<string> => {
        const { status, out, err } = await place.run(['run', ...flags, '--', ...saying('')]);
        assert.deepEqual([status === 2 || status === 4, out], [true, ''], err);
        return err;
      };
      assert.match(await refused('--lock', 'pytest'), /held exclusive by eve .*Call again with --wait-ms to/);
      assert.match(await refused('--lock', 'pytest', '--wait-ms', '200'), /held exclusive by eve/);
      const wrong = await refused('--lock', 'a$', '--mode', 'all', '--wait-ms', '600001');
      assert.match(
        wrong,
        /^signalbox: --lock: .*; --mode: must be one of .*; --wait-ms: must be at most 600000\./,
      );
      assert.match(
        await refused('--lock', 'a', '--ttl', '3'),
        /^signalbox: --ttl is 5 to 86400 seconds, and not 3/,
      );
      assert.match(
        await refused('--lock', 'a', '--ttl', '5m'),
        /^signalbox: --ttl is a whole number of seconds/,
      );
      assert.match(await refused('--lock', 'work'), /^signalbox: The lock work is called after the branch/);
    });
  });
}

describe('a command under a lock where the ttls of locks are others', () => {
  for (const [min, max] of [
    ['120', '300'],
    ['5', '30'],
  ] as const) {
    it(`runs with one from ${min} to ${max} s when none is asked for`, async (t) => {
      const place = await openPlace(t);
      const env = { SIGNALBOX_LOCK_TTL: min, SIGNALBOX_LOCK_TTL_MIN: min, SIGNALBOX_LOCK_TTL_MAX: max };
      const { status, out, err } = await place.run(under(saying('')), { env });
      assert.deepEqual([status, out.trim()], [0, 'there'], err);
      const asked = await place.run(under(saying(''), '--ttl', '60'), { env });
      assert.deepEqual([asked.status, asked.out], [2, ''], 'what is asked for is not changed');
    });
  }
});

describe('12: a command whose lock cannot be renewed', () => {
  it('is ended when the ttl is over, because nobody knows who holds the lock by then', async (t) => {
    const place = await openPlace(t);
    const hub = place.start(['serve', '--port', '0']);
    const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
    const held = place.start(under(idle, '--ttl', '5', '--url', url));
    await held.says('there');
    hub.kill('SIGKILL');
    const { status, err } = await held.ended;
    assert.equal(status, 4, err);
    assert.match(err, /could not be renewed in time \(.*\)\. The command was ended;/);
  });
});

/** A repository on a branch, and another worktree of it on another branch. */
const repositoryIn = (place: Place) => {
  const [clone, worktree] = [join(place.home, 'clone'), join(place.home, 'worktree')];
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      env: { ...process.env, HOME: place.home, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: 'pipe',
    });
  };
  git('init', '--quiet', '--initial-branch=wave-5c.1', clone);
  git('-C', clone, 'commit', '--quiet', '--allow-empty', '--message=x');
  git('-C', clone, 'worktree', 'add', '--quiet', '-b', 'feature/issue-42', worktree);
  const detach = (): void => git('-C', clone, 'checkout', '--quiet', '--detach');
  return { clone, worktree, detach };
};

describe('10: the lock work', () => {
  it('is called after the branch of each worktree, and refused on a bare commit', async (t) => {
    const place = await openPlace(t);
    const { clone, worktree, detach } = repositoryIn(place);
    const acquire = async (cwd: string, agent: string): Promise<string> => {
      const env = { SIGNALBOX_WORKSPACE: 'main', SIGNALBOX_AGENT: agent };
      await place.run(['start'], { cwd, env });
      return JSON.stringify(await place.json(['lock', 'acquire', 'work'], { cwd, env }));
    };
    assert.match(await acquire(clone, 'ada'), /"name":"wave:5c\.1"/);
    assert.match(await acquire(worktree, 'eve'), /"name":"issue:42"/);
    detach();
    assert.match(await acquire(clone, 'bob'), /"code":"invalid_input".*branch/);
  });

  it('is called so for an agent on stdio as well, whose process is in the worktree', async (t) => {
    const place = await openPlace(t);
    const { worktree } = repositoryIn(place);
    const client = new Client({ name: 'Test Client', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: node,
        args: [...swift, main, 'mcp', '--data-dir', place.dataDir, '--agent', 'ada'],
        cwd: worktree,
        env: { ...mainOnly, ...envIn(place.home) },
      }),
    );
    place.onEnd(() => client.close());
    await client.callTool({ name: 'start', arguments: {} });
    const direct = await client.callTool({ name: 'lock_acquire', arguments: { name: 'work' } });
    assert.match(JSON.stringify(direct.structuredContent), /"name":"issue:42"/);
    const named = { name: 'lock_release', arguments: { name: 'work' } };
    const released = await client.callTool({ name: 'tool_call', arguments: named });
    assert.match(JSON.stringify(released.structuredContent), /"released":\["issue:42"\]/);
  });
});
