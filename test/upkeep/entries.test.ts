/* signalbox export, import and reset: entries as lines of JSON, a new workspace of them, and a workspace that begins anew. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { runCut, runPaused, stepsOf } from '../cli/cut-program.ts';
import { tellHere } from '../cli/told-here.ts';
import { compiledOnce, main, mainOnly, runCommand, startHub } from '../host/processes.ts';
import { linesOf } from '../race/journal-check.ts';
import { runAtTerminal } from '../terminal.ts';
import {
  addTasks,
  bad,
  copyOf,
  good,
  journalIn,
  openBoard,
  refusalIn,
  run,
  titles,
  titlesIn,
  verify,
  verifyAll,
} from './kept.ts';
import { runOnDisk } from './small-disk.ts';

const named = z.object({ seq: z.number(), type: z.string() });

const exported = async (dataDir: string, ...more: readonly string[]): Promise<string> => {
  const { status, out, err } = await runCommand(['export', '--data-dir', dataDir, ...more]);
  assert.equal(status, 0, err);
  return out;
};

describe('signalbox export', () => {
  it('writes each entry as it was written, also those in archives, to stdout or a file', async (t) => {
    const { dataDir } = await openBoard(t);
    const lines = linesOf(journalIn(dataDir)).map(({ seq, type }) => ({ seq, type }));
    await good(dataDir, 'compact', '--keep', '1');
    const text = await exported(dataDir);
    assert.deepEqual(
      text
        .trimEnd()
        .split('\n')
        .map((line) => named.parse(JSON.parse(line))),
      lines,
    );
    for (const title of titles) assert(text.includes(`"${title}"`), title);
    const path = join(dataDir, 'main.jsonl');
    assert.deepEqual(await good(dataDir, 'export', '--out', path), {
      export: path,
      workspace: 'main',
      entries: lines.length,
    });
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.match(await exported(dataDir, '--of', 'hub'), /workspaces\.registered/);
  });

  it('writes over nothing, and leaves nothing behind where there is no room', async (t) => {
    const { dataDir } = await openBoard(t);
    const path = join(dataDir, 'there.jsonl');
    writeFileSync(path, 'mine');
    const taken = await bad(dataDir, 'export', '--out', path);
    assert.equal(taken.code, 'exists');
    assert.match(taken.message, /is there already.* Give --out another name\.$/);
    assert.equal(readFileSync(path, 'utf8'), 'mine');
    assert.equal((await bad(dataDir, 'export')).code, 'invalid_input');
    await tellHere(dataDir, addTasks(Array.from({ length: 60 }, (_, i) => `${i} ${'x'.repeat(150)}`)));
    const disk = join(dataDir, 'disk');
    mkdirSync(disk);
    const words = ['export', '--data-dir', dataDir, '--out', join(disk, 'x.jsonl')];
    assert.equal(refusalIn(await runOnDisk({ at: disk, options: 'size=8k' }, words)).code, 'storage_full');
    assert.equal(refusalIn(await runOnDisk({ at: disk, options: 'ro' }, words)).code, 'storage_read_only');
    assert.deepEqual(readdirSync(disk), []);
  });
});

/** What is wrong, the line that is named for it, and such a file, made of an export of a workspace and one of the hub. */
const notToImport = (
  lines: readonly string[],
  hubs: readonly string[],
): readonly (readonly [string, number, readonly string[]])[] => [
  ['a gap', 3, lines.toSpliced(2, 1)],
  ['a doubled line', 4, lines.toSpliced(3, 0, lines[2] ?? '')],
  ['no JSON', 2, lines.with(1, '{"seq":2')],
  ['an empty line', 2, lines.with(1, '')],
  ['no entry', 1, lines.with(0, '{"seq":1}')],
  ['an unknown type', 5, lines.with(4, (lines[4] ?? '').replace('tasks.added', 'tasks.invented'))],
  ['a newer version', 5, lines.with(4, (lines[4] ?? '').replace('"version":1', '"version":99'))],
  ['an older time', 2, lines.with(1, (lines[1] ?? '').replace(/"time":\d+/, '"time":5'))],
  ['an end inside a change', 5, lines.slice(0, 5).with(4, (lines[4] ?? '').replace('"size":1', '"size":2'))],
  ['entries of the hub', 1, hubs.slice(0, 1)],
];

describe('signalbox import', () => {
  it('makes a new workspace with the same entries, also beside a hub', async (t) => {
    const site = await openBoard(t);
    const { dataDir } = site;
    const path = join(dataDir, 'main.jsonl');
    await good(dataDir, 'export', '--out', path);
    const before = await verifyAll(dataDir);
    assert.deepEqual(await good(dataDir, 'import', path, '--workspace', 'Copy'), {
      workspace: 'Copy',
      entries: before.main.entries,
    });
    assert.deepEqual(await titlesIn(dataDir, 'Copy'), titles);
    assert.equal(await exported(dataDir, '--workspace', 'Copy'), await exported(dataDir));
    const hub = await startHub(site);
    await good(dataDir, 'import', path, '--workspace', 'second');
    await tellHere(dataDir, [{ ...(addTasks(['seven'])[0] ?? assert.fail()), workspace: 'second' }]);
    assert.deepEqual(await titlesIn(dataDir, 'second'), [...titles, 'seven']);
    await hub.stop();
    assert.deepEqual(await verify(dataDir), before.main);
    for (const name of ['copy', 'second', 'main', 'SHOP', 'hub'])
      assert.equal((await run(dataDir, 'import', path, '--workspace', name)).status === 0, false, name);
    assert.equal((await bad(dataDir, 'import', path)).code, 'invalid_input');
    assert.equal((await bad(dataDir, 'import', path, '--workspace', '../x')).code, 'invalid_input');
  });

  it('refuses what cannot be imported with its line, and makes nothing', async (t) => {
    const { dataDir } = await openBoard(t);
    const before = await verifyAll(dataDir);
    const path = join(dataDir, 'board.jsonl');
    const lines = (await exported(dataDir)).trimEnd().split('\n');
    const hubs = (await exported(dataDir, '--of', 'hub')).split('\n');
    for (const [what, line, text] of notToImport(lines, hubs)) {
      writeFileSync(path, `${text.join('\n')}\n`);
      const { code, message } = await bad(dataDir, 'import', path, '--workspace', 'copy');
      assert.equal(code, 'invalid_input', what);
      assert.match(message, new RegExp(`^Line ${line} of `), what);
      assert.doesNotMatch(message, /✖|Invalid input/, what);
      if (what === 'no JSON') assert.match(message, /it is no JSON, so perhaps it was cut off\. Nothing/);
    }
    assert.deepEqual(await verifyAll(dataDir), before);
    assert(!existsSync(journalIn(dataDir, 'copy')));
    assert.equal((await bad(dataDir, 'import', `${path}.none`, '--workspace', 'copy')).code, 'not_found');
  });

  it('makes the workspace whole or not at all, wherever it is killed', async (t) => {
    const board = await openBoard(t);
    const path = join(board.dataDir, 'main.jsonl');
    await good(board.dataDir, 'export', '--out', path);
    const words = ['import', path, '--workspace', 'copy'];
    const steps = await stepsOf(await copyOf(t, board), words);
    for (const step of steps.filter((one) => one.startsWith('before '))) {
      const { dataDir } = await copyOf(t, board);
      assert.equal((await runCut({ dataDir }, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
      const again = await run(dataDir, ...words);
      if (again.status !== 0) assert.equal(refusalIn(again).code, 'exists', step);
      assert.deepEqual(await titlesIn(dataDir, 'copy'), titles, step);
    }
  });
});

describe('two imports of one name at once', () => {
  it('leave the one that was first alone, and its workspace whole', async (t) => {
    const { dataDir } = await openBoard(t);
    const path = join(dataDir, 'main.jsonl');
    await good(dataDir, 'export', '--out', path);
    const words = ['import', path, '--workspace', 'copy'];
    const meanwhile = async () => assert.equal((await bad(dataDir, ...words)).code, 'storage_busy');
    const step = 'before the renaming to copy.journal';
    const { status, err } = await runPaused({ dataDir }, words, { step, meanwhile });
    assert.equal(status, 0, err);
    assert.deepEqual(await titlesIn(dataDir, 'copy'), titles);
  });
});

const begun = z.object({ generation: z.number().nullable(), before: z.string().nullable() });

describe('signalbox reset', () => {
  it('asks a person, backs up everything, and lets the workspace begin anew', async (t) => {
    const { dataDir } = await openBoard(t);
    const before = await verifyAll(dataDir);
    assert.equal((await bad(dataDir, 'reset')).code, 'invalid_input');
    assert.equal((await bad(dataDir, 'reset', '--workspace', 'main')).code, 'forbidden');
    const atTerminal = (answer?: (number: string) => string) =>
      runAtTerminal({
        words: [process.execPath, main, 'reset', '--workspace', 'main', '--data-dir', dataDir, '--json'],
        env: { ...process.env, ...compiledOnce, ...mainOnly },
        ...(answer && { answer }),
      });
    assert.equal(refusalIn(await atTerminal(() => '')).code, 'forbidden');
    assert.deepEqual(await verifyAll(dataDir), before);
    const done = await atTerminal();
    assert.equal(done.status, 0, done.err);
    const { generation, before: kept } = begun.parse(JSON.parse(done.out));
    assert.equal(generation, 2);
    assert.deepEqual(await titlesIn(dataDir), []);
    assert.deepEqual(await titlesIn(dataDir, 'shop'), ['sell']);
    await tellHere(dataDir, addTasks(['first']));
    assert.deepEqual(await titlesIn(dataDir), ['first']);
    await good(dataDir, 'restore', kept ?? '', '--yes');
    assert.deepEqual(await titlesIn(dataDir), titles);
    assert.deepEqual((await verify(dataDir)).entries, before.main.entries);
  });

  it('is refused beside a hub, and for a workspace that is not there', async (t) => {
    const site = await openBoard(t);
    const hub = await startHub(site);
    const { code } = await bad(site.dataDir, 'reset', '--workspace', 'main', '--yes');
    assert.equal(code, 'invalid_state');
    assert.deepEqual(await titlesIn(site.dataDir), titles);
    await hub.stop();
    const nowhere = await bad(site.dataDir, 'reset', '--workspace', 'nowhere', '--yes');
    assert.equal(nowhere.code, 'workspace_unknown');
  });

  it('leaves the workspace whole or empty, wherever it is killed, with the backup there before it is empty', async (t) => {
    const board = await openBoard(t);
    const words = ['reset', '--workspace', 'main', '--yes'];
    const steps = await stepsOf(await copyOf(t, board), words);
    for (const step of steps.filter((one) => one.startsWith('before '))) {
      const { dataDir } = await copyOf(t, board);
      assert.equal((await runCut({ dataDir }, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
      const left = await titlesIn(dataDir);
      if (left.length > 0) assert.deepEqual(left, titles, step);
      else assert.equal(readdirSync(join(dataDir, 'backups')).length, 2, step);
      await good(dataDir, ...words);
      assert.deepEqual(await titlesIn(dataDir), [], step);
    }
  });
});
