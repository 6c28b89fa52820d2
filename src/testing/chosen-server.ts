import { assert } from '../kernel/assert.ts';
import { postgresEnvironment } from './postgres-server.ts';

/** What the tests on a store need in their environment, or why they cannot run here. */
export type TestServer =
  | { readonly environment: Readonly<Record<string, string>> }
  | { readonly skipped: string; readonly isFailure: boolean };

const starters: Readonly<Record<string, () => Promise<TestServer>>> = {
  postgres: postgresEnvironment,
};

/** A server that many test files share, which ends with this process. */
export const startServerFor = (kind: string): Promise<TestServer> => {
  const start = starters[kind];
  assert(start !== undefined, `tests can be repeated on ${Object.keys(starters).join(', ')}`);
  return start();
};
