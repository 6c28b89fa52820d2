import type { Area } from '../kernel/area.ts';
import type { Operation } from '../kernel/operation.ts';
import type { Slices } from '../kernel/slices.ts';
import { agentsArea } from './agents/area.ts';
import { initialAgents } from './agents/model.ts';
import { agentLeave } from './agents/operations/leave.ts';
import { agentList } from './agents/operations/list.ts';
import { agentUpdate } from './agents/operations/update.ts';
import { start } from './desk/operations/start.ts';
import { status } from './desk/operations/status.ts';
import { leasesArea } from './leases/area.ts';
import { initialLeases } from './leases/model/index.ts';
import { leaseOperations } from './leases/operations/index.ts';
import { tasksArea } from './tasks/area.ts';
import { initialTasks } from './tasks/model/index.ts';
import { taskOperations } from './tasks/operations/index.ts';
import { workspacesArea } from './workspaces/area.ts';
import { initialWorkspaces } from './workspaces/model.ts';
import { workspaceAdd } from './workspaces/operations/add.ts';
import { workspaceList } from './workspaces/operations/list.ts';
import { workspaceRename } from './workspaces/operations/rename.ts';

/** All areas, in the fixed order in which their models may know each other. */
export const areas: readonly Area[] = [agentsArea, leasesArea, tasksArea, workspacesArea];

/** The state before the first entry. */
export const initialSlices: Slices = {
  agents: initialAgents,
  leases: initialLeases,
  tasks: initialTasks,
  workspaces: initialWorkspaces,
};

/** Everything that can be asked of Signalbox, in the order in which lists show it. */
export const operations: readonly Operation[] = [
  start,
  ...taskOperations,
  ...leaseOperations,
  agentList,
  agentUpdate,
  agentLeave,
  status,
  workspaceList,
  workspaceAdd,
  workspaceRename,
];
