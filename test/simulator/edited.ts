/* A process in which some source has a known bug: runs schedules until the bug is found, and tells its parent. */
import { registerHooks } from 'node:module';
import { assert } from '../../src/kernel/assert.ts';
import { trustedJson } from '../../src/kernel/json.ts';
import type { Hunt } from './hunt.ts';

const { file, from, to, changes, seed, within, foundBy }: Hunt = trustedJson(process.argv[2] ?? '');
const root = new URL('../../', import.meta.url);
const { href } = new URL(file, root);
let edits = 0;

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (url !== href) return loaded;
    const { source } = loaded;
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source ?? undefined);
    const parts = text.split(from);
    assert(parts.length === 2, `${file} has "${from}" once`);
    edits += 1;
    return { ...loaded, source: parts.join(to) };
  },
});

const { simulate } = await import('./schedule.ts');
const failures: string[] = [];
for (let i = 0; i < within && !failures.some((what) => new RegExp(foundBy).test(what)); i += 1) {
  const { failure } = await simulate(seed + i, changes);
  if (failure !== undefined) failures.push(`${seed + i}: ${failure}`);
}
assert(edits === 1, `${file} was loaded once`);
process.send?.(failures);
process.disconnect?.();
