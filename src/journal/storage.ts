import type { Seq } from '../kernel/entry.ts';
import { type Outcome, type Refusal, refuse } from '../kernel/errors.ts';
import type { JournalIdentity, Store } from './store.ts';
import type { SubjectKeys } from './subject-keys.ts';

/** What a journal is called where it is kept: the hub's own, or that of a workspace by the name of its file. */
export type JournalName = 'hub' | `workspaces/${string}`;

/** The journal of the hub, which lists the workspaces. */
export const hubJournal: JournalName = 'hub';

/** The journal of a workspace whose file is named so. */
export const workspaceJournal = (file: string): JournalName => `workspaces/${file}`;

/**
 * Whether a journal may come into being by being opened.
 * - `may`: it is made unless it is there.
 * - `must-exist`: it was there before, so its absence is a refusal (`journal_missing`), not a new journal.
 * - `as`: it is made under this identity unless it is there; one of another identity is a refusal (`exists`).
 */
export type Creation = 'may' | 'must-exist' | { readonly as: JournalIdentity };

/** Where the journals of one hub, or of all hubs of one cluster, are kept. Every kind of store has one. */
export interface Storage {
  readonly kind: string;
  /** For people: a folder, or an address without its password. */
  readonly place: string;
  /** For people: what is not as it should be on the way there, though it works. Absent where that is nothing. */
  readonly warning?: string | undefined;
  /** For people: where this journal is. */
  readonly placeOf: (name: JournalName) => string;
  readonly open: (name: JournalName, creation: Creation) => Promise<Outcome<Store>>;
  /** The journals that are there. */
  readonly names: () => Promise<Outcome<readonly JournalName[]>>;
  /** Whether there is, or once was, such a journal here: what is left of one that is lost counts. */
  readonly wasBegun: (name: JournalName) => Promise<Outcome<boolean>>;
  /** What a journal takes where it is kept; 0 when it is not there. */
  readonly bytesOf: (name: JournalName) => Promise<number>;
  /** Deletes a journal that nobody has open, and all that belongs to it. One that is not there is no fault. */
  readonly remove: (name: JournalName) => Promise<Outcome<true>>;
  /**
   * Puts the journal `from` in the place of `to`, whose entries are gone then. It has the keys of both: no living one is
   * lost, and none comes back that was destroyed in either. Whoever has one of them open can append no more.
   *
   * `endsAt`: only while `to` ends there; one that is not there ends at 0. Else it is `movedOn`, and nothing is changed.
   */
  readonly replace: (to: JournalName, from: JournalName, endsAt?: Seq) => Promise<Outcome<true>>;
  /** The subject keys of a journal that cannot be opened any more. Absent where they are lost with it. */
  readonly keysLeft?: (name: JournalName) => SubjectKeys;
  /** Gives back what its stores share. They are closed by then. */
  readonly close: () => Promise<void>;
}

/** Of a journal that was to be replaced as it was when it was looked at. */
export const movedOn = (place: string): Refusal =>
  refuse(
    'storage_busy',
    `Something was written to ${place} meanwhile. It is as it was. Stop whatever works on it, and run this again.`,
    { place },
  );
