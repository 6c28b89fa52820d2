import { areas } from '../areas/index.ts';
import type { TextSearch } from '../engine/search.ts';
import type { Follower } from '../followers/follower.ts';
import { StoreFailure } from '../journal/store.ts';
import type { TextIndex, TextIndexOptions } from '../followers/text-index/text-index.ts';

/** The full-text index of a journal. It is loaded when it is first needed: a process for one call seldom searches. */
export interface OwnIndex extends TextSearch {
  readonly follower: () => Promise<Follower>;
  /** Has nothing left of what was indexed, here or by others. Rejects when that is impossible. */
  readonly forget: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const ownIndex = (options: Omit<TextIndexOptions, 'texts'>): OwnIndex => {
  let loaded: Promise<TextIndex> | undefined;
  const index = (): Promise<TextIndex> => (loaded ??= load(options));
  return {
    find: async (query, looking) => (await index()).find(query, looking),
    follower: async () => {
      const { followText } = await import('../followers/text-index/follow.ts');
      return followText(await index(), options);
    },
    forget: async () => {
      const refusal = await (await index()).forget();
      if (refusal !== undefined) throw new StoreFailure(refusal);
    },
    close: async () => {
      await (await loaded)?.close();
    },
  };
};

const load = async (options: Omit<TextIndexOptions, 'texts'>): Promise<TextIndex> => {
  const [{ TextIndex }, { Texts }] = await Promise.all([
    import('../followers/text-index/text-index.ts'),
    import('../followers/text-index/texts.ts'),
  ]);
  return new TextIndex({ ...options, texts: new Texts(areas) });
};
