import { type JournalName, type Storage, hubJournal } from '../../journal/storage.ts';
import type { Store } from '../../journal/store.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { whileAlone } from '../at-work.ts';
import type { Given } from '../commands/command.ts';
import { codecOf } from './entry-codec.ts';

type Reading = Pick<Given, 'configuration' | 'log'>;

/**
 * Takes the journals of a place away that nobody has ever used: they hold no more than what the first opening of a board
 * writes. To have looked at a place must not keep a board out of it. Throws `StoreFailure`.
 */
export const removeUnused = async (
  given: Reading,
  source: Storage,
  target: Storage,
): Promise<Outcome<true>> => {
  const names = await target.names();
  if (!names.ok) return names;
  for (const name of names.value) {
    const unused = await isUnused(given, name, { source, target });
    if (!unused.ok || !unused.value) return unused.ok ? ok(true) : unused;
  }
  return whileAlone(target, async (alone) => {
    await alone.resign();
    // The list first: without it, what is left when this is cut short is unused as well.
    for (const name of names.value.toSorted((one) => (one === hubJournal ? -1 : 1))) {
      const removed = await target.remove(name);
      if (!removed.ok) return removed;
    }
    return ok(true);
  });
};

interface Sides {
  readonly source: Storage;
  readonly target: Storage;
}

const isUnused = async (
  given: Reading,
  name: JournalName,
  { source, target }: Sides,
): Promise<Outcome<boolean>> => {
  const opened = await target.open(name, 'must-exist');
  // What is damaged was used.
  if (!opened.ok) return opened.code.startsWith('journal_') ? ok(false) : opened;
  const store = opened.value;
  try {
    const head = await store.head();
    if (await isCopy(store, name, source)) return ok(false);
    if (name !== hubJournal) return ok(head === 0);
    return head > openingEntriesMax ? ok(false) : await onlyOpened(given, store);
  } finally {
    await store.close();
  }
};

/** What an earlier run has begun to copy is gone on with. */
const isCopy = async (store: Store, name: JournalName, source: Storage): Promise<boolean> => {
  const original = await source.open(name, 'must-exist');
  if (!original.ok) return false;
  const { id } = original.value.identity;
  await original.value.close();
  return id === store.identity.id;
};

/** More are not written by opening a board, however often. */
const openingEntriesMax = 50;

const onlyOpened = async (given: Reading, store: Store): Promise<Outcome<boolean>> => {
  const codec = await codecOf(given, store);
  if (!codec.ok) return codec;
  for (const { text, seq } of await store.read(0, openingEntriesMax)) {
    const entry = codec.value.decode(text, seq);
    // Without its key nobody knows what it is.
    if (!entry.ok) return ok(false);
    const { type, cause } = entry.value;
    const isOpening =
      type === 'workspaces.registered' ||
      type === 'workspaces.attached' ||
      (type === 'access.token_created' && cause.by === 'serve');
    if (!isOpening) return ok(false);
  }
  return ok(true);
};
