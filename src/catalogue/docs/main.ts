/**
 * `npm run docs`: writes docs/reference, and the description that the command line reads, from the catalogue and the
 * areas. With `--check` it writes nothing, lists what is out of date, and fails when something is.
 */
import { join } from 'node:path';
import { areas } from '../../areas/index.ts';
import { operations } from '../../areas/operations.ts';
import { Catalogue } from '../catalogue.ts';
import { descriptionFile } from './description-file.ts';
import { staleFiles, writeFiles } from './folder.ts';
import { referenceFiles } from './reference.ts';

const root = join(import.meta.dirname, '../../..');
const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== '--check');

if (unknown.length > 0) {
  console.error(`The one option is --check, not ${unknown.join(' ')}.`);
  process.exitCode = 2;
} else {
  const catalogue = new Catalogue(operations);
  const folders: readonly (readonly [string, ReadonlyMap<string, string>])[] = [
    ['docs/reference', referenceFiles(catalogue, areas)],
    ['src/catalogue/generated', new Map([['operations.json', descriptionFile(catalogue)]])],
  ];
  for (const [folder, files] of folders) {
    if (options.length === 0) {
      writeFiles(join(root, folder), files);
      console.log(`${folder}: ${files.size} files written.`);
      continue;
    }
    for (const fault of staleFiles(join(root, folder), files)) {
      console.error(
        `${folder}/${fault}. Run "npm run docs" and look at the difference before you commit it.`,
      );
      process.exitCode = 1;
    }
  }
}
