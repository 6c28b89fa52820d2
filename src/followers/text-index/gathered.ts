import type { Head } from '../../journal/head.ts';
import type { Entry } from '../../kernel/entry.ts';
import { type Addition, type Document, isSame } from './messages.ts';
import type { Texts } from './texts.ts';

/** How much is written at once: five times as many documents are no faster, and cost 25 MB more. */
export const additionDocuments = 400;
export const additionCharacters = 1_000_000;

/** What is kept in all: more comes only while the index stands still. */
const additionsMax = 10;
const charactersMax = 2 * additionCharacters;

interface Growing {
  readonly after: Head;
  head: Head;
  readonly documents: Document[];
  characters: number;
}

/**
 * What has just gone through this process, as it goes into the index, so that its entries need not be read and decoded
 * once more. Without gaps; the oldest is forgotten where it becomes too much.
 */
export class Gathered {
  readonly #texts: Texts;
  #additions: Growing[] = [];
  /** Up to here it has been told; undefined = of nothing yet. */
  #head: Head | undefined;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  /** @param head - where the journal stands behind `entries`, in the same instant. */
  add(entries: readonly Entry[], head: Head): void {
    const before = this.#head;
    this.#head = head;
    const [first] = entries;
    if (before?.seq !== (first?.seq ?? 0) - 1 || entries.at(-1)?.seq !== head.seq) {
      this.#additions = [];
      return;
    }
    const growing = this.#growing(before);
    growing.head = head;
    for (const entry of entries) {
      const document = this.#texts.document(entry);
      if (document === undefined) continue;
      growing.documents.push(document);
      growing.characters += charactersOf(document);
    }
    while (this.#isTooMuch()) this.#additions.shift();
  }

  /** Of entries whose texts were erased since, nothing may be here. */
  forget(): void {
    this.#additions = [];
  }

  /** What comes behind `after`; undefined where that is not here. */
  take(after: Head): Addition | undefined {
    while ((this.#additions[0]?.head.seq ?? after.seq + 1) <= after.seq) this.#additions.shift();
    const [first] = this.#additions;
    return first !== undefined && isSame(first.after, after) ? this.#additions.shift() : undefined;
  }

  /** How many entries behind `after` come before what is here. */
  gapBehind({ seq }: Head): number {
    const [first] = this.#additions;
    return first === undefined || first.after.seq <= seq ? Number.POSITIVE_INFINITY : first.after.seq - seq;
  }

  #growing(after: Head): Growing {
    const last = this.#additions.at(-1);
    if (
      last !== undefined &&
      last.documents.length < additionDocuments &&
      last.characters < additionCharacters
    )
      return last;
    const growing = { after, head: after, documents: [], characters: 0 };
    this.#additions.push(growing);
    return growing;
  }

  #isTooMuch(): boolean {
    const characters = this.#additions.reduce((sum, one) => sum + one.characters, 0);
    return this.#additions.length > additionsMax || characters > charactersMax;
  }
}

export const charactersOf = ({ texts }: Document): number =>
  texts.reduce((sum, { length }) => sum + length, 0);
