/* What stands in the journals before a test, or after it: told or asked in the test's own process, by what commands call. */
import assert from 'node:assert/strict';
import { writtenDescription } from '../../src/catalogue/written-description.ts';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import { openOnce } from '../../src/host/open-once.ts';
import { ownerPrincipal } from '../../src/host/owner.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { mainOnly } from '../host/processes.ts';

export interface Told {
  readonly operation: string;
  readonly input: object;
  /** Who speaks; nobody when absent. */
  readonly agent?: string;
  readonly requestId?: string;
  /** `main` when absent. */
  readonly workspace?: string;
  /** As a person would at a terminal, and not as a program. */
  readonly asPerson?: true;
}

/** The store that this process was told of, for all that it starts. */
const storeHere = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    ['STORE', 'CLUSTER', 'POSTGRES_URL', 'REDIS_URL']
      .map((name) => `SIGNALBOX_${name}`)
      .map((name) => [name, process.env[name]]),
  );

/** The journals, opened as for one command. */
export const openHere = async (dataDir: string) => {
  const catalogue = writtenDescription();
  const log = new CollectedLog();
  const configuration = await readConfiguration(
    { 'data-dir': dataDir },
    { env: { ...mainOnly, ...storeHere() }, cwd: '/' },
  );
  assert(configuration.ok);
  const opened = await openOnce(configuration.value.settings, { catalogue, log });
  assert(opened.ok);
  const { hub, workspace: usual, close } = opened.value;
  const call = ({ operation, input, agent, requestId, workspace = usual, asPerson }: Told) =>
    hub.call({
      operation,
      input,
      caller: {
        principal: ownerPrincipal,
        role: 'admin',
        kind: asPerson === true ? 'person' : 'agent',
        agent,
        session: undefined,
        connection: agent === undefined ? 'cli' : `cli:${agent}`,
        client: 'cli',
      },
      workspace,
      requestId,
      signal: undefined,
    });
  return { call, close };
};

/** Calls one after the other, as commands make them; each must succeed. What they answer. */
export const tellHere = async (dataDir: string, calls: readonly Told[]): Promise<readonly unknown[]> => {
  const { call, close } = await openHere(dataDir);
  const values: unknown[] = [];
  for (const told of calls) {
    const reply = await call(told);
    assert(reply.ok, `${told.operation}: ${JSON.stringify(reply)}`);
    values.push(reply.value.value);
  }
  await close();
  return values;
};
