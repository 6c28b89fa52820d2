import type { Operation } from '../../../kernel/operation.ts';
import { messageGet } from './get.ts';
import { inbox } from './inbox.ts';
import { messageSearch } from './search.ts';
import { messageSend } from './send.ts';

/** In the order in which lists show them. */
export const messageOperations: readonly Operation[] = [messageSend, inbox, messageGet, messageSearch];
