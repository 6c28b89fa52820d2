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
import { bundle } from './bundle.ts';
import { copyAssets, filesBelow, publishedSources } from './published.ts';
import { root } from './tree.ts';

const cache = join(root, '.cache');
const kept = join(cache, 'tested-program');

const isSame = (folder: string, other: string): boolean => {
  const [paths, others] = [folder, other].map((base) =>
    existsSync(base) ? filesBelow(base).map((path) => relative(base, path)) : [],
  );
  return (
    JSON.stringify(paths?.toSorted()) === JSON.stringify(others?.toSorted()) &&
    (paths ?? []).every((path) => readFileSync(join(folder, path)).equals(readFileSync(join(other, path))))
  );
};

/**
 * Makes the program that tests start: the code as it is published, in few files, which starts in two thirds of the time
 * that the sources take; tests start it thousands of times. Its path.
 *
 * It is written anew only when it has changed, so that a run of the tests does not take it away from another.
 */
export const makeTestedProgram = async (): Promise<string> => {
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  // Some tests start it as another user.
  chmodSync(made, 0o755);
  try {
    const given = { folder: root, sources: publishedSources(root), lib: join(made, 'lib') };
    await bundle(given);
    copyAssets(given);
    cpSync(join(root, 'package.json'), join(made, 'package.json'));
    if (existsSync(join(root, 'web'))) cpSync(join(root, 'web'), join(made, 'web'), { recursive: true });
    if (!isSame(made, kept)) {
      rmSync(kept, { recursive: true, force: true });
      renameSync(made, kept);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return join(kept, 'lib/host-main.mjs');
};
