import { ok } from '../kernel/errors.ts';
import type { Gate } from '../surfaces/http/gate.ts';

/** Lets everybody in who reaches the port, in the name of this principal, and to everything. */
export const openGate = (principal: string): Gate => {
  const everybody = ok({
    principal,
    role: 'admin',
    kind: 'person',
    agent: undefined,
    session: undefined,
    connection: undefined,
    client: undefined,
  } as const);
  return { admit: () => everybody };
};
