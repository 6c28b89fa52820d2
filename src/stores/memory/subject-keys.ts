import { type SubjectKey, type SubjectKeys, isErasable, subjectName } from '../../journal/subject-keys.ts';

/** Keys in a map that several stores share as several processes do a file. */
export const memorySubjectKeys = (kept: Map<string, SubjectKey>): SubjectKeys => ({
  load: async () => [...kept.values()],
  ensure: async (fresh) =>
    fresh.map(({ id, subject, secret }) => {
      const name = subjectName(subject);
      const there = [...kept.values()].find(
        (key) => !key.retired && key.subject !== undefined && subjectName(key.subject) === name,
      );
      const key = there ?? { id, subject, secret, retired: false };
      kept.set(key.id, key);
      return key;
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
  adopt: async (keys) => {
    for (const key of keys) if (!kept.has(key.id)) kept.set(key.id, key);
  },
});
