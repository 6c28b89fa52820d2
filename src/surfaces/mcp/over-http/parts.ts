import type { McpServer, Server, ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../../../engine/clock.ts';
import type { Log } from '../../../engine/log.ts';
import type { Hub } from '../../hub.ts';
import type { Updates } from '../resources/followers.ts';
import type { Watch } from '../resources/watch.ts';
import type { Speaker } from '../tools/call.ts';
import type { Limits } from './limits.ts';

/** What a server is to be made for: one request of the revision without sessions, or one session of the others. */
interface ServerOrder {
  readonly era: 'legacy' | 'modern';
  readonly workspace: string | undefined;
  readonly mode: string | undefined;
  readonly hub: Pick<Hub, 'version' | 'call' | 'health'>;
  readonly speakerOf: (context: ServerContext, client: string | undefined) => Speaker;
  readonly watch: Watch;
}

/** What both eras are served with. */
export interface Parts {
  readonly hub: Pick<Hub, 'version' | 'call' | 'disconnect' | 'health'>;
  readonly serverFor: (order: ServerOrder) => Server | McpServer;
  /** Whether an operation changes nothing. */
  readonly reads: (operation: string) => boolean;
  readonly updates: Updates;
  readonly clock: Clock;
  readonly log: Log;
  readonly report: (error: Error) => void;
  readonly limits: Limits;
}
