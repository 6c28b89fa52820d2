import type { JournalName, Storage } from '../../journal/storage.ts';
import { StoreFailure } from '../../journal/store.ts';

/** Destroys what is left of these keys in journals of a place; those that cannot be opened may have some as well. */
export const clearJournals = async (
  storage: Storage,
  names: readonly JournalName[],
  gone: ReadonlySet<string>,
): Promise<readonly string[]> => {
  const cleared: string[] = [];
  for (const name of names) {
    const opened = await storage.open(name, 'must-exist');
    if (!opened.ok && opened.code !== 'journal_missing' && storage.keysLeft === undefined)
      throw new StoreFailure(opened);
    const keys = opened.ok ? opened.value.subjectKeys : storage.keysLeft?.(name);
    try {
      const living = ((await keys?.load()) ?? []).filter(({ id, secret }) => secret && gone.has(id));
      if (living.length === 0) continue;
      await keys?.destroy(living.map(({ id }) => id));
      cleared.push(storage.placeOf(name));
    } finally {
      if (opened.ok) await opened.value.close();
    }
  }
  return cleared;
};
