import { type Creation, type JournalName, type Storage, movedOn } from '../../journal/storage.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Store } from '../../journal/store.ts';
import { joinKeys } from '../../journal/subject-keys.ts';
import { refuseOther } from '../other-journal.ts';
import { memorySubjectKeys } from './subject-keys.ts';
import { type MemoryVault, createMemoryVault, headOf, openMemoryStore } from './memory-store.ts';

/** Journals in memory, by name. Who has the same map has the same journals. */
export const memoryStorage = (vaults = new Map<JournalName, MemoryVault>()): Storage => ({
  kind: 'memory',
  place: 'memory',
  placeOf: (name) => `${name} in memory`,
  open: async (name, creation) => openIn(vaults, name, creation),
  names: async () => ok([...vaults.keys()]),
  wasBegun: async (name) => ok(vaults.has(name)),
  bytesOf: async (name) => (vaults.get(name)?.rows ?? []).reduce((sum, { text }) => sum + text.length, 0),
  remove: async (name) => {
    const vault = vaults.get(name);
    if (vault !== undefined) vault.isGone = true;
    vaults.delete(name);
    return ok(true);
  },
  replace: async (to, from, endsAt) => {
    const vault = vaults.get(from);
    if (vault === undefined) return missing(from);
    const old = vaults.get(to);
    if (endsAt !== undefined && endsAt !== (old === undefined ? 0 : headOf(old)))
      return movedOn(`${to} in memory`);
    vaults.set(to, { ...vault });
    vaults.delete(from);
    for (const gone of [vault, old]) if (gone !== undefined) gone.isGone = true;
    if (old !== undefined) await joinKeys(memorySubjectKeys(vault.keys), memorySubjectKeys(old.keys));
    return ok(true);
  },
  close: async () => {},
});

const openIn = (
  vaults: Map<JournalName, MemoryVault>,
  name: JournalName,
  creation: Creation,
): Outcome<Store> => {
  const as = typeof creation === 'object' ? creation.as : undefined;
  let vault = vaults.get(name);
  if (vault === undefined) {
    if (creation === 'must-exist') return missing(name);
    vault = createMemoryVault(as);
    vaults.set(name, vault);
  }
  const other = as && refuseOther(`The journal ${name} in memory`, vault.identity, as);
  return other ?? ok(openMemoryStore(vault));
};

const missing = (name: JournalName) =>
  refuse('journal_missing', `There is no journal ${name} in memory. Open another.`);
