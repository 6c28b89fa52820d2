import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { stop } from 'esbuild';
import { bundle } from './bundle.ts';
import { copyAssets, filesBelow, publishedSources } from './published.ts';
import { root } from './tree.ts';

const cache = join(root, '.cache');
const kept = join(cache, 'tested-programs');

const isSame = (folder: string, other: string): boolean => {
  const [paths, others] = [folder, other].map((base) =>
    existsSync(base) ? filesBelow(base).map((path) => relative(base, path)) : [],
  );
  return (
    JSON.stringify(paths?.toSorted()) === JSON.stringify(others?.toSorted()) &&
    (paths ?? []).every((path) => readFileSync(join(folder, path)).equals(readFileSync(join(other, path))))
  );
};

/** What tests start many times besides the program itself. */
const others: readonly string[] = ['test/race/worker.ts', 'test/surfaces/mcp-child.ts'];

/**
 * Makes what tests start: the code as it is published, in few files, which start in two thirds of the time that the
 * sources take; tests start them thousands of times. The program lies in `lib`, and the others, so that it is not cut
 * into more pieces for their sake, in `others` of the folder that this gives back.
 *
 * It is written anew only when it has changed, so that a run of the tests does not take it away from another.
 */
export const makeTestedPrograms = async (): Promise<string> => {
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  // Some tests start it as another user.
  chmodSync(made, 0o755);
  try {
    const program = { folder: root, sources: publishedSources(root), lib: join(made, 'lib') };
    for (const given of [program, { ...program, lib: join(made, 'others'), others }]) {
      await bundle(given);
      copyAssets(given);
    }
    cpSync(join(root, 'package.json'), join(made, 'package.json'));
    if (existsSync(join(root, 'web'))) cpSync(join(root, 'web'), join(made, 'web'), { recursive: true });
    if (!isSame(made, kept)) {
      rmSync(kept, { recursive: true, force: true });
      renameSync(made, kept);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
    // Its process would wait for more for as long as this one lives.
    await stop();
  }
  return kept;
};
