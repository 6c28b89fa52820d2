import { z } from 'zod';

/** What the published package takes over from the root's package.json; the rest is for the checkout alone. */
const rootManifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.literal('MIT'),
  type: z.literal('module'),
  dependencies: z.record(z.string(), z.string()),
});

interface Contents {
  /** Whether there is a src/index.ts, which makes the package one that can be imported. */
  readonly index: boolean;
  /** Whether there is a folder of web pages. */
  readonly web: boolean;
}

const indexExport = { '.': { types: './lib/index.d.ts', default: './lib/index.js' } };

/** The package.json of the published package, from the text of the root's. */
export const publishedManifest = (
  root: string,
  { index, web }: Contents,
): Readonly<Record<string, unknown>> => {
  const { dependencies, ...about } = rootManifest.parse(JSON.parse(root));
  return {
    ...about,
    engines: { node: '>=24' },
    bin: { signalbox: 'bin/signalbox.cjs' },
    exports: { ...(index ? indexExport : {}), './package.json': './package.json' },
    files: ['bin', 'lib', ...(web ? ['web'] : [])],
    dependencies,
  };
};
