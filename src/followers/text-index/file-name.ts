import { format } from './format.ts';

/** What the name of an index says: of which journal it is, and by which rules it was made. */
interface Named {
  readonly journal: string;
  readonly generation: number;
  readonly format: number;
  /** Of the rules by which entries become texts. */
  readonly fingerprint: string;
}

export const fileName = ({ journal, generation, fingerprint }: Omit<Named, 'format'>): string =>
  `${journal}.${generation}.${format}-${fingerprint}.index`;

const pattern = /^(.+)\.(\d{1,15})\.(\d{1,15})-([^.]+)\.index$/;

const named = (name: string): Named | undefined => {
  const [, journal, generation, made, fingerprint] = pattern.exec(name) ?? [];
  return journal === undefined || fingerprint === undefined
    ? undefined
    : { journal, generation: Number(generation), format: Number(made), fingerprint };
};

/** Whether a file belongs to an index of this journal, whichever. What locks it says nothing, and is none of them. */
export const isIndexOf = (name: string, journal: string): boolean =>
  named(name.replace(/-(?:wal|shm|new)$/, ''))?.journal === journal;

/** The journal that the index of this name is of. */
export const journalOf = (name: string): string | undefined => named(name)?.journal;

/**
 * Whether the file `name` can be given up for the one called `own`: another of the same journal, of an older format or,
 * when it was `unused` for long, of other rules or an older generation. Never one of a newer format or generation: who
 * uses that would give up this one, and two programs would build by turns for ever.
 */
export const isGivenUp = (name: string, own: string, unused: boolean): boolean => {
  const [other, mine] = [named(name), named(own)];
  if (other === undefined || mine === undefined || name === own || other.journal !== mine.journal)
    return false;
  if (other.format > mine.format || other.generation > mine.generation) return false;
  return unused || (other.format < mine.format && other.generation === mine.generation);
};

/** Whether the file `name` is an index of the journal that `own` is one of. */
export const isOfSameJournal = (name: string, own: string): boolean => {
  const journal = named(own)?.journal;
  return journal !== undefined && named(name)?.journal === journal;
};
