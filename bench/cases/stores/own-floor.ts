import { execFileSync } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from '../../../src/testing/databases.ts';
import { syncP50 } from '../../sync-floor.ts';

interface OwnFloor {
  readonly name: string;
  readonly us: number;
}

const seconds = 2;
const value = 'x'.repeat(300);

/** What one durable write costs by the engine's own measuring program, and by a file where it has none. */
export const ownFloor = async ({ kind, port }: TestDatabase, dir: string): Promise<OwnFloor> => {
  switch (kind) {
    case 'sqlite':
      return { name: 'append 300 B + fdatasync', us: syncP50(join(dir, 'sync.log')) };
    case 'postgres':
      return { name: 'pgbench, insert of 300 B', us: pgbenchUs(port, dir) };
    case 'redis':
      return { name: 'redis-benchmark, XADD of 300 B', us: redisBenchmarkUs(port) };
  }
};

const pgbenchUs = (port: number, dir: string): number => {
  const [found] = globSync('/usr/lib/postgresql/*/bin/pgbench').toSorted().toReversed();
  const address = ['-h', '127.0.0.1', '-p', String(port), '-U', 'signalbox', 'postgres'];
  execFileSync('psql', [
    '-q',
    ...address,
    '-c',
    'create table bench (seq bigserial primary key, text text not null)',
  ]);
  const script = join(dir, 'insert.sql');
  writeFileSync(script, `insert into bench (text) values ('${value}');\n`);
  const said = execFileSync(
    found ?? 'pgbench',
    ['-n', '-M', 'prepared', '-c', '1', '-T', String(seconds), '-f', script, ...address],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return 1_000 * Number(/latency average = ([\d.]+) ms/.exec(said)?.[1]);
};

const redisBenchmarkUs = (port: number): number => {
  const said = execFileSync(
    'redis-benchmark',
    ['-p', String(port), '-c', '1', '-n', '8000', '--csv', 'XADD', 'bench', '*', 'text', value],
    { encoding: 'utf8' },
  );
  const [names = '', figures = ''] = said.trim().split('\n');
  const column = names.split(',').indexOf('"p50_latency_ms"');
  return (
    1_000 *
    Number(
      figures
        .split(',')
        .at(column - names.split(',').length)
        ?.replaceAll('"', ''),
    )
  );
};
