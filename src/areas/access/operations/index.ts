import type { Operation } from '../../../kernel/operation.ts';
import { authDisable, authEnable } from './auth-enable.ts';
import { authStatus } from './auth-status.ts';
import { principalAdd } from './principal-add.ts';
import { principalList } from './principal-list.ts';
import { principalRemove } from './principal-remove.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRefresh } from './token-refresh.ts';
import { tokenRevoke } from './token-revoke.ts';

export const accessOperations: readonly Operation[] = [
  authStatus,
  authEnable,
  authDisable,
  tokenCreate,
  tokenList,
  tokenRefresh,
  tokenRevoke,
  principalAdd,
  principalList,
  principalRemove,
];
