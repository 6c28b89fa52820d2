/**
 * `npm run docs`: writes docs/reference from the catalogue and the areas. With `--check` it writes nothing, lists what
 * is out of date, and fails when something is.
 */
import { join } from 'node:path';
import { areas, operations } from '../../areas/index.ts';
import { Catalogue } from '../catalogue.ts';
import { staleFiles, writeFiles } from './folder.ts';
import { referenceFiles } from './reference.ts';

const folder = join(import.meta.dirname, '../../../docs/reference');
const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== '--check');

if (unknown.length > 0) {
  console.error(`The one option is --check, not ${unknown.join(' ')}.`);
  process.exitCode = 2;
} else {
  const files = referenceFiles(new Catalogue(operations), areas);
  if (options.length === 0) {
    writeFiles(folder, files);
    console.log(`docs/reference: ${files.size} files written.`);
  } else {
    const stale = staleFiles(folder, files);
    for (const fault of stale) console.error(`docs/reference/${fault}`);
    if (stale.length > 0)
      console.error('Run "npm run docs" and look at the difference before you commit it.');
    process.exitCode = stale.length === 0 ? 0 : 1;
  }
}
