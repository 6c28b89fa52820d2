import { areas } from '../areas/index.ts';
import type { TextSearch } from '../engine/search.ts';
import type { Follower } from '../followers/follower.ts';
import type { TextIndex, TextIndexOptions } from '../followers/text-index/text-index.ts';

/** The full-text index of a journal. It is loaded when it is first needed: a process for one call seldom searches. */
export interface OwnIndex extends TextSearch {
  readonly follower: () => Promise<Follower>;
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
