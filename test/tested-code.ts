import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Where `npm test` has put what it made. */
const made = process.env['SIGNALBOX_TESTED_CODE'] ?? '';

/** What is made from a file is called after its path; that of a source begins behind src. */
const madeFrom = (path: string): string => `${path.replace(/\.ts$/, '').replaceAll('/', '-')}.mjs`;

/**
 * What tests start for a file of the checkout: what `npm test` made from it, which starts faster, or the file itself
 * where a test is run on its own.
 */
export const testedCode = (path: string): string => {
  if (made === '') return join(root, path);
  return path.startsWith('src/')
    ? join(made, 'lib', madeFrom(path.slice('src/'.length)))
    : join(made, 'others', madeFrom(path));
};
