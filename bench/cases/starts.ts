import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHub } from '../children.ts';
import { type Row, bounded, figure, median } from '../rows.ts';

const rounds = 7;

/** From starting the command to the first answer of a hub, as a user meets it the second time. */
export const startCases = async (): Promise<readonly Row[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-starts-'));
  const times: number[] = [];
  const stops: number[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      const hub = await startHub(join(dir, 'data'));
      const response = await fetch(`http://127.0.0.1:${hub.port}/v1/operations/task_list`, {
        method: 'POST',
        body: '{}',
      });
      await response.text();
      if (!response.ok) throw new Error(`the first answer has status ${response.status}`);
      const answered = performance.now();
      await hub.stop();
      // The first start makes the data directory and the compile cache.
      if (round > 0) {
        times.push(answered - began);
        stops.push(performance.now() - answered);
      }
    }
    return [
      ...(await commandCases(join(dir, 'commands'))),
      bounded('hub start to first answer', [median(times), 'ms'], { atMost: 400 }),
      figure('hub stop', median(stops), 'ms'),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
};

/** From starting a command to its end, on a warm cache: from the sources, from the package, and what Node alone takes. */
const commandCases = async (dir: string): Promise<readonly Row[]> => {
  const dataDir = join(dir, 'data');
  const list = ['task', 'list', '--data-dir', dataDir, '--workspace', 'main'];
  const commands = {
    sources: [fileOf('../../bin/signalbox'), ...list],
    package: [process.execPath, buildPackage(join(dir, 'package')), ...list],
    node: [process.execPath, '-e', '0'],
  };
  const onJournals = mediansOf(commands);
  const hub = await startHub(dataDir);
  const throughHub = mediansOf(commands);
  await hub.stop();
  return [
    // Some 300 modules, each of which costs Node a third of a millisecond and more; only a build makes them fewer.
    figure('signalbox task list, on the journals', onJournals.sources, 'ms'),
    bounded('signalbox task list, through a hub', [throughHub.sources, 'ms'], { atMost: 150 }),
    bounded('package: task list, on the journals', [onJournals.package, 'ms'], { atMost: 150 }),
    bounded('package: task list, through a hub', [throughHub.package, 'ms'], { atMost: 150 }),
    figure('node -e 0', onJournals.node, 'ms'),
  ];
};

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Builds what is published into the folder; the path of its command. */
const buildPackage = (folder: string): string => {
  run([process.execPath, fileOf('../../tools/package.ts'), fileOf('../..'), folder]);
  // What the package depends on stands where npm would put it.
  symlinkSync(fileOf('../../node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin/signalbox.cjs');
};

interface Commands<T> {
  readonly sources: T;
  readonly package: T;
  readonly node: T;
}

/** Each round runs all of them, so that what else the machine does is in all of them alike. */
const mediansOf = (commands: Commands<readonly string[]>): Commands<number> => {
  const times: Commands<number[]> = { sources: [], package: [], node: [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of ['sources', 'package', 'node'] as const) {
      const began = performance.now();
      run(commands[name]);
      // The first run makes the data directory and the compile cache.
      if (round > 0) times[name].push(performance.now() - began);
    }
  }
  return { sources: median(times.sources), package: median(times.package), node: median(times.node) };
};

const run = ([program = '', ...args]: readonly string[]): void => {
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}: ${stderr.toString()}`);
};
