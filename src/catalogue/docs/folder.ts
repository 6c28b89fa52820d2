import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Pages of the folder that are made from the program, which the catalogue does not know; tools/program-pages writes them. */
const madeElsewhere: ReadonlySet<string> = new Set(['cli.md', 'configuration.md', 'signalbox.schema.json']);

/** The files below `folder` that are not what `wanted` says, each with what is wrong with it, in alphabetical order. */
export const staleFiles = (folder: string, wanted: ReadonlyMap<string, string>): readonly string[] => {
  const faults = [...wanted].flatMap(([path, content]) => {
    const full = join(folder, path);
    if (!existsSync(full)) return [`${path} is missing`];
    return readFileSync(full, 'utf8') === content ? [] : [`${path} is out of date`];
  });
  const leftOver = pathsIn(folder).filter((path) => !wanted.has(path) && !madeElsewhere.has(path));
  return [...faults, ...leftOver.map((path) => `${path} belongs to nothing any more`)].toSorted();
};

/** Makes the folder hold exactly what `wanted` says, apart from what is made elsewhere. */
export const writeFiles = (folder: string, wanted: ReadonlyMap<string, string>): void => {
  for (const path of pathsIn(folder)) {
    if (!wanted.has(path) && !madeElsewhere.has(path)) rmSync(join(folder, path));
  }
  for (const [path, content] of wanted) {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }
};

const pathsIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replaceAll('\\', '/'),
        )
    : [];
