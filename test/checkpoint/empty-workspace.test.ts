/* A workspace in which nothing was ever written has no journal yet; one whose journal is gone is another matter. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { type Place, openPlace } from '../cli/program.ts';

const good = async (place: Place, args: readonly string[]): Promise<string> => {
  const { status, out, err } = await place.run(args);
  assert.equal(status, 0, `${args.join(' ')}: ${err}`);
  return out;
};

const openEmpty = async (context: TestContext): Promise<Place> => {
  const place = await openPlace(context);
  await good(place, ['task', 'add', 'one', '--workspace', 'main']);
  await good(place, ['workspace', 'add', 'other']);
  return place;
};

const journalOf = ({ dataDir }: Place): string => join(dataDir, 'workspaces', 'other.journal');

const remove = (journal: string, ends: readonly string[]): void => {
  for (const end of ends) rmSync(journal + end, { force: true });
};

const asMissing = async (place: Place): Promise<void> => {
  for (const command of ['verify', 'checkpoint']) {
    const { status, err } = await place.run([command, '--workspace', 'other']);
    assert.notEqual(status, 0, command);
    assert.match(err, /There is no journal at/);
  }
};

describe('a workspace in which nothing was ever written', () => {
  it('is empty, and needs no check', async (t) => {
    const place = await openEmpty(t);
    const told = await good(place, ['verify', '--workspace', 'other']);
    assert.match(told, /nothing was ever written in workspace "other", so it is empty/);
    const json = await place.json(['verify', '--workspace', 'other']);
    assert.deepEqual(json, { journal: journalOf(place), entries: 0, chain: null });
    assert(!existsSync(journalOf(place)), 'none is made by looking');
  });

  it('has nothing to sign', async (t) => {
    const place = await openEmpty(t);
    const { status, err } = await place.run(['checkpoint', '--workspace', 'other', '--out', 'x']);
    assert.equal(status, 4);
    assert.match(err, /Nothing was ever written in workspace "other".*nothing to sign/);
    assert(!existsSync(join(place.cwd, 'x')));
  });

  it('is not what a checkpoint was signed of', async (t) => {
    const place = await openEmpty(t);
    await good(place, ['checkpoint', '--workspace', 'main', '--out', 'x']);
    const { status, err } = await place.run(['verify', '--checkpoint', 'x', '--workspace', 'other']);
    assert.equal(status, 4);
    assert.match(err, /of another journal: .*"main" then; in workspace "other" nothing was ever written/);
  });
});

describe('a journal that is gone', () => {
  it('is missed when something was written there', async (t) => {
    const place = await openEmpty(t);
    await good(place, ['task', 'add', 'two', '--workspace', 'other']);
    await good(place, ['verify', '--workspace', 'other']);
    remove(journalOf(place), ['', '-wal', '-shm', '.bell']);
    await asMissing(place);
  });

  it('is missed for what lies beside it, when the list of workspaces does not know of it yet', async (t) => {
    const place = await openEmpty(t);
    const list = join(place.dataDir, 'hub.journal');
    const older = join(place.cwd, 'older');
    copyFileSync(list, older);
    await good(place, ['task', 'add', 'two', '--workspace', 'other']);
    remove(list, ['-wal', '-shm', '.bell']);
    copyFileSync(older, list);
    remove(journalOf(place), ['', '-wal', '-shm']);
    await asMissing(place);
  });
});
