import type { Creation, JournalName, Storage } from '../../journal/storage.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import type { Store } from '../../journal/store.ts';
import { joinKeys } from '../../journal/subject-keys.ts';
import { refuseOther } from '../other-journal.ts';
import { memorySubjectKeys } from './subject-keys.ts';
import { type MemoryVault, createMemoryVault, openMemoryStore } from './memory-store.ts';

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
    vaults.delete(name);
    return ok(true);
  },
  replace: async (to, from) => {
    const vault = vaults.get(from);
    if (vault === undefined) return missing(from);
    const old = vaults.get(to);
    if (old !== undefined) await joinKeys(memorySubjectKeys(vault.keys), memorySubjectKeys(old.keys));
    vaults.set(to, vault);
    vaults.delete(from);
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
