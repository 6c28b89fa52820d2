/* One repository, and more than one hub: what one of them calls a workspace says nothing about another. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { mainOnly } from '../host/processes.ts';
import { type Ground, openGround } from './repositories.ts';

const titlesSchema = z.object({ items: z.array(z.object({ title: z.string() })) });

const titlesIn = async (ground: Ground, folder: string, env: Record<string, string>) => {
  const list = await ground.json(['task', 'list'], { cwd: ground.at(folder), env });
  return titlesSchema.parse(list).items.map(({ title }) => title);
};

/** Two repositories that want the same name, and an environment for each of two data directories. */
const twoOfOneName = async (context: Parameters<typeof openGround>[0]) => {
  const ground = await openGround(context);
  for (const folder of ['n1/app', 'n2/app']) ground.repository(folder);
  const [a, b] = ['a', 'b'].map((name) => ({ SIGNALBOX_DATA_DIR: ground.at(`data/${name}`) }));
  assert(a !== undefined && b !== undefined);
  return { ground, a, b };
};

describe('a name that a hub gave', () => {
  it('holds at that hub and leads to no other repository’s board at another', async (t) => {
    const { ground, a, b } = await twoOfOneName(t);
    assert.equal((await ground.arrive('n1/app', { env: a })).workspace, 'app');
    assert.equal((await ground.arrive('n2/app', { env: b })).workspace, 'app');
    await ground.run(['task', 'add', 'Of n2'], { cwd: ground.at('n2/app'), env: b });
    const first = await ground.show('n1/app', [], { env: b });
    assert.deepEqual([first.workspace, first.by], ['app-2', 'repository']);
    assert.deepEqual(await titlesIn(ground, 'n1/app', b), []);
    for (const [env, name] of [
      [a, 'app'],
      [b, 'app-2'],
      [a, 'app'],
    ] as const) {
      const shown = await ground.arrive('n1/app', { env });
      assert.deepEqual([shown.workspace, shown.by], [name, 'git config']);
      assert.equal(shown.root_commit, ground.git('n1/app', 'rev-parse', 'HEAD'));
    }
    assert.equal(ground.remembered('n1/app'), 'app app-2', 'one note for each hub');
  });

  it('does not outlive the data directory of that hub', async (t) => {
    const { ground, a } = await twoOfOneName(t);
    assert.equal((await ground.arrive('n1/app', { env: a })).workspace, 'app');
    rmSync(ground.at('data/a'), { recursive: true });
    assert.equal((await ground.arrive('n2/app', { env: a })).workspace, 'app');
    assert.equal((await ground.arrive('n1/app', { env: a })).workspace, 'app-2');
  });

  it('holds at a hub that is named by its address, and beside it at one’s own', async (t) => {
    const { ground, a } = await twoOfOneName(t);
    const hub = ground.start(['serve', '--port', '0', '--insecure-no-auth'], { env: { ...mainOnly, ...a } });
    const [, url = ''] = /ready on (\S+)/.exec(await hub.says('Ctrl-C')) ?? [];
    const team = { SIGNALBOX_URL: url };
    assert.equal((await ground.arrive('n2/app', { env: team })).workspace, 'app');
    assert.equal((await ground.arrive('n1/app')).workspace, 'app');
    assert.equal((await ground.arrive('n1/app', { env: team })).workspace, 'app-2');
    assert.equal((await ground.arrive('n1/app')).workspace, 'app');
  });
});

describe('a name that a person says', () => {
  it('holds at every hub and goes before what is noted', async (t) => {
    const { ground, a, b } = await twoOfOneName(t);
    for (const env of [a, b]) {
      await ground.arrive('n1/app', { env });
      await ground.run(['workspace', 'add', 'ours'], { env });
    }
    const used = await ground.run(['workspace', 'use', 'ours'], { cwd: ground.at('n1/app'), env: a });
    assert.equal(used.status, 0, used.err);
    for (const env of [a, b]) {
      const shown = await ground.arrive('n1/app', { env });
      assert.deepEqual([shown.workspace, shown.because.includes('says so')], ['ours', true]);
    }
  });
});

describe('what commands ask git', () => {
  it('is one question where the name is noted', async (t) => {
    const { ground } = await twoOfOneName(t);
    await ground.arrive('n1/app');
    const [bin, asked] = [ground.at('bin'), ground.at('asked')];
    mkdirSync(bin);
    const path = process.env['PATH'] ?? '';
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    writeFileSync(`${bin}/git`, `#!/bin/sh\necho "$*" >> '${asked}'\nexec '${real}' "$@"\n`, { mode: 0o755 });
    const env = { PATH: `${bin}:${path}` };
    await ground.run(['status'], { cwd: ground.at('n1/app'), env });
    assert(existsSync(asked));
    assert.equal(readFileSync(asked, 'utf8').trimEnd().split('\n').length, 1);
  });
});
