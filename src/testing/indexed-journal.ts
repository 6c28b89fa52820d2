/* A journal with notes in it and the full-text index beside it, for tests of the index. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { areas } from '../areas/index.ts';
import { TextIndex, type TextIndexOptions, indexPath } from '../followers/text-index/text-index.ts';
import { Texts } from '../followers/text-index/texts.ts';
import { Codec } from '../journal/codec.ts';
import { Journal } from '../journal/journal.ts';
import type { Store } from '../journal/store.ts';
import type { Area } from '../kernel/area.ts';
import type { Entry } from '../kernel/entry.ts';
import type { Found, SearchQuery } from '../kernel/search.ts';
import { CollectedLog } from './collected-log.ts';
import { ManualClock } from './manual-clock.ts';

/** A note on a task. Who is named in `for` is the only one to see it, besides whoever wrote it. */
export interface Note {
  readonly agent?: string;
  readonly ref?: string;
  readonly text: string;
  readonly for?: readonly string[];
}

const separator = '\u0000';

/** The areas as they are, but for notes, which say in their ref who may see them. */
const areasWithSecrets: readonly Area[] = areas.map((area) =>
  area.name !== 'tasks'
    ? area
    : {
        ...area,
        findable: (entry) => {
          const found = area.findable(entry);
          const [ref = '', ...names] = found?.ref.split(separator) ?? [];
          return names.length === 0 ? { ref } : { ref, to: names };
        },
        visibleTo: (entry) => {
          const [, ...names] = area.findable(entry)?.ref.split(separator) ?? [];
          return names.length === 0 ? undefined : [...names, entry.actor.agent ?? ''];
        },
      },
);

/** The entries that notes become. */
export const entriesOf = (notes: readonly Note[], after: number): Entry[] =>
  notes.map(({ agent, ref = 'T-1', text, for: names = [] }, i) => ({
    seq: after + 1 + i,
    time: 1_000_000 + after + i,
    actor: { principal: 'owner', ...(agent !== undefined && { agent }) },
    type: 'tasks.noted',
    version: 1,
    data: { id: [ref, ...names].join(separator), text },
    cause: { unit: after + 1 + i, by: 'test' },
  }));

export const openJournal = (store: Store): Journal =>
  new Journal(store, new Codec(areas), { sink: () => undefined });

export const write = async (journal: Journal, notes: readonly Note[]): Promise<void> => {
  if (notes.length === 0) return;
  const appended = await journal.append(entriesOf(notes, journal.head.seq));
  assert.equal(appended.kind, 'appended');
};

export const texts = new Texts(areasWithSecrets);

export const all: Omit<SearchQuery, 'text'> = { limit: 50, offset: 0 };

export const temporary = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** An index of this journal in this folder, as one process has it. */
export const indexOf = (journal: Journal, cacheDir: string, over: Partial<TextIndexOptions> = {}) => {
  const { identity } = journal.store;
  const log = new CollectedLog();
  const clock = new ManualClock();
  const options = { cacheDir, texts, identity, clock, log, ...over };
  const index = new TextIndex(options);
  const find = async (
    query: Partial<SearchQuery> & { readonly text: string },
    viewer?: string,
  ): Promise<Found> => {
    const found = await index.find({ ...all, ...query }, { journal, viewer });
    assert.ok(found.ok, JSON.stringify(found));
    return found.value;
  };
  const seqs = async (text: string, viewer?: string): Promise<number[]> =>
    (await find({ text }, viewer)).hits.map(({ seq }) => seq);
  return { index, find, seqs, log, clock, path: indexPath(options) };
};
