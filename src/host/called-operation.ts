import type { Outcome } from '../kernel/errors.ts';
import type { Operation } from '../kernel/operation.ts';

/** By the word with which the names of an area's operations begin. */
const families: ReadonlyMap<string, () => Promise<readonly Operation[]>> = new Map([
  ['task', async () => (await import('../areas/tasks/operations/index.ts')).taskOperations],
  ['message', async () => (await import('../areas/messages/operations/index.ts')).messageOperations],
  ['portal', async () => (await import('../areas/portals/operations/index.ts')).portalOperations],
  ['lock', async () => (await import('../areas/leases/operations/index.ts')).leaseOperations],
  ['agent', async () => (await import('../areas/agents/operations/index.ts')).agentOperations],
  ['workspace', async () => (await import('../areas/workspaces/operations/index.ts')).workspaceOperations],
]);

/**
 * The operation of this name, as the whole catalogue has it. Who makes one call does not wait until all the others are
 * loaded too, unless the name is one of no area.
 */
export const calledOperation = async (name: string): Promise<Outcome<Operation>> => {
  const family = await families.get(name.split('_', 1).join())?.();
  const value = family?.find((operation) => operation.name === name);
  if (value !== undefined) return { ok: true, value };
  const { wholeCatalogue } = await import('./whole-catalogue.ts');
  return wholeCatalogue().find(name);
};
