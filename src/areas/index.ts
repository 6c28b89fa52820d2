import type { Area } from '../kernel/area.ts';
import type { Slices } from '../kernel/slices.ts';
import { agentsArea } from './agents/area.ts';
import { initialAgents } from './agents/model.ts';
import { leasesArea } from './leases/area.ts';
import { initialLeases } from './leases/model/index.ts';
import { tasksArea } from './tasks/area.ts';
import { initialTasks } from './tasks/model/index.ts';
import { workspacesArea } from './workspaces/area.ts';
import { initialWorkspaces } from './workspaces/model.ts';

/** All areas, in the fixed order in which their models may know each other. */
export const areas: readonly Area[] = [agentsArea, leasesArea, tasksArea, workspacesArea];

/** The state before the first entry. */
export const initialSlices: Slices = {
  agents: initialAgents,
  leases: initialLeases,
  tasks: initialTasks,
  workspaces: initialWorkspaces,
};
