/* signalbox backup and restore: what was written comes back whole, or not at all. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { type Told, tellHere } from '../cli/told-here.ts';
import { runAtTerminal } from '../terminal.ts';
import { compiledOnce, main, mainOnly, openSite, startHub } from '../host/processes.ts';
import {
  addTasks,
  bad,
  good,
  journalIn,
  openBoard,
  refusalIn,
  titles,
  titlesIn,
  verify,
  verifyAll,
} from './kept.ts';
import { runOnDisk } from './small-disk.ts';

const backedUp = z.object({
  backup: z.string(),
  journals: z.array(z.object({ name: z.string(), generation: z.number(), entries: z.number() })),
});
const restored = backedUp.extend({ before: z.string().nullable() });

const folderOf = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-backup-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

const backUp = async (dataDir: string, out: string): Promise<string> =>
  backedUp.parse(await good(dataDir, 'backup', '--out', out)).backup;

const restore = async (dataDir: string, ...words: readonly string[]) =>
  restored.parse(await good(dataDir, 'restore', ...words));

describe('signalbox backup', () => {
  it('writes all journals, archives with them, into a file from which another place is the same', async (t) => {
    const { dataDir } = await openBoard(t);
    await good(dataDir, 'compact', '--keep', '1');
    const before = await verifyAll(dataDir);
    const path = await backUp(dataDir, folderOf(t));
    const place = await openSite(t);
    const { journals } = await restore(place.dataDir, path);
    assert.deepEqual(
      journals.map(({ name, generation }) => [name, generation]),
      [
        ['workspaces/main', 2],
        ['workspaces/shop', 2],
        ['hub', 2],
      ],
    );
    assert.deepEqual(await verifyAll(place.dataDir), before);
    assert.deepEqual(await titlesIn(place.dataDir), titles);
    assert.deepEqual(await titlesIn(place.dataDir, 'shop'), ['sell']);
    await tellHere(place.dataDir, addTasks(['seven']));
    assert.deepEqual(await verifyAll(dataDir), before, 'the first place is as it was');
  });

  it('takes a whole prefix of each journal while a hub writes them', async (t) => {
    const site = await openBoard(t);
    const hub = await startHub(site);
    const folder = folderOf(t);
    let isDone = false;
    const writing = (async () => {
      let count = 0;
      for (; !isDone; count += 1) {
        const [workspace, title] = [count % 3 === 0 ? `made-${count}` : 'main', `task ${count}`];
        if (workspace !== 'main')
          await post(hub.url, { operation: 'workspace_add', input: { name: workspace } });
        await post(hub.url, { operation: 'task_add', input: { tasks: [{ title }] }, workspace });
      }
      return count;
    })();
    const paths = [];
    for (const name of ['a', 'b']) paths.push(await backUp(site.dataDir, join(folder, name)));
    isDone = true;
    assert((await writing) > 0);
    for (const path of paths) {
      const place = await openSite(t);
      const { journals } = await restore(place.dataDir, path);
      const names = journals.flatMap(({ name }) => (name === 'hub' ? [] : [name.replace('workspaces/', '')]));
      await tellHere(
        place.dataDir,
        names.map((workspace) => ({ operation: 'task_list', input: {}, workspace })),
      );
    }
  });
});

describe('signalbox backup to a place that will not do', () => {
  it('writes nothing over what is there, and leaves nothing behind where there is no room', async (t) => {
    const { dataDir } = await openBoard(t);
    const folder = folderOf(t);
    const path = await backUp(dataDir, join(folder, 'one.gz'));
    const bytes = readFileSync(path);
    assert.equal((await bad(dataDir, 'backup', '--out', path)).code, 'exists');
    assert.deepEqual(readFileSync(path), bytes);
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    await tellHere(dataDir, addTasks(Array.from({ length: 40 }, (_, i) => `${i} ${Math.random()}`)));
    const words = ['backup', '--data-dir', dataDir, '--out', join(disk, 'two.gz')];
    const full = refusalIn(await runOnDisk({ at: disk, options: 'size=4k' }, words));
    assert.equal(full.code, 'storage_full');
    const locked = refusalIn(await runOnDisk({ at: disk, options: 'ro' }, words));
    assert.equal(locked.code, 'storage_read_only');
    assert.deepEqual(readdirSync(folder).toSorted(), ['disk', 'one.gz', 'one.gz.keys']);
  });
});

const post = async (url: string, { operation, input, workspace = 'main' }: Told): Promise<void> => {
  const response = await fetch(`${url}/v1/operations/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'signalbox-workspace': workspace },
    body: JSON.stringify(input),
  });
  assert.equal(response.status, 200, `${operation}: ${await response.text()}`);
};

describe('a backup that is no longer what it was', () => {
  it('is refused before anything is written', async (t) => {
    const { dataDir } = await openBoard(t);
    const before = await verifyAll(dataDir);
    const path = join(folderOf(t), 'board.gz');
    await backUp(dataDir, path);
    const whole = readFileSync(path);
    const lines = gunzipSync(whole).toString().split('\n');
    const changed = (change: (line: string, index: number) => string): Buffer =>
      gzipSync(lines.map(change).join('\n'));
    const damages: readonly (readonly [string, string, Uint8Array])[] = [
      ['cut', 'journal_corrupt', whole.subarray(0, whole.length - 20)],
      ['cut where a line ends', 'journal_corrupt', gzipSync(`${lines.slice(0, 4).join('\n')}\n`)],
      ['a byte in it', 'journal_corrupt', whole.with(Math.floor(whole.length / 2), 0x55)],
      ['an entry', 'journal_corrupt', changed((line) => line.replace('tasks.added', 'tasks.addad'))],
      [
        'a batch',
        'journal_corrupt',
        changed((line, i) => (i === 3 ? line.replace(/"batch":"./, '"batch":"_') : line)),
      ],
      ['an entry less', 'journal_corrupt', gzipSync(lines.toSpliced(3, 1).join('\n'))],
      ['another name', 'journal_corrupt', changed((line) => line.replaceAll('workspaces/shop', '../shop'))],
      ['of a newer version', 'upgrade_required', changed((line) => line.replace('"format":1', '"format":2'))],
      ['something else', 'invalid_input', gzipSync('{"a":1}\n')],
      ['nothing', 'journal_corrupt', Buffer.alloc(0)],
    ];
    const place = await openSite(t);
    for (const [what, code, bytes] of damages) {
      writeFileSync(path, bytes);
      assert.equal((await bad(dataDir, 'restore', path, '--yes')).code, code, what);
      assert.equal((await bad(place.dataDir, 'restore', path)).code, code, what);
    }
    assert.deepEqual(await verifyAll(dataDir), before);
    assert(!existsSync(join(place.dataDir, 'hub.journal')));
    assert.equal((await bad(dataDir, 'restore', `${path}.none`)).code, 'not_found');
  });
});

describe('signalbox restore where there are journals', () => {
  it('asks a person, backs them up first, and begins generations above both', async (t) => {
    const { dataDir } = await openBoard(t);
    const path = await backUp(dataDir, join(folderOf(t), 'board.gz'));
    const before = await verifyAll(dataDir);
    const [list] = z
      .array(z.object({ next_cursor: z.string() }))
      .parse(await tellHere(dataDir, [{ operation: 'task_list', input: { limit: 2 } }]));
    await tellHere(dataDir, [
      ...addTasks(['seven']),
      { operation: 'workspace_add', input: { name: 'late' } },
      { operation: 'task_add', input: { tasks: [{ title: 'x' }] }, workspace: 'late' },
    ]);
    const { code, message } = await bad(dataDir, 'restore', path);
    assert.equal(code, 'forbidden');
    assert(message.includes(`It would replace the journals in ${dataDir}. Ask`), message);
    const atTerminal = (answer?: (number: string) => string) =>
      runAtTerminal({
        words: [process.execPath, main, 'restore', path, '--data-dir', dataDir, '--json'],
        env: { ...process.env, ...compiledOnce, ...mainOnly },
        ...(answer && { answer }),
      });
    const wrong = await atTerminal(() => 'yes');
    assert.equal(refusalIn(wrong).code, 'forbidden');
    assert.deepEqual((await titlesIn(dataDir)).at(-1), 'seven');
    const done = await atTerminal();
    assert.equal(done.status, 0, done.err);
    const { journals, before: kept } = restored.parse(JSON.parse(done.out));
    assert.deepEqual(new Set(journals.map(({ generation }) => generation)), new Set([2]));
    assert.deepEqual(await verifyAll(dataDir), before);
    assert.deepEqual(await titlesIn(dataDir), titles);
    assert(!existsSync(journalIn(dataDir, 'late')), 'no journal is left that the list does not know');
    const old = await bad(dataDir, 'task', 'list', '--cursor', list?.next_cursor ?? '');
    assert.equal(old.code, 'history_changed');
    const again = await restore(dataDir, kept ?? '', '--yes');
    assert.deepEqual(
      again.journals.map(({ name }) => name),
      ['workspaces/late', 'workspaces/main', 'workspaces/shop', 'hub'],
    );
    const [late, ...others] = again.journals.map(({ generation }) => generation);
    assert.deepEqual(others, [3, 3, 3]);
    assert((late ?? 0) > 2, 'which generation the one that is gone had nobody knows');
    assert.deepEqual(await titlesIn(dataDir), [...titles, 'seven']);
    assert.deepEqual(await titlesIn(dataDir, 'late'), ['x']);
  });

  it('is refused beside a hub', async (t) => {
    const site = await openBoard(t);
    const path = await backUp(site.dataDir, join(folderOf(t), 'board.gz'));
    const hub = await startHub(site);
    const { code, message } = await bad(site.dataDir, 'restore', path, '--yes');
    assert.equal(code, 'invalid_state');
    assert(message.includes(hub.url), message);
    await hub.stop();
    await restore(site.dataDir, path, '--yes');
  });
});

describe('signalbox restore where journals are damaged', () => {
  it('heals a journal that is damaged, or lost, when it is said that it cannot be backed up', async (t) => {
    const { dataDir } = await openBoard(t);
    const before = await verifyAll(dataDir);
    const path = await backUp(dataDir, join(folderOf(t), 'board.gz'));
    const damages = [
      () => writeFileSync(journalIn(dataDir), 'x'.repeat(8_192)),
      () => rmSync(journalIn(dataDir)),
      () => rmSync(join(dataDir, 'hub.journal')),
    ];
    for (const damage of damages) {
      damage();
      const { message } = await bad(dataDir, 'restore', path, '--yes');
      assert.match(message, /cannot be backed up first.*--no-backup/);
      await restore(dataDir, path, '--yes', '--no-backup');
      assert.deepEqual(await verifyAll(dataDir), before);
      assert.deepEqual(await titlesIn(dataDir), titles);
    }
    assert.equal((await verify(dataDir)).entries, before.main.entries);
  });
});
