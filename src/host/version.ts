import { readFileSync } from 'node:fs';

/** The manifest of the checkout, or of the package. */
const manifest: { readonly version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

export const { version } = manifest;
