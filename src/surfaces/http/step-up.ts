import type { Catalogue } from '../../catalogue/catalogue.ts';
import { toolCallName } from '../../catalogue/exposure/tool-call.ts';
import { roleAtLeast } from '../../kernel/entry.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Gate } from './gate.ts';

interface Parts {
  readonly gate: Gate;
  readonly catalogue: Catalogue;
}

/**
 * The refusal that makes a client ask the identity provider for more scopes, and its person for consent: where the caller
 * has too low a role for an operation and there are scopes that would give it. All that are needed are named at once.
 * Everything else is refused where it always is, with advice.
 */
export const refuseScopes = (
  { gate, catalogue }: Parts,
  caller: Caller,
  name: string | undefined,
): Refusal | undefined => {
  const { protectedResource } = gate;
  if (protectedResource === undefined || name === undefined) return undefined;
  const operation = catalogue.find(name);
  if (!operation.ok || roleAtLeast(caller.role, operation.value.role)) return undefined;
  const { role } = operation.value;
  const scopes = protectedResource.scopesFor(caller, role);
  if (scopes === undefined) return undefined;
  const refusal = refuse(
    'forbidden',
    `${name} needs the role ${role}; your token gives you ${caller.role}. Get one with the scopes ${scopes.join(' ')}.`,
    { scopes },
  );
  gate.denied?.(caller, refusal, name);
  return refusal;
};

/** The operation that a message of MCP calls, also by way of the tool that calls others. */
export const toolIn = (body: unknown): string | undefined => {
  if (!isRecord(body) || body['method'] !== 'tools/call' || !isRecord(body['params'])) return undefined;
  const { name, arguments: args } = body['params'];
  const called = name === toolCallName && isRecord(args) ? args['name'] : name;
  return typeof called === 'string' ? called : undefined;
};
