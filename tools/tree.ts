import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Sources } from './imports.ts';

/** The root of the repository. */
export const root = join(import.meta.dirname, '..');

const generated: readonly string[] = ['node_modules', 'dist', 'coverage'];

const walk = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return generated.includes(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });

/** The files below the given folders of the repository whose path, from its root, passes the test. */
export const readTree = (folders: readonly string[], wanted: (path: string) => boolean): Sources =>
  new Map(
    folders
      .map((folder) => join(root, folder))
      .filter((folder) => existsSync(folder))
      .flatMap(walk)
      .map((path) => relative(root, path).split(sep).join('/'))
      .filter(wanted)
      .toSorted()
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
