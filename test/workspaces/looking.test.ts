/* Looking at a workspace is no use of it: nothing is registered, and nothing is written into the git config. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Ground, openGround } from './repositories.ts';

const namesSchema = z.object({ items: z.array(z.object({ name: z.string() })) });

const namesAt = async (ground: Ground): Promise<readonly string[]> =>
  namesSchema.parse(await ground.json(['workspace', 'list'])).items.map(({ name }) => name);

const look = async (ground: Ground, folder: string): Promise<void> => {
  const cwd = ground.at(folder);
  for (const args of [
    ['workspace', 'show'],
    ['doctor'],
    ['verify'],
    ['__complete', 'bash', 'task', 'claim', ''],
    ['__complete', 'bash', 'workspace', 'use', ''],
  ])
    await ground.run(args, { cwd });
};

describe('looking at the workspace of a repository', () => {
  it('makes nothing, not even a data directory, and says what it will be', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    await look(ground, 'shop');
    const shown = await ground.show('shop');
    assert.deepEqual([shown.workspace, shown.by, shown.journal], ['shop', 'repository', undefined]);
    assert.match(shown.remark ?? '', /not there yet.*signalbox status/);
    assert(!existsSync(ground.dataDir));
    assert.equal(ground.remembered('shop'), undefined);
  });

  it('registers none beside those that there are, and says which name is free', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    await ground.run(['workspace', 'add', 'Shop']);
    await look(ground, 'shop');
    assert.equal((await ground.show('shop')).workspace, 'shop-2');
    assert.deepEqual(await namesAt(ground), ['Shop']);
    assert.equal(ground.remembered('shop'), undefined);
    const arrived = await ground.arrive('shop');
    assert.deepEqual([arrived.workspace, arrived.remark], ['shop-2', undefined]);
  });

  it('finds that of a clone of it, and notes nothing', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    await ground.arrive('shop');
    ground.clone('shop', 'copy');
    await look(ground, 'copy');
    const shown = await ground.show('copy');
    assert.deepEqual([shown.workspace, shown.by, shown.remark], ['shop', 'repository', undefined]);
    assert.match(shown.journal ?? '', /workspaces\/shop\.journal$/);
    assert.equal(ground.remembered('copy'), undefined);
  });

  it('does not make main either', async (t) => {
    const ground = await openGround(t);
    await ground.run(['workspace', 'add', 'shop']);
    await look(ground, 'work');
    const shown = await ground.show('work');
    assert.deepEqual([shown.workspace, shown.by], ['main', 'default']);
    assert.match(shown.remark ?? '', /not there yet/);
    assert.deepEqual(await namesAt(ground), ['shop']);
  });

  it('gives the address for clients only once the hub knows the workspace', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    await ground.start(['serve', '--port', '0']).says('Ctrl-C');
    assert.equal((await ground.show('shop')).mcp, undefined);
    assert.match((await ground.arrive('shop')).mcp ?? '', /\/mcp\?workspace=shop$/);
  });
});
