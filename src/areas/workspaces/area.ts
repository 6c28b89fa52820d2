import { type SavedRow, defineArea } from '../../kernel/area.ts';
import { never, present } from '../../kernel/assert.ts';
import type { EntryOf } from '../../kernel/entry.ts';
import { type WorkspacesCommand, decide } from './decide.ts';
import {
  type Workspace,
  type WorkspacesEvent,
  type WorkspacesSlice,
  findWorkspace,
  initialWorkspaces,
} from './model.ts';

/** WO5: that a journal was opened for the first time matters to nobody. */
const concernsOf: Readonly<Record<WorkspacesEvent['type'], readonly string[]>> = {
  'workspaces.registered': ['workspaces'],
  'workspaces.placed': ['workspaces'],
  'workspaces.renamed': ['workspaces'],
  'workspaces.attached': [],
  'workspaces.mode_set': ['workspaces', 'workspaces.modes'],
  'workspaces.quota_set': ['workspaces'],
};

export const workspacesArea = defineArea<'workspaces', never, WorkspacesCommand, WorkspacesEvent>({
  name: 'workspaces',
  stateVersion: 4,
  reads: [],
  events: {
    'workspaces.registered': {
      version: 1,
      personal: ['title'],
      searchable: ['title'],
      meaning: 'A workspace was added to the hub’s list.',
    },
    'workspaces.placed': {
      version: 1,
      personal: [],
      meaning: 'It became known to which repository a workspace belongs.',
    },
    'workspaces.renamed': {
      version: 1,
      personal: [],
      meaning: 'A workspace got another name; those it had before go on meaning it.',
    },
    'workspaces.attached': {
      version: 1,
      personal: [],
      meaning: 'The journal of a workspace was opened for the first time.',
    },
    'workspaces.mode_set': {
      version: 1,
      personal: [],
      meaning: 'Which tools the clients of a workspace are shown by default was chosen.',
    },
    'workspaces.quota_set': {
      version: 1,
      personal: [],
      meaning: 'What a workspace may take of the hub was limited, or is not any more.',
    },
  },
  decide,
  evolve,
  concerns: ({ type }) => concernsOf[type],
  findable: ({ data }) => ({ ref: data.name }),
  bulk: ({ workspaces, names }) => ({ workspaces: workspaces.bulk(), names: names.bulk() }),
  settle: ({ workspaces, names }) => ({ workspaces: workspaces.settle(), names: names.settle() }),
  *save({ workspaces }) {
    for (const row of workspaces.values()) yield { part: 'workspace', row };
  },
  load: (rows) => {
    let slice: WorkspacesSlice = {
      workspaces: initialWorkspaces.workspaces.bulk(),
      names: initialWorkspaces.names.bulk(),
    };
    for (const saved of rows) {
      const row = present(isRow(saved) ? saved.row : undefined, 'a snapshot of this version has one part');
      const { origin, rootCommit } = row.repository ?? {};
      slice = withWorkspace(slice, {
        ...row,
        journal: row.journal,
        mode: row.mode,
        quota: { bytesMax: row.quota.bytesMax, writesPerMinute: row.quota.writesPerMinute },
        repository: origin === undefined ? undefined : { origin, rootCommit },
      });
    }
    return slice;
  },
});

function evolve(slice: WorkspacesSlice, entry: EntryOf<WorkspacesEvent>): WorkspacesSlice {
  if (entry.type === 'workspaces.registered') {
    const { name, title } = entry.data;
    return withWorkspace(slice, {
      name,
      formerNames: [],
      file: name.toLowerCase(),
      title,
      journal: undefined,
      mode: undefined,
      repository: undefined,
      quota: { bytesMax: undefined, writesPerMinute: undefined },
      createdAt: entry.time,
      number: entry.seq,
    });
  }
  const workspace = findWorkspace(slice, entry.data.name);
  return workspace === undefined
    ? slice
    : withWorkspace(slice, { ...workspace, ...changeOf(entry, workspace) });
}

const changeOf = (
  entry: Exclude<EntryOf<WorkspacesEvent>, { readonly type: 'workspaces.registered' }>,
  { name, formerNames }: Workspace,
): Partial<Workspace> => {
  switch (entry.type) {
    case 'workspaces.placed': {
      const { origin, rootCommit } = entry.data;
      return { repository: { origin, rootCommit } };
    }
    case 'workspaces.renamed': {
      const { to } = entry.data;
      return { name: to, formerNames: [...formerNames.filter((former) => former !== to), name] };
    }
    case 'workspaces.attached':
      return { journal: entry.data.journal };
    case 'workspaces.mode_set':
      return { mode: entry.data.mode };
    case 'workspaces.quota_set': {
      const { bytesMax, writesPerMinute } = entry.data;
      return { quota: { bytesMax, writesPerMinute } };
    }
    default:
      return never(entry);
  }
};

/** A row as it is now, with every name that it has or had. */
const withWorkspace = ({ workspaces, names }: WorkspacesSlice, row: Workspace): WorkspacesSlice => {
  let taken = names;
  for (const name of [row.name, ...row.formerNames]) {
    const lower = name.toLowerCase();
    if (!taken.has(lower)) taken = taken.put({ name: lower, file: row.file });
  }
  return { workspaces: workspaces.put(row), names: taken };
};

type Row = SavedRow & { readonly row: Workspace };

const isRow = (saved: SavedRow): saved is Row => saved.part === 'workspace';
