import type { JournalName } from '../../journal/storage.ts';
import type { SubjectKey } from '../../journal/subject-keys.ts';
import { replacingContract } from '../../testing/replacing.contract.ts';
import { type CreateStorage, storedKeysContract } from '../../testing/stored-keys.contract.ts';
import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';
import type { MemoryVault } from './memory-store.ts';
import { memoryStorage } from './storage.ts';
import { memorySubjectKeys } from './subject-keys.ts';

subjectKeysContract('memory', {
  create: async () => {
    const kept = new Map<string, SubjectKey>();
    return async () => memorySubjectKeys(kept);
  },
});

const create: CreateStorage = async () => {
  const vaults = new Map<JournalName, MemoryVault>();
  return async () => memoryStorage(vaults);
};

storedKeysContract('memory', create);
replacingContract('memory', create);
