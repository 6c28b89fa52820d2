import { equal, match } from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { appendTo, emptyHead } from '../../testing/store-rows.ts';
import { createTestJournal } from '../../testing/store-files.ts';
import { type StoreProcess, startProcess } from '../../testing/store-process.ts';

/**
 * Real faults, brought about in a process of its own: a file system that is full or mounted read-only (in a private
 * mount namespace, which takes root or a kernel that lets users make one), permissions that bind even root (without
 * the capability to override them), and a limit on the size of files, beyond which writing fails. All this is Linux,
 * with util-linux and strace.
 */
const timeout = 30_000;
const isRoot = process.getuid?.() === 0;

/** Runs what follows with a file system of its own of this size, mounted on `directory`. */
const withDisk = (directory: string, size: string): string[] => [
  'unshare',
  ...(isRoot ? [] : ['--map-root-user']),
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o "size=$1" signalbox "$2" && shift 2 && exec "$@"',
  'sh',
  size,
  directory,
];

const boundByPermissions = isRoot
  ? ['setpriv', '--inh-caps=-dac_override,-dac_read_search', '--bounding-set=-dac_override,-dac_read_search']
  : [];

interface Ordered {
  readonly process: StoreProcess;
  /** Gives an order; the answer has to be this. */
  readonly order: (order: string, answer: string | RegExp) => Promise<void>;
}

const obedient = async (
  context: TestContext,
  { path, under }: { readonly path: string; readonly under?: readonly string[] },
): Promise<Ordered> => {
  const process = startProcess(context, { task: 'obey', path, ...(under && { under }) });
  equal(await process.line(), 'ready');
  return {
    process,
    order: async (order, answer) => {
      process.tell(order);
      const said = await process.line();
      if (typeof answer === 'string') equal(said, answer, order);
      else match(said, answer, order);
    },
  };
};

const mountPoint = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

test('on a full disk nothing is stored, reading goes on, and with room writing does', {
  timeout,
}, async (context) => {
  const directory = mountPoint(context);
  const under = withDisk(directory, '1m');
  const { process, order } = await obedient(context, { path: join(directory, 'journal.db'), under });
  await order('open', 'opened');
  await order('append 1000', 'appended');
  await order(`run cat /dev/zero > ${directory}/ballast || true`, 'done');
  await order('append 100000', 'storage_full');
  await order('health', /^not writable: .* no free block/);
  await order('append 100000', 'storage_full');
  await order('count', '1');
  await order(`run rm ${directory}/ballast`, 'done');
  await order('health', 'writable');
  await order('append 100000', 'appended');
  await order('count', '2');
  await order('end', 'closed');
  await process.finish();
});

test('on a disk that is full from the start there is no half-made journal', {
  timeout,
}, async (context) => {
  const directory = mountPoint(context);
  const under = withDisk(directory, '64k');
  const { order } = await obedient(context, { path: join(directory, 'journal.db'), under });
  await order(`run cat /dev/zero > ${directory}/ballast || true`, 'done');
  await order('open', 'storage_full');
  await order(`run [ "$(ls ${directory})" = ballast ] && rm ${directory}/ballast`, 'done');
  await order('open', 'opened');
});

test('a disk mounted read-only can be read, and written once it is mounted for it', {
  timeout,
}, async (context) => {
  const directory = mountPoint(context);
  const under = withDisk(directory, '1m');
  const { process, order } = await obedient(context, { path: join(directory, 'journal.db'), under });
  await order('open', 'opened');
  await order('append 10', 'appended');
  await order('close', 'closed');
  await order(`run mount -o remount,ro ${directory}`, 'done');
  await order('open', 'opened');
  await order('count', '1');
  await order('append 10', 'storage_read_only');
  await order('health', /^not writable/);
  await order('elect', 'not elected');
  await order(`run mount -o remount,rw ${directory}`, 'done');
  await order('append 10', 'appended');
  await order('count', '2');
  await order('health', 'writable');
  await order('elect', 'elected');
  await order('end', 'closed');
  await process.finish();
});

test('a journal that may only be read is read, whatever it is that may not be written', {
  timeout,
}, async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(() => chmodSync(dirname(path), 0o700));
  context.after(remove);
  const store = await open();
  await store.close();
  const { order } = await obedient(context, { path, under: boundByPermissions });
  await order('open', 'opened');
  await order('append 10', 'appended');
  for (const [file, directory] of [
    [0o400, 0o700],
    [0o600, 0o500],
    [0o400, 0o500],
  ] as const) {
    await order('close', 'closed');
    chmodSync(path, file);
    chmodSync(dirname(path), directory);
    await order('open', 'opened');
    await order('count', '1');
    await order('append 10', 'storage_read_only');
    await order('health', /^not writable/);
    if (directory === 0o500) await order('elect', 'not elected');
    chmodSync(path, 0o600);
    chmodSync(dirname(path), 0o700);
    await order('health', 'writable');
  }
  await order('append 10', 'appended');
  await order('count', '2');
  await order('close', 'closed');
  chmodSync(path, 0);
  await order('open', 'storage_read_only');
});

test('who may only read still sees what others append', { timeout }, async (context) => {
  const { path, open, remove } = createTestJournal();
  context.after(remove);
  await (await open()).close();
  chmodSync(path, 0o400);
  const { process, order } = await obedient(context, { path, under: boundByPermissions });
  await order('open', 'opened');
  await order('head', '0');
  chmodSync(path, 0o600);
  const store = await open();
  context.after(store.close);
  const head = await appendTo(store, emptyHead(store), ['one']);
  chmodSync(path, 0o400);
  await order('head', '1');
  await order('await news', 'watching');
  // This process may write, either because it is root or because it opened the file before.
  await appendTo(store, head, ['two']);
  equal(await process.line(), 'news');
  await order('count', '2');
});

test('where no file may be made, a new journal is refused', { timeout }, async (context) => {
  const { directory, path, remove } = createTestJournal();
  context.after(remove);
  mkdirSync(directory, { mode: 0o500 });
  const { order } = await obedient(context, { path, under: boundByPermissions });
  await order('open', 'storage_read_only');
});

test('a write that fails stores nothing, and the next one works again', {
  timeout,
}, async (context) => {
  const { path, remove } = createTestJournal();
  context.after(remove);
  const { order } = await obedient(context, { path });
  await order('open', 'opened');
  await order('append 1000', 'appended');
  await order('run prlimit --pid $PPID --fsize=65536:', 'done');
  await order('append 200000', 'storage_failed');
  await order('append 200000', 'storage_failed');
  await order('count', '1');
  await order('run prlimit --pid $PPID --fsize=unlimited:', 'done');
  await order('append 200000', 'appended');
  await order('count', '2');
  await order('end', 'closed');
});

test('a sync that fails leaves the outcome open, and the journal whole', {
  timeout,
}, async (context) => {
  const { path, remove } = createTestJournal();
  context.after(remove);
  // The writing thread syncs its new log and the directory, and then once for each append. The third of those fails.
  const under = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=5'];
  const { order } = await obedient(context, { path, under });
  await order('open', 'opened');
  await order('append 10', 'appended');
  await order('append 10', 'appended');
  await order('append 10', 'outcome_unknown');
  await order('count', '2');
  await order('append 10', 'appended');
  await order('count', '3');
  await order('end', 'closed');
});
