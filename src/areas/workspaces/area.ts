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
  'workspaces.attached': [],
  'workspaces.mode_set': ['workspaces', 'workspaces.modes'],
};

export const workspacesArea = defineArea<'workspaces', never, WorkspacesCommand, WorkspacesEvent>({
  name: 'workspaces',
  stateVersion: 2,
  reads: [],
  events: {
    'workspaces.registered': {
      version: 1,
      personal: ['title'],
      meaning: 'A workspace was added to the hub’s list.',
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
  },
  decide,
  evolve,
  concerns: ({ type }) => concernsOf[type],
  bulk: ({ workspaces }) => ({ workspaces: workspaces.bulk() }),
  settle: ({ workspaces }) => ({ workspaces: workspaces.settle() }),
  *save({ workspaces }) {
    for (const row of workspaces.values()) yield { part: 'workspace', row };
  },
  load: (rows) => {
    let workspaces = initialWorkspaces.workspaces.bulk();
    for (const saved of rows) {
      const row = present(isRow(saved) ? saved.row : undefined, 'a snapshot of this version has one part');
      workspaces = workspaces.put({ ...row, journal: row.journal, mode: row.mode });
    }
    return { workspaces };
  },
});

function evolve(slice: WorkspacesSlice, entry: EntryOf<WorkspacesEvent>): WorkspacesSlice {
  const { workspaces } = slice;
  switch (entry.type) {
    case 'workspaces.registered': {
      const { name, title } = entry.data;
      return {
        workspaces: workspaces.put({
          name,
          title,
          journal: undefined,
          mode: undefined,
          createdAt: entry.time,
          number: entry.seq,
        }),
      };
    }
    case 'workspaces.attached':
    case 'workspaces.mode_set': {
      const { name, ...changed } = entry.data;
      const workspace = findWorkspace(slice, name);
      return workspace === undefined ? slice : { workspaces: workspaces.put({ ...workspace, ...changed }) };
    }
    default:
      return never(entry);
  }
}

type Row = SavedRow & { readonly row: Workspace };

const isRow = (saved: SavedRow): saved is Row => saved.part === 'workspace';
