import { hubJournal, type JournalName, workspaceJournal } from '../../journal/storage.ts';
import { assert } from '../../kernel/assert.ts';

/** What the keys of one journal are called. What stands in braces is the same in all, so that they share a slot. */
export interface JournalKeys {
  /** A hash: format, identity, head and base. */
  readonly journal: string;
  readonly name: JournalName;
  /** Of the whole cluster; see `begunKey`. */
  readonly begun: string;
  /** A stream: one entry per row, its id is `0-<seq>`. */
  readonly log: string;
  /** A hash of the keys that personal text is sealed under; see `key-functions.ts`. */
  readonly subjectKeys: string;
  readonly office: (name: string) => string;
  readonly counter: (key: string) => string;
  /** A pattern that fits all of them, and nothing else. */
  readonly all: string;
}

/** Braces would end the tag, the others mean something in a pattern. */
const special = /[{}*?[\]\\]/;

export const keysOf = (cluster: string, name: JournalName): JournalKeys => {
  assert(!special.test(name), 'the name of a journal is the name of a file');
  const tag = `{${cluster}:${name}}`;
  return {
    name,
    begun: begunKey(cluster),
    journal: `${tag}:journal`,
    log: `${tag}:log`,
    subjectKeys: `${tag}:keys`,
    office: (office) => `${tag}:office:${office}`,
    counter: (key) => `${tag}:counter:${key}`,
    all: `${tag}:*`,
  };
};

/** A set of the names of all journals that were begun in this cluster, and not removed. */
export const begunKey = (cluster: string): string => `{${cluster}}:begun`;

export const journalNameOf = (text: string): JournalName | undefined => {
  if (text === hubJournal) return hubJournal;
  const [, file] = /^workspaces\/(.+)$/s.exec(text) ?? [];
  return file === undefined ? undefined : workspaceJournal(file);
};
