import type { SubjectKey } from '../../journal/subject-keys.ts';
import { subjectKeysContract } from '../../testing/subject-keys.contract.ts';
import { memorySubjectKeys } from './subject-keys.ts';

subjectKeysContract('memory', {
  create: async () => {
    const kept = new Map<string, SubjectKey>();
    return async () => memorySubjectKeys(kept);
  },
});
