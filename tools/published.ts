import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Bundled } from './bundle.ts';

/** All files below a folder, with their whole paths. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** The files of src that the package is made of, as paths inside it; tests and what serves only them are none. */
export const publishedSources = (folder: string): readonly string[] => {
  const src = join(folder, 'src');
  return filesBelow(src)
    .map((path) => relative(src, path).replaceAll('\\', '/'))
    .filter(
      (path) => !/\.(?:test|contract)\.ts$|\.md$|^testing\/|(?:^|\/)(?:__)?snapshots(?:__)?\//.test(path),
    );
};

/** What the code reads besides code (SQL, pages, pictures). */
export const copyAssets = ({ folder, sources, lib }: Bundled): void => {
  for (const path of sources.filter((path) => !path.endsWith('.ts'))) {
    const target = join(lib, path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(folder, 'src', path), target);
  }
};
