import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { equal } from 'node:assert/strict';
import { hourMs } from '../../kernel/instants.ts';
import { fileIdentity } from './inspect.ts';
import { type Place, Places } from './places.ts';

interface Yard {
  readonly directory: string;
  readonly files: readonly [string, string];
  readonly places: Places;
}

const yardOf = (context: TestContext): Yard => {
  const root = mkdtempSync(join(tmpdir(), 'signalbox-places-'));
  context.after(() => rmSync(root, { recursive: true }));
  const directory = join(root, 'workspaces');
  mkdirSync(directory);
  const files = [join(directory, 'a.journal'), join(directory, 'a.journal-wal')] as const;
  return { directory, files, places: new Places([placed(files[0]), placed(files[1])]) };
};

const placed = (path: string): Place => {
  writeFileSync(path, path);
  const file = fileIdentity(path);
  if (file === undefined) throw new Error('it was just written');
  return { path, file };
};

const eachLoss = ({ directory, files, places }: Yard, settle: () => void): void => {
  for (const path of files) {
    settle();
    equal(places.lost(), undefined);
    renameSync(path, `${path}.away`);
    equal(places.lost()?.path, path, 'it is gone');
    copyFileSync(`${path}.away`, path);
    equal(places.lost()?.path, path, 'another file has its name');
    renameSync(`${path}.away`, path);
    settle();
    equal(places.lost(), undefined, 'it is back');
    writeFileSync(path, 'more');
    equal(places.lost(), undefined, 'it was only written');
  }
  settle();
  equal(places.lost(), undefined);
  renameSync(directory, `${directory}.away`);
  equal(places.lost()?.path, files[0], 'the whole directory is gone');
  mkdirSync(directory);
  for (const path of files) writeFileSync(path, path);
  equal(places.lost()?.path, files[0], 'another directory has its name');
};

/** A change from now on leaves other times than the last one, also where the kernel's clock is a coarse one. */
const untilAnotherTick = (directory: string): void => {
  const probe = `${directory}.probe`;
  do writeFileSync(probe, '');
  while (statSync(probe).ctimeMs <= statSync(directory).ctimeMs);
};

test('a file that was moved or replaced is lost, however short ago its directory was changed', (context) => {
  eachLoss(yardOf(context), () => {});
});

test('a file that was moved or replaced is lost, also where the directory had not changed for long', (context) => {
  const yard = yardOf(context);
  // Each look is an hour after the last change, so that all of them settle.
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() + hourMs });
  eachLoss(yard, () => untilAnotherTick(yard.directory));
});
