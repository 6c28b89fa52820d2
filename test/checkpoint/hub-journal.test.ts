/* The hub's own journal is checked and signed like those of workspaces: copies are cut and rewritten for real. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { checkpointSchema } from '../../src/host/checkpoint/document.ts';
import { type Place, openPlace } from '../cli/program.ts';
import { chainAnew, damagedCopy } from './damage.ts';

const answer = z.object({
  journal: z.string().optional(),
  error: z
    .object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) })
    .optional(),
});

const good = async (place: Place, args: readonly string[], env = {}): Promise<string> => {
  const { status, out, err } = await place.run(args, { env });
  assert.equal(status, 0, `${args.join(' ')}: ${err}`);
  return out;
};

const file = 'hub.checkpoint';

/** A hub with two workspaces, a checkpoint of its own journal, and one workspace more. */
const openSigned = async (context: TestContext): Promise<Place> => {
  const place = await openPlace(context);
  await good(place, ['task', 'add', 'one', '--workspace', 'main']);
  await good(place, ['workspace', 'add', 'shop']);
  const told = await good(place, ['checkpoint', '--of', 'hub', '--out', file]);
  assert.match(told, /: the hub's own journal up to \d+ entries, signed/);
  await good(place, ['workspace', 'add', 'yard']);
  return place;
};

const signedIn = (place: Place) =>
  checkpointSchema.parse(JSON.parse(readFileSync(join(place.cwd, file), 'utf8')));

/** How `verify` ends, with the finding among the details of its refusal. */
const verified = async (place: Place, ...args: readonly string[]) => {
  const env = { SIGNALBOX_WORKSPACE: 'main' };
  const { status, out } = await place.run(['verify', ...args, '--json'], { env });
  const { journal, error } = answer.parse(JSON.parse(out));
  const finding = error === undefined ? 'good' : (error.details['finding'] ?? error.code);
  return { status, journal, finding, message: error?.message ?? '' };
};

const hubJournal = ({ dataDir }: Place): string => join(dataDir, 'hub.journal');

describe('signalbox checkpoint --of hub', () => {
  it('says that it is of the hub, by the name that no workspace can have', async (t) => {
    const place = await openSigned(t);
    const { workspace, journal, seq, chain } = signedIn(place);
    const database = new DatabaseSync(hubJournal(place), { readOnly: true });
    const [id, link] = [
      database.prepare('select id from journal').get()?.['id'],
      database.prepare('select chain from entries where seq = ?').get(seq)?.['chain'],
    ];
    database.close();
    assert.deepEqual([workspace, journal, chain], ['hub', id, link]);
  });
});

describe('signalbox verify --of hub', () => {
  it("checks the hub's own journal, and a checkpoint of it needs no --of", async (t) => {
    const place = await openSigned(t);
    for (const args of [
      ['--of', 'hub'],
      ['--of', 'hub', '--checkpoint', file],
      ['--checkpoint', file],
    ]) {
      const { finding, journal, message } = await verified(place, ...args);
      assert.deepEqual([finding, journal], ['good', hubJournal(place)], `${args.join(' ')}: ${message}`);
    }
    const main = join(place.dataDir, 'workspaces', 'main.journal');
    assert.equal((await verified(place, '--of', 'workspace')).journal, main);
  });

  it('finds that the list of workspaces, principals and tokens was cut or changed', async (t) => {
    const place = await openSigned(t);
    const { seq } = signedIn(place);
    const found = async (change: (database: DatabaseSync) => void) => {
      const copy = damagedCopy(place, 'hub.journal', change);
      const alone = await verified(place, '--of', 'hub', '--data-dir', copy);
      const { status, finding } = await verified(place, '--checkpoint', file, '--data-dir', copy);
      return [alone.finding, finding, status];
    };
    const rewrite = `update entries set text = replace(text, 'shop', 'ship')`;
    const clumsy = await found((database) => database.exec(rewrite));
    assert.deepEqual(clumsy, ['journal_corrupt', 'journal_corrupt', 6]);
    const skilled = await found((database) => {
      database.exec(rewrite);
      chainAnew(database);
    });
    assert.deepEqual(skilled, ['good', 'changed', 6]);
    const cut = await found((database) => database.prepare('delete from entries where seq >= ?').run(seq));
    assert.deepEqual(cut, ['good', 'cut', 6]);
  });

  it('says which journal a checkpoint is of when it is not that one', async (t) => {
    const place = await openSigned(t);
    const asWorkspace = await verified(place, '--checkpoint', file, '--workspace', 'main');
    assert.deepEqual([asWorkspace.status, asWorkspace.finding], [4, 'other journal']);
    assert.match(asWorkspace.message, /a hub's own; .* Give --of hub/);
    await good(place, ['checkpoint', '--workspace', 'main', '--out', 'main.checkpoint']);
    const asHub = await verified(place, '--checkpoint', 'main.checkpoint', '--of', 'hub');
    assert.deepEqual([asHub.status, asHub.finding], [4, 'other journal']);
    assert.match(asHub.message, /of the workspace "main" then/);
  });

  it('is refused when it is gone', async (t) => {
    const place = await openSigned(t);
    for (const end of ['', '-wal', '-shm', '.bell']) rmSync(hubJournal(place) + end, { force: true });
    for (const args of [['--of', 'hub'], ['--checkpoint', file], []]) {
      const { status, finding } = await verified(place, ...args);
      assert.notEqual(status, 0);
      assert.equal(finding, 'journal_missing', args.join(' '));
    }
  });
});

it('--of hub and --workspace do not go together, and there is nothing else to say --of', async (t) => {
  const place = await openPlace(t);
  for (const command of ['verify', 'checkpoint']) {
    const both = await place.run([command, '--of', 'hub', '--workspace', 'main']);
    assert.equal(both.status, 2);
    assert.match(both.err, /--of hub is the hub's own journal.*leave one of them out/);
    const other = await place.run([command, '--of', 'hubs']);
    assert.equal(other.status, 2);
    assert.match(other.err, /--of takes one of workspace, hub, and "hubs" is none\. Did you mean hub\?/);
    const offered = await place.run(['__complete', 'bash', command, '--of', '']);
    assert.deepEqual(offered.out.split('\n').toSorted(), ['', 'hub', 'workspace']);
    const nothing = await place.run([command, '--of', 'hub']);
    assert.equal(nothing.status, 3, nothing.err);
  }
});
