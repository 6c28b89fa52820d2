import { ok } from '../kernel/errors.ts';
import type { Standing } from '../kernel/operation.ts';
import type { Gate } from '../surfaces/http/gate.ts';

/** Lets everybody in who reaches the port, in the name of this principal, and to everything. */
export const openGate = (principal: string, standing?: Standing): Gate => {
  const everybody = ok({
    principal,
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: undefined,
    client: undefined,
    ...(standing !== undefined && { standing }),
  } as const);
  return { admit: () => everybody };
};
