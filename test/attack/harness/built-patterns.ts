/* The patterns that the sources put together, as they are once the modules are loaded. Run as a process of its own. */
import { join } from 'node:path';
import { z } from 'zod';
import { filesWithBuilt } from './patterns.ts';

const givenSchema = z.tuple([z.union([z.string(), z.instanceof(RegExp)]), z.string().optional()]);

const built: { readonly source: string; readonly flags: string; readonly files: readonly string[] }[] = [];

/** The file of the sources that asked, by the stack; others that are loaded with them are not ours. */
const asking = (): string | undefined => {
  const frame = new Error('where').stack?.split('\n')[3] ?? '';
  return /node_modules/.test(frame) ? undefined : /\/(src\/[\w/.-]+\.ts)/.exec(frame)?.[1];
};

globalThis.RegExp = new Proxy(RegExp, {
  construct: (Target, given) => {
    const [source, flags] = givenSchema.parse(given);
    const made = new Target(source, flags);
    const file = asking();
    if (file !== undefined) built.push({ source: made.source, flags: made.flags, files: [file] });
    return made;
  },
});
const root = join(import.meta.dirname, '../../..');
for (const path of filesWithBuilt()) await import(join(root, path));
console.log(JSON.stringify(built));
