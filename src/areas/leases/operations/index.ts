import type { Operation } from '../../../kernel/operation.ts';
import { lockAcquire } from './acquire.ts';
import { lockAlias } from './alias.ts';
import { lockBreak } from './break.ts';
import { lockCheckToken } from './check-token.ts';
import { lockList } from './list.ts';
import { lockRelease } from './release.ts';
import { lockRenew } from './renew.ts';

/** In the order in which their examples can be run on an empty board. */
export const leaseOperations: readonly Operation[] = [
  lockAcquire,
  lockRenew,
  lockList,
  lockCheckToken,
  lockBreak,
  lockRelease,
  lockAlias,
];
