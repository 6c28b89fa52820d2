import { z } from 'zod';
import { present } from '../src/kernel/assert.ts';

/** What the published package takes over from the root's package.json; the rest is for the checkout alone. */
const rootManifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.literal('MIT'),
  type: z.literal('module'),
  dependencies: z.record(z.string(), z.string()),
});

/** The licences of the packages whose code is in this one. */
export const licencesFile = 'THIRD_PARTY_LICENSES.txt';

/** What the package is made of, in CycloneDX. */
export const bomFile = 'sbom.cdx.json';

interface Contents {
  /** Whether there is a src/index.ts, which makes the package one that can be imported. */
  readonly index: boolean;
  /** Whether there is a folder of web pages. */
  readonly web: boolean;
  /** The packages that the code imports when it runs; the code of the others is in it. */
  readonly imported: readonly string[];
}

const indexExport = { '.': { types: './lib/index.d.ts', default: './lib/index.mjs' } };

/** The package.json of the published package, from the text of the root's. */
export const publishedManifest = (
  root: string,
  { index, web, imported }: Contents,
): Readonly<Record<string, unknown>> => {
  const { dependencies, ...about } = rootManifest.parse(JSON.parse(root));
  return {
    ...about,
    engines: { node: '>=24' },
    bin: { signalbox: 'bin/signalbox.cjs' },
    exports: { ...(index ? indexExport : {}), './package.json': './package.json' },
    files: ['bin', 'lib', ...(web ? ['web'] : []), licencesFile, bomFile],
    dependencies: Object.fromEntries(
      imported.map((name) => [name, present(dependencies[name], `${name} is one of the dependencies`)]),
    ),
  };
};
