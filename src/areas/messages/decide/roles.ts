import { type Outcome, refuse } from '../../../kernel/errors.ts';
import type { World } from '../../../kernel/slices.ts';

/** The agents that hold a role, such as `reviewer` or `5c.reviewer`. */
export const roleHolders = (_world: World<'agents'>, role: string): Outcome<readonly string[]> =>
  refuse(
    'invalid_input',
    `Roles cannot be addressed yet, and "role:${role}" is one. Name the agents instead.`,
  );
