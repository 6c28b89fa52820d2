import { readFileSync } from 'node:fs';

/** The version in the manifest: two folders up in a checkout and in the package alike. */
const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

export const { version } = manifest;
