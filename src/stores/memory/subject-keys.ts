import {
  type Subject,
  type SubjectKey,
  type SubjectKeys,
  isErasable,
  subjectName,
} from '../../journal/subject-keys.ts';

export interface KeptKey extends SubjectKey {
  /** Unknown of one that was destroyed before it was ever here. */
  readonly subject: Subject | undefined;
  readonly retired: boolean;
}

/** Keys in a map that several stores share as several processes do a file. */
export const memorySubjectKeys = (kept: Map<string, KeptKey>): SubjectKeys => ({
  load: async () => Array.from(kept.values(), ({ id, secret }) => ({ id, secret })),
  ensure: async (fresh) =>
    fresh.map(({ id, subject, secret }) => {
      const name = subjectName(subject);
      const there = [...kept.values()].find(
        (key) => !key.retired && key.subject !== undefined && subjectName(key.subject) === name,
      );
      const key = there ?? { id, subject, secret, retired: false };
      kept.set(key.id, key);
      return { id: key.id, secret: key.secret };
    }),
  retire: async (of) => {
    const ids: string[] = [];
    for (const key of kept.values()) {
      if (key.secret === undefined || key.subject === undefined || !isErasable(key.subject, of)) continue;
      kept.set(key.id, { ...key, retired: true });
      ids.push(key.id);
    }
    return ids;
  },
  destroy: async (ids) => {
    for (const id of ids)
      kept.set(id, { id, subject: kept.get(id)?.subject, secret: undefined, retired: true });
  },
});
