/* `signalbox erase` after `signalbox migrate`: what the other side still has of it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { z } from 'zod';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';
import { mainJournal } from '../../src/testing/databases.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { sharedPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { type Place, openPlace } from '../cli/program.ts';

type Env = Readonly<Record<string, string>>;

const answerSchema = z.object({
  keys_destroyed: z.number(),
  keys_destroyed_in: z.array(z.string()),
  copies: z.array(z.object({ path: z.string(), kind: z.string() })),
  not_reached: z.array(z.string()),
});

/** A board of two authors, moved away from its files. */
class Moved {
  readonly place: Place;
  readonly elsewhere: string;

  constructor(place: Place) {
    this.place = place;
    this.elsewhere = join(place.home, 'elsewhere');
  }

  static async open(context: TestContext): Promise<Moved> {
    const moved = new Moved(await openPlace(context));
    for (const [agent, title] of [
      ['ed', 'Quinquereme'],
      ['bob', 'Galleon'],
    ] as const) {
      await moved.good(['start', '--agent', agent]);
      await moved.good(['task', 'add', title, '--agent', agent]);
    }
    return moved;
  }

  async good(args: readonly string[], env: Env = {}): Promise<string> {
    const { status, out, err } = await this.place.run(args, { env: { SIGNALBOX_WORKSPACE: 'main', ...env } });
    assert.equal(status, 0, `${args.join(' ')}: ${err}${out}`);
    return out;
  }

  async erase(args: readonly string[], env: Env = {}) {
    const { status, out, err } = await this.place.person(['erase', 'ed', ...args, '--json'], {
      env: { SIGNALBOX_WORKSPACE: 'main', ...env },
    });
    assert.equal(status, 0, err);
    return answerSchema.parse(JSON.parse(out));
  }

  async isErased(args: readonly string[], env: Env = {}): Promise<void> {
    const said = await this.good(['task', 'list', ...args], env);
    assert.match(said, /Galleon/);
    assert.doesNotMatch(said, /Quinquereme/);
  }
}

it('files that were copied lose the keys too, with their backups and caches, whichever side it is erased at', async (t) => {
  const board = await Moved.open(t);
  const { elsewhere, place } = board;
  await board.good(['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', elsewhere]);
  await board.good(['backup', '--data-dir', elsewhere]);
  const store = opened(await sqliteStorage({ dataDir: elsewhere }).open(mainJournal, 'must-exist'));
  const snapshot = join(elsewhere, 'cache', `${store.identity.id}.snapshot`);
  await store.close();
  mkdirSync(join(elsewhere, 'cache'), { recursive: true });
  writeFileSync(snapshot, 'Quinquereme');
  const { keys_destroyed_in: cleared, copies } = await board.erase([]);
  assert.equal(cleared[0], join(elsewhere, 'workspaces', 'main.journal'));
  assert.match(String(cleared[1]), /elsewhere\/backups\/.*\.keys$/);
  assert(copies.some(({ path, kind }) => path === elsewhere && kind === 'journals'));
  assert(!existsSync(snapshot));
  await board.isErased(['--data-dir', elsewhere]);
  await board.good(['migrate', '--from', 'sqlite', '--to', 'sqlite', '--to-url', elsewhere]);
  const { keys_destroyed: none, keys_destroyed_in: nowhere } = await board.erase(['--data-dir', elsewhere]);
  assert.deepEqual([none, nowhere], [0, []]);
  writeFileSync(join(place.dataDir, 'workspaces', 'main.journal.keys'), 'damaged');
  const { not_reached: damaged, copies: readable } = await board.erase(['--data-dir', elsewhere]);
  assert(damaged[0]?.startsWith(`the journals and backups in ${place.dataDir}, `), damaged[0]);
  assert(readable.every(({ path }) => path !== place.dataDir));
  rmSync(join(place.dataDir, 'copies.jsonl'));
  mkdirSync(join(place.dataDir, 'copies.jsonl'));
  const { not_reached: left } = await board.erase(['--data-dir', elsewhere]);
  assert(left[0]?.startsWith(`the journals and backups in ${place.dataDir}, `), left[0]);
});

withPostgres('erasing what was moved through databases', 'own', () => {
  it('clears the files and names each database, with what erases it there', {
    timeout: 120_000,
  }, async (t) => {
    const board = await Moved.open(t);
    const [first, second] = [newCluster(), newCluster()];
    const { url } = await sharedPostgres();
    const inCluster = (cluster: string): Env => ({
      SIGNALBOX_STORE: 'postgres',
      SIGNALBOX_POSTGRES_URL: url,
      SIGNALBOX_CLUSTER: cluster,
    });
    await board.good(['migrate', '--from', 'sqlite', '--to', 'postgres'], inCluster(first));
    const onwards = ['migrate', '--from', 'postgres', '--to', 'postgres', '--to-cluster', second];
    await board.good(onwards, inCluster(first));
    const answer = await board.erase([], inCluster(second));
    const files = join(board.place.dataDir, 'workspaces', 'main.journal');
    assert.deepEqual(answer.keys_destroyed_in, [files]);
    const [left = '', ...others] = answer.not_reached;
    assert(left.includes(`SIGNALBOX_STORE=postgres SIGNALBOX_CLUSTER=${first} `), left);
    assert.match(left, /SIGNALBOX_DATA_DIR=<a new folder> signalbox erase ed --workspace main$/);
    assert(others.every((line) => !line.includes(second)) && /on other machines/.test(others.join()));
    await board.isErased([], inCluster(second));
    const there = { ...inCluster(first), SIGNALBOX_DATA_DIR: join(board.place.home, 'new') };
    assert.equal((await board.erase([], there)).keys_destroyed, 1);
    await board.isErased([], there);
  });
});
