import type { Operation } from '../../../kernel/operation.ts';
import { taskAdd } from './add.ts';
import { taskClaim } from './claim.ts';
import { taskDone } from './done.ts';
import { taskGet } from './get.ts';
import { taskList } from './list.ts';
import { taskRelease } from './release.ts';
import { taskUpdate } from './update.ts';

/** In the order in which their examples can be run on an empty board. */
export const taskOperations: readonly Operation[] = [
  taskAdd,
  taskList,
  taskGet,
  taskClaim,
  taskUpdate,
  taskRelease,
  taskDone,
];
