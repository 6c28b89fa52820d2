import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { mainOnly, open } from '../host/processes.ts';
import { type Ground, openGround } from './repositories.ts';

const origin = 'git@git.example:web/shop.git';

const titlesSchema = z.object({ items: z.array(z.object({ title: z.string() })) });

const titlesIn = async (ground: Ground, folder: string): Promise<readonly string[]> => {
  const list = await ground.json(['task', 'list'], { cwd: ground.at(folder) });
  return titlesSchema.parse(list).items.map(({ title }) => title);
};

const done = async (ground: Ground, args: readonly string[], folder = 'work'): Promise<string> => {
  const { status, out, err } = await ground.run(args, { cwd: ground.at(folder) });
  assert.equal(status, 0, err);
  return out;
};

/** A repository with a task, a clone of it, and the workspace renamed from outside of both. */
const renamedGround = async (context: Parameters<typeof openGround>[0]): Promise<Ground> => {
  const ground = await openGround(context);
  ground.repository('shop', origin);
  ground.clone('shop', 'second', origin);
  await done(ground, ['task', 'add', 'Before'], 'shop');
  await done(ground, ['task', 'add', 'Beside'], 'second');
  await done(ground, ['workspace', 'rename', 'shop', '--to', 'store']);
  return ground;
};

describe('a workspace that was renamed', () => {
  it('is the same board for clones that remember its former name, and for new ones', async (t) => {
    const ground = await renamedGround(t);
    assert.equal(ground.remembered('second'), 'shop');
    const shown = await ground.show('second');
    assert.deepEqual([shown.workspace, shown.by, shown.former_names], ['store', 'git config', ['shop']]);
    ground.clone('shop', 'third', origin);
    assert.equal((await ground.arrive('third')).workspace, 'store');
    assert.equal(ground.remembered('third'), 'store');
    for (const folder of ['shop', 'second', 'third'])
      assert.deepEqual((await titlesIn(ground, folder)).toSorted(), ['Before', 'Beside'], folder);
  });

  it('keeps its journal, which can be verified under either name, and nobody else gets', async (t) => {
    const ground = await renamedGround(t);
    const files = readdirSync(join(ground.dataDir, 'workspaces')).filter((file) => file.endsWith('.journal'));
    assert.deepEqual(files, ['shop.journal']);
    for (const name of ['shop', 'store'])
      assert.match(
        await done(ground, ['verify', '--workspace', name]),
        /shop\.journal: [1-9]\d* entr(?:y|ies), all good/,
      );
    const unknown = await ground.run(['verify', '--workspace', 'third']);
    assert.equal(unknown.status, 3, unknown.err);
    const taken = await ground.run(['workspace', 'add', 'shop']);
    assert.equal(taken.status, 4);
    assert.match(taken.err, /"shop" is a former name of the workspace "store"/);
  });

  it('answers under both names from hubs that run, and says the new one', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    await done(ground, ['task', 'add', 'Before'], 'shop');
    const hubs = ['0', '0'].map((port) =>
      ground.start(['serve', '--port', port], { env: { ...mainOnly, ...open } }),
    );
    const urls: string[] = [];
    for (const hub of hubs) {
      urls.push(/ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '');
    }
    const nameOver = async (url: string, workspace: string): Promise<unknown> => {
      const answer = await fetch(`${url}/v1/operations/status`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Signalbox-Workspace': workspace },
        body: '{}',
      });
      return z.looseObject({ workspace: z.string() }).parse(await answer.json()).workspace;
    };
    for (const url of urls) assert.equal(await nameOver(url, 'shop'), 'shop');
    await done(ground, ['workspace', 'rename', 'shop', '--to', 'store', '--url', urls[0] ?? '']);
    for (const url of urls) {
      for (const name of ['store', 'shop'])
        assert.equal(await nameOver(url, name), 'store', `${url} ${name}`);
    }
  });
});

describe('signalbox workspace use', () => {
  it('notes a workspace for all worktrees of the repository, under its present name', async (t) => {
    const ground = await renamedGround(t);
    ground.repository('tools');
    ground.git('tools', 'worktree', 'add', '--quiet', ground.at('tree'));
    await done(ground, ['workspace', 'use', 'shop'], 'tree');
    assert.equal(ground.remembered('tools'), 'store');
    assert.deepEqual((await titlesIn(ground, 'tools')).toSorted(), ['Before', 'Beside']);
    await done(ground, ['workspace', 'use', 'main'], 'tools');
    assert.equal((await ground.show('tree')).workspace, 'main', 'which is made when it is first needed');
  });

  it('refuses names that no workspace has, and to work outside of a repository', async (t) => {
    const ground = await renamedGround(t);
    for (const [args, folder, status, words] of [
      [['stor'], 'shop', 3, /There is no workspace "stor"\. Did you mean "store"\?/],
      [['store'], 'work', 4, /is in no git repository/],
      [[], 'shop', 2, /takes one name/],
      [['no name'], 'shop', 2, /"no name" is no name of a workspace/],
    ] as const) {
      const ended = await ground.run(['workspace', 'use', ...args], { cwd: ground.at(folder) });
      assert.equal(ended.status, status, ended.err);
      assert.match(ended.err, words);
    }
    assert.equal(ground.remembered('shop'), 'shop', 'nothing was changed');
  });

  it('says so when the configuration goes before it', async (t) => {
    const ground = await renamedGround(t);
    const ended = await ground.run(['workspace', 'use', 'store'], { cwd: ground.at('shop'), env: mainOnly });
    assert.equal(ended.status, 0, ended.err);
    assert.match(ended.err, /"main" is configured beside it, and that goes first/);
  });
});
