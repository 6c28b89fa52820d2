import { hash } from 'node:crypto';
import type { Author } from '../kernel/entry.ts';

/** Whose text an entry holds: who wrote it. */
export type Subject = Pick<Author, 'principal' | 'agent'>;

/** Whose text is to be erased: all that a principal wrote, its agents included, or what agents of a name did. */
export type Erasable = { readonly principal: string } | { readonly agent: string };

/** A key that a subject's text is sealed under. */
export interface SubjectKey {
  readonly id: string;
  /** Undefined of one that was destroyed before it was ever here. */
  readonly subject: Subject | undefined;
  /** 32 bytes; undefined = it was destroyed. */
  readonly secret: Uint8Array | undefined;
  /** Nobody writes with it any more. */
  readonly retired: boolean;
}

/** A key that was drawn and is not kept yet. */
export interface FreshKey {
  readonly id: string;
  readonly subject: Subject;
  readonly secret: Uint8Array;
}

/**
 * The keys of one journal, kept where they are in no backup of it and in no link of its chain, and shared by all
 * processes on it. A subject has one key that is used for writing, until it is retired; each is readable until it is
 * destroyed, and nothing brings it back then. What a member promises is durable when it resolves. All throw
 * `StoreFailure` when the keys cannot be reached. Every kind passes `src/testing/subject-keys.contract.ts`.
 */
export interface SubjectKeys {
  /** All that are here, those that were destroyed too. */
  readonly load: () => Promise<readonly SubjectKey[]>;
  /**
   * For each of these, in their order, the key that its subject writes with: the one that is there, made by whichever
   * process, or else this. No subject is named twice.
   */
  readonly ensure: (fresh: readonly FreshKey[]) => Promise<readonly SubjectKey[]>;
  /** Nobody gets these keys from `ensure` any more. The ids of all that are not destroyed, those retired before too. */
  readonly retire: (of: Erasable) => Promise<readonly string[]>;
  /** No trace of the secrets is left in what keeps them. An id that is not here is remembered as destroyed. */
  readonly destroy: (ids: readonly string[]) => Promise<void>;
  /** Takes these over as they are, for a journal that is moved here. Those that are here already stay as they are. */
  readonly adopt: (keys: readonly SubjectKey[]) => Promise<void>;
}

/** Takes these over for a journal that comes from there; what is destroyed there is destroyed here. Throws `StoreFailure`. */
export const takeOverKeys = async (to: SubjectKeys, keys: readonly SubjectKey[]): Promise<void> => {
  if (keys.length === 0) return;
  await to.adopt(keys);
  await to.destroy(keys.flatMap(({ id, secret }) => (secret === undefined ? [id] : [])));
};

/**
 * Where one journal takes the place of another: all that live in one of them are in `to` then, but those that were
 * destroyed in either are that. Throws `StoreFailure`.
 */
export const joinKeys = async (to: SubjectKeys, from: SubjectKeys): Promise<void> => {
  const keys = await from.load();
  await to.adopt(keys);
  await to.destroy(keys.flatMap(({ id, secret }) => (secret === undefined ? [id] : [])));
};

/**
 * What keys are told of whose they are. They lie beside a journal that may be encrypted, so that names need not be read
 * there: the same name always gives the same text.
 */
export const masked = <T extends Subject | Erasable>(named: T): T => ({
  ...named,
  ...('principal' in named && { principal: maskOf(named.principal) }),
  ...('agent' in named && named.agent !== undefined && { agent: maskOf(named.agent) }),
});

const maskOf = (name: string): string => hash('sha256', `signalbox subject ${name}`).slice(0, maskCharacters);

const maskCharacters = 32;

/** What tells subjects apart. Names hold no spaces. */
export const subjectName = ({ principal, agent }: Subject): string =>
  agent === undefined ? principal : `${principal} ${agent}`;

export const isErasable = (subject: Subject, of: Erasable): boolean =>
  'principal' in of ? subject.principal === of.principal : subject.agent === of.agent;
