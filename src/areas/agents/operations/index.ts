import type { Operation } from '../../../kernel/operation.ts';
import { agentLeave } from './leave.ts';
import { agentList } from './list.ts';
import { agentUpdate } from './update.ts';

export const agentOperations: readonly Operation[] = [agentList, agentUpdate, agentLeave];
