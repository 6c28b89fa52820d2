/**
 * Writes the pages of docs/reference that are made from the program instead of from the catalogue. With `--check` it
 * writes nothing, and fails when one is out of date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pagesOfProgram } from './pages.ts';

const folder = join(import.meta.dirname, '../../docs/reference');
const check = process.argv.includes('--check');

for (const [name, content] of pagesOfProgram()) {
  const path = join(folder, name);
  if (!check) {
    writeFileSync(path, content);
    console.log(`docs/reference/${name} written.`);
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== content) {
    console.error(
      `docs/reference/${name} is out of date. Run "npm run docs" and look at the difference before you commit it.`,
    );
    process.exitCode = 1;
  }
}
