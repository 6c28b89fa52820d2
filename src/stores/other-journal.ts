import type { JournalIdentity } from '../journal/store.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';

/** Why a journal cannot be opened as the one that is wanted: another is where it should be. */
export const refuseOther = (
  place: string,
  found: JournalIdentity,
  wanted: JournalIdentity,
): Refusal | undefined =>
  found.id === wanted.id && found.generation === wanted.generation
    ? undefined
    : refuse(
        'exists',
        `${place} is another journal (${found.id}, generation ${found.generation}) than the one that is wanted there (${wanted.id}, generation ${wanted.generation}). Nothing was changed. Choose another place, or move that journal away.`,
        { found, wanted },
      );
