import { nameSchema } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instants.ts';
import { type Table, table } from '../../kernel/table.ts';

declare module '../../kernel/slices.ts' {
  interface Slices {
    readonly workspaces: WorkspacesSlice;
  }
}

export const workspaceNameSchema = nameSchema('A workspace name');

export const workspacesMax = 1_000;
export const titleCharactersMax = 200;
export const modeCharactersMax = 200;
/** Each former name is kept for ever, and no other workspace can have it. */
export const formerNamesMax = 20;

/** The least that a journal may be limited to: an empty one takes tens of thousands of bytes. */
export const bytesQuotaMin = 1_000_000;
export const quotaMax = 1_000_000_000_000;

/** What a workspace may take of the hub; undefined = as much as there is. */
interface Quota {
  /** Of its journal on disk. */
  readonly bytesMax: number | undefined;
  /** Calls that may write, from all together. */
  readonly writesPerMinute: number | undefined;
}

/** What tells a repository from others. */
export interface Repository {
  /** As `normalisedOrigin` writes it. */
  readonly origin: string;
  /** The first commit of its history, once that is known: a fork elsewhere has the same. */
  readonly rootCommit: string | undefined;
}

export interface Workspace {
  readonly name: string;
  /** The names it had before, the latest last. They go on meaning it. */
  readonly formerNames: readonly string[];
  /** What its files are named after: its first name, in small letters. Renaming does not move a journal. */
  readonly file: string;
  readonly title: string;
  /** The id of its journal, known since that was first opened; another journal under its name is not it. */
  readonly journal: string | undefined;
  /** Which part of the catalogue its clients are shown unless they name another, when somebody has set one. */
  readonly mode: string | undefined;
  /** The repository that it was made for, if it was made for one. */
  readonly repository: Repository | undefined;
  readonly quota: Quota;
  readonly createdAt: Instant;
  readonly number: number;
}

/** A name that is taken, by the workspace that has it or had it. */
interface TakenName {
  /** In small letters. */
  readonly name: string;
  readonly file: string;
}

/** Only the hub's journal has rows in it. */
export interface WorkspacesSlice {
  readonly workspaces: Table<Workspace, 'all'>;
  readonly names: Table<TakenName, never>;
}

export const onlyPartition = 'all';

export const initialWorkspaces: WorkspacesSlice = {
  workspaces: table<Workspace, 'all'>({
    key: ({ file }) => file,
    orders: { all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] } },
  }),
  names: table<TakenName, never>({ key: ({ name }) => name, orders: {} }),
};

/** Who has this name or had it, whatever its capitals. */
export const holderOf = ({ workspaces, names }: WorkspacesSlice, name: string): Workspace | undefined => {
  const taken = names.get(name.toLowerCase());
  return taken === undefined ? undefined : workspaces.get(taken.file);
};

/** The workspace that is called this, or was. Names differ in more than case, because files are named after them. */
export const findWorkspace = (slice: WorkspacesSlice, name: string): Workspace | undefined => {
  const found = holderOf(slice, name);
  return found !== undefined && (found.name === name || found.formerNames.includes(name)) ? found : undefined;
};

/**
 * The workspace of a repository: of the same origin and first commit. As long as one side does not know the first
 * commit (nothing is committed yet, or the clone is shallow), the origin decides, for the workspace that is newest.
 */
export const workspaceOfRepository = (
  slice: WorkspacesSlice,
  { origin, rootCommit }: Repository,
): Workspace | undefined => {
  const ofOrigin = [...slice.workspaces.scan('all', onlyPartition)].filter(
    ({ repository }) => repository?.origin === origin,
  );
  const same = (root: string | undefined) =>
    ofOrigin.findLast(({ repository }) => repository?.rootCommit === root);
  return rootCommit === undefined ? ofOrigin.at(-1) : (same(rootCommit) ?? same(undefined));
};

export type WorkspacesEvent =
  | {
      readonly type: 'workspaces.registered';
      readonly data: { readonly name: string; readonly title: string };
    }
  | {
      readonly type: 'workspaces.placed';
      readonly data: { readonly name: string; readonly origin: string; readonly rootCommit?: string };
    }
  | {
      readonly type: 'workspaces.renamed';
      readonly data: { readonly name: string; readonly to: string };
    }
  | {
      readonly type: 'workspaces.attached';
      readonly data: { readonly name: string; readonly journal: string };
    }
  | {
      readonly type: 'workspaces.mode_set';
      readonly data: { readonly name: string; readonly mode: string };
    }
  | {
      /** The whole quota as it is from then on. */
      readonly type: 'workspaces.quota_set';
      readonly data: { readonly name: string; readonly bytesMax?: number; readonly writesPerMinute?: number };
    };
