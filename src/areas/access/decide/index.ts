import { type AreaDefinition, intents } from '../../../kernel/area.ts';
import { never } from '../../../kernel/assert.ts';
import { ok } from '../../../kernel/errors.ts';
import type { AccessEvent } from '../model.ts';
import type { AccessCommand } from './commands.ts';
import { changeLimits } from './limits.ts';
import { addPrincipal, removePrincipal } from './principals.ts';
import { createToken } from './create.ts';
import { disable, enable } from './asking.ts';
import { erase } from './erase.ts';
import { refreshToken } from './refresh.ts';
import { revokeToken, useTokens } from './revoke.ts';

export type { AccessCommand } from './commands.ts';

type Decide = AreaDefinition<'access', 'workspaces', AccessCommand, AccessEvent>['decide'];

export const decide: Decide = (slice, command, context) => {
  const desk = { slice, context };
  switch (command.type) {
    case 'create_token':
      return createToken(desk, command);
    case 'refresh_token':
      return refreshToken(desk, command);
    case 'revoke_token':
      return revokeToken(desk, command);
    case 'add_principal':
      return addPrincipal(desk, command);
    case 'remove_principal':
      return removePrincipal(desk, command.name);
    case 'change_limits':
      return changeLimits(desk, command);
    case 'enable':
      return enable(desk);
    case 'disable':
      return disable(desk);
    case 'use':
      return useTokens(desk, command.tokens);
    case 'deny':
      // AC31
      return ok(command.denials.map((data) => ({ type: 'access.denied', data })));
    case 'erase':
      return erase(desk, command.of);
    default:
      return never(command);
  }
};

export const accessIntent = intents<'access', 'workspaces', AccessCommand, AccessEvent>('access', decide);
