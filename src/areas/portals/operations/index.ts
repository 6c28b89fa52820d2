import type { Operation } from '../../../kernel/operation.ts';
import { portalClose } from './close.ts';
import { portalList } from './list.ts';
import { portalOpen } from './open.ts';
import { portalRead } from './read.ts';
import { portalReply } from './reply.ts';
import { portalSend } from './send.ts';

/** In the order in which their examples can be run where ada talks with bob, who answers. */
export const portalOperations: readonly Operation[] = [
  portalOpen,
  portalSend,
  portalRead,
  portalReply,
  portalList,
  portalClose,
];
