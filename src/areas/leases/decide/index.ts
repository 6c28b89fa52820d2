import { intents } from '../../../kernel/area.ts';
import { never } from '../../../kernel/assert.ts';
import type { LeasesEvent } from '../model/events.ts';
import { acquire } from './acquire.ts';
import { alias } from './alias.ts';
import { breakLock } from './break.ts';
import type { DecideLeases, LeasesCommand, Yard } from './commands.ts';
import { endSession, lapse } from './lapse.ts';
import { leave, release, renew, take } from './release.ts';
import { ttlFor } from './ttl.ts';

export const decide: DecideLeases = (slice, command, context) => {
  const yard: Yard = { leases: slice, agents: context.world.agents, context };
  switch (command.type) {
    case 'acquire': {
      const ttl = ttlFor(context.settings.leases, command.ttl);
      return ttl.ok ? acquire(yard, { ...command, ttl: ttl.value }) : ttl;
    }
    case 'take':
      return take(yard, command);
    case 'leave':
      return leave(yard, command);
    case 'renew': {
      const ttl = ttlFor(context.settings.leases, command.ttl);
      return ttl.ok ? renew(yard, command) : ttl;
    }
    case 'release':
      return release(yard, command);
    case 'break':
      return breakLock(yard, command);
    case 'alias':
      return alias(yard, command);
    case 'lapse':
      return lapse(yard);
    case 'end_session':
      return endSession(yard, command);
    default:
      return never(command);
  }
};

export const leasesIntent = intents<'leases', 'agents', LeasesCommand, LeasesEvent>('leases', decide);
