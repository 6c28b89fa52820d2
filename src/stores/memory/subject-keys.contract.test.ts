import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';
import { type KeptKey, memorySubjectKeys } from './subject-keys.ts';

subjectKeysContract('memory', {
  create: async () => {
    const kept = new Map<string, KeptKey>();
    return async () => memorySubjectKeys(kept);
  },
});
