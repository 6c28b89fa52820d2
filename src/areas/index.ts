import type { Area } from '../kernel/area.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Slices } from '../kernel/slices.ts';
import { accessArea } from './access/area.ts';
import { initialAccess } from './access/model.ts';
import { agentsArea } from './agents/area.ts';
import { initialAgents } from './agents/model.ts';
import { leasesArea } from './leases/area.ts';
import { accessSettings } from './access/model.ts';
import { initialLeases, leaseSettings } from './leases/model/index.ts';
import { messagesArea } from './messages/area.ts';
import { initialMessages } from './messages/model/index.ts';
import { portalsArea } from './portals/area.ts';
import { initialPortals } from './portals/model/portal.ts';
import { tasksArea } from './tasks/area.ts';
import { initialTasks } from './tasks/model/index.ts';
import { workspacesArea } from './workspaces/area.ts';
import { initialWorkspaces } from './workspaces/model.ts';

/** All areas, in the fixed order in which their models may know each other. */
export const areas: readonly Area[] = [
  agentsArea,
  leasesArea,
  tasksArea,
  messagesArea,
  portalsArea,
  workspacesArea,
  accessArea,
];

/** What holds where nobody has set anything else. */
export const defaultSettings: RuleSettings = { access: accessSettings, leases: leaseSettings };

/** The state before the first entry. */
export const initialSlices: Slices = {
  agents: initialAgents,
  leases: initialLeases,
  tasks: initialTasks,
  messages: initialMessages,
  portals: initialPortals,
  workspaces: initialWorkspaces,
  access: initialAccess,
};
