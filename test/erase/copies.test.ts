/* `signalbox erase` and the files that the program has written besides the journals: keys are destroyed in them, and copies are named. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, openPlace } from '../cli/program.ts';

const env = { SIGNALBOX_WORKSPACE: 'main' } as const;

const good = async (place: Place, ...args: readonly string[]): Promise<string> => {
  const { status, out, err } = await place.run(args, { env });
  assert.equal(status, 0, `${args.join(' ')}: ${err}`);
  return out;
};

const openTask = async (place: Place, title: string, agent: string): Promise<void> => {
  await good(place, 'start', '--agent', agent);
  await good(place, 'task', 'add', title, '--agent', agent);
};

const answerSchema = z.object({
  keys_destroyed: z.number(),
  keys_destroyed_in: z.array(z.string()),
  keys_left_in: z.array(z.string()),
  copies: z.array(z.object({ path: z.string(), kind: z.enum(['archive', 'backup', 'export']) })),
});

/** Runs it with or without somebody at a terminal. */
const erase = async (place: Place, who: 'person' | 'run', name: string) => {
  const { status, out, err } = await place[who](['erase', name, '--json'], { env });
  assert.equal(status, 0, err);
  return answerSchema.parse(JSON.parse(out));
};

const livingIn = (path: string): number => readFileSync(path, 'utf8').split('"secret":').length - 1;

describe('what the program wrote besides the journals', () => {
  it('has no key of what was erased any more, wherever it was written, and its files are named', async (t) => {
    const place = await openPlace(t);
    await openTask(place, 'Quinquereme', 'ed');
    await openTask(place, 'Galleon', 'bob');
    const [backup, exported] = [join(place.home, 'board.gz'), join(place.home, 'board.jsonl')];
    await good(place, 'backup', '--out', backup);
    await good(place, 'export', '--out', exported);
    const compact = async () =>
      z
        .object({ archives: z.array(z.string()) })
        .parse(JSON.parse(await good(place, 'compact', '--keep', '0', '--json'))).archives;
    const earlier = await compact();
    await good(place, 'restore', backup, '--yes');
    const archives = [...earlier, ...(await compact())];
    assert.equal(archives.length, 2);
    const folder = join(place.dataDir, 'backups');
    const [own = '', ownKeys = ''] = readdirSync(folder).map((name) => join(folder, name));
    const [before, ofOthers] = [livingIn(ownKeys), livingIn(`${backup}.keys`)];
    const answer = await erase(place, 'person', 'ed');
    assert.equal(answer.keys_destroyed, 1);
    assert.deepEqual(answer.keys_destroyed_in, [ownKeys, `${backup}.keys`]);
    assert.deepEqual([livingIn(ownKeys), livingIn(`${backup}.keys`)], [before - 1, ofOthers - 1]);
    assert.deepEqual(answer.copies, [
      ...archives.map((path) => ({ path, kind: 'archive' })),
      { path: own, kind: 'backup' },
      { path: backup, kind: 'backup' },
      { path: exported, kind: 'export' },
    ]);
    const elsewhere = join(place.home, 'elsewhere');
    await good(place, 'restore', backup, '--data-dir', elsewhere);
    const listed = await good(place, 'task', 'list', '--data-dir', elsewhere);
    assert.match(listed, /Galleon/);
    assert.doesNotMatch(listed, /Quinquereme/);
  });

  it('is looked through again by a second erasure, which says that it is done and asks nobody', async (t) => {
    const place = await openPlace(t);
    await openTask(place, 'Quinquereme', 'ed');
    const backup = join(place.home, 'board.gz');
    await good(place, 'backup', '--out', backup);
    const kept = readFileSync(`${backup}.keys`);
    await erase(place, 'person', 'ed');
    const entries = (await good(place, 'export')).split('\n').length;
    writeFileSync(`${backup}.keys`, kept);
    const again = await erase(place, 'run', 'ed');
    assert.deepEqual([again.keys_destroyed, again.keys_destroyed_in], [0, [`${backup}.keys`]]);
    writeFileSync(`${backup}.keys`, kept.subarray(0, 50));
    const said = await good(place, 'erase', 'ed');
    assert.match(said, /^What agent "ed" wrote is erased already: \d+ entr\w+ says? nothing any more/);
    assert.match(said, /delete them, .*:\n- .*board\.gz\.keys\n/);
    assert.equal((await good(place, 'export')).split('\n').length, entries, 'nothing was written');
  });
});
