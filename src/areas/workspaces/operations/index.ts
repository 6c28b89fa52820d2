import type { Operation } from '../../../kernel/operation.ts';
import { workspaceAdd } from './add.ts';
import { workspaceList } from './list.ts';
import { workspaceQuota } from './quota.ts';
import { workspaceRename } from './rename.ts';

export const workspaceOperations: readonly Operation[] = [
  workspaceList,
  workspaceAdd,
  workspaceRename,
  workspaceQuota,
];
