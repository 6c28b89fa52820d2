/* An engine whose texts can be searched, on a journal in memory, for tests. */
import type { TestContext } from 'node:test';
import { TextIndex } from '../followers/text-index/text-index.ts';
import { Texts } from '../followers/text-index/texts.ts';
import type { Area } from '../kernel/area.ts';
import type { MemoryVault } from '../stores/memory/memory-store.ts';
import { CollectedLog } from './collected-log.ts';
import { open } from './engine-harness.ts';
import { temporary } from './indexed-journal.ts';
import { ManualClock } from './manual-clock.ts';

export const openSearched = async (
  context: TestContext,
  vault: MemoryVault,
  { areas, cacheDir = temporary(context) }: { readonly areas: readonly Area[]; readonly cacheDir?: string },
) => {
  const { identity } = vault;
  const clock = new ManualClock();
  const log = new CollectedLog();
  const index = new TextIndex({ cacheDir, texts: new Texts(areas), identity, clock, log });
  const { engine } = await open(vault, { areas, clock, search: index });
  context.after(() => index.close());
  return { engine, index, clock, log, cacheDir };
};
