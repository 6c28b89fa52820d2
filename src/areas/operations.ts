import type { Operation } from '../kernel/operation.ts';
import { accessOperations } from './access/operations/index.ts';
import { agentOperations } from './agents/operations/index.ts';
import { find } from './desk/operations/find.ts';
import { start } from './desk/operations/start.ts';
import { status } from './desk/operations/status.ts';
import { wait } from './desk/operations/wait.ts';
import { messageOperations } from './messages/operations/index.ts';
import { portalOperations } from './portals/operations/index.ts';
import { leaseOperations } from './leases/operations/index.ts';
import { taskOperations } from './tasks/operations/index.ts';
import { workspaceOperations } from './workspaces/operations/index.ts';

/** Everything that can be asked of Signalbox, in the order in which lists show it. */
export const operations: readonly Operation[] = [
  start,
  ...taskOperations,
  ...messageOperations,
  wait,
  ...portalOperations,
  ...leaseOperations,
  ...agentOperations,
  status,
  find,
  ...workspaceOperations,
  ...accessOperations,
];
