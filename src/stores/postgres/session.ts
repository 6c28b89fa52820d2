import { setTimeout as pause } from 'node:timers/promises';
import type { Client, ClientBase, QueryArrayResult } from 'pg';
import { assert } from '../../kernel/assert.ts';
import { QuickWrite, type Value } from './quick-write.ts';
import type { Statement } from './statements.ts';

export type Row = readonly unknown[];

/** The process of the server behind a connection; numbers of processes come again, so that both tell it. */
export interface Backend {
  readonly pid: number;
  readonly began: string;
}

/** What the server says of itself when a connection has been made. */
export interface Server {
  readonly backend: Backend;
  readonly version: number;
  readonly encoding: string;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** Who has answered is not the process of the server that works for us: a pooler is between. */
  readonly isPooled: boolean;
}

/**
 * How a connection is set up, in one statement. A statement that waits for a lock, or takes all too long, is given up by
 * the server, which then knows that it has done nothing; a server finds within a minute that we are gone. Whatever is
 * known of how full the tables are, rows are found by their keys, and read in the order of these: a plan that was made
 * when a journal was small would else read and sort all of it for each page.
 */
const setUp = `select
  set_config('lock_timeout', $1, false),
  set_config('statement_timeout', $2, false),
  set_config('idle_in_transaction_session_timeout', '60s', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('enable_seqscan', 'off', false),
  set_config('enable_bitmapscan', 'off', false),
  set_config('enable_sort', 'off', false),
  set_config('jit', 'off', false),
  set_config('client_min_messages', 'warning', false),
  set_config('tcp_keepalives_idle', '20', false),
  set_config('tcp_keepalives_interval', '10', false),
  set_config('tcp_keepalives_count', '3', false),
  case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end,
  pg_backend_pid(),
  (select extract(epoch from backend_start)::text from pg_stat_activity where pid = pg_backend_pid()),
  current_setting('server_version_num')::integer,
  current_setting('server_encoding'),
  current_setting('fsync') = 'on',
  current_setting('full_page_writes') = 'on'`;

/** Before the server gives up a statement, others have had this much of patience; then the connection is given up. */
const statementPatience = 4;
const answerPatience = 5;

export const prepare = async (client: ClientBase, patienceMs: number): Promise<Server> => {
  const values = [String(patienceMs), String(patienceMs * statementPatience)];
  const { rows } = await client.query<unknown[]>({ text: setUp, values, rowMode: 'array' });
  const [pid, began, version, encoding, fsync, fullPageWrites] = rows[0]?.slice(-6) ?? [];
  assert(
    typeof pid === 'number' && typeof began === 'string' && typeof version === 'number',
    'the server says which process it is',
  );
  return {
    backend: { pid, began },
    version,
    encoding: String(encoding),
    fsync: fsync === true,
    fullPageWrites: fullPageWrites === true,
    isPooled: 'processID' in client && client.processID !== pid,
  };
};

/** Gives up a connection on the spot; what was asked over it fails. */
export const cut = (client: Client, reason: string): void => {
  client.connection.stream.destroy(new Error(reason));
};

export interface Asking {
  readonly patienceMs: number;
  readonly statement: Statement | { readonly text: string };
  readonly values?: readonly unknown[];
}

export interface Writing extends Asking {
  readonly statement: Statement;
  readonly values: readonly Value[];
}

/** The rows that a statement gives. */
export const ask = async (client: Client, asking: Asking): Promise<Row[]> =>
  (await answerTo(client, asking)).rows;

/** What a connection has written already, and so has prepared, by the names of the statements. */
const prepared = new WeakMap<Client, Set<string>>();

/** How many rows were written by a statement that gives none. */
export const write = async (client: Client, { patienceMs, statement, values }: Writing): Promise<number> => {
  const known = prepared.get(client) ?? new Set();
  if (known.has(statement.name)) {
    const quick = new QuickWrite(statement.name, values);
    return inTime(client, patienceMs, () => client.query(quick).written);
  }
  const { rowCount } = await answerTo(client, { patienceMs, statement, values });
  prepared.set(client, known.add(statement.name));
  return rowCount ?? 0;
};

const answerTo = (
  client: Client,
  { patienceMs, statement, values = [] }: Asking,
): Promise<QueryArrayResult<unknown[]>> =>
  inTime(client, patienceMs, () =>
    client.query<unknown[]>({ ...statement, values: [...values], rowMode: 'array' }),
  );

/** A server that does not answer at all loses the connection. */
const inTime = async <T>(client: Client, patienceMs: number, answer: () => Promise<T>): Promise<T> => {
  const limitMs = patienceMs * answerPatience;
  const timer = setTimeout(() => cut(client, `no answer within ${limitMs / 1_000} s`), limitMs);
  try {
    return await answer();
  } finally {
    clearTimeout(timer);
  }
};

/** Waits without keeping the process alive; ends early when the signal says so. */
export const rest = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await pause(ms, undefined, { ref: false, signal });
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
};

const pauseFirstMs = 10;
const pauseLastMs = 300;

/** How long to wait before the next attempt: doubling, and jittered. */
export const backoffMs = (attempts: number): number =>
  Math.min(pauseFirstMs * 2 ** attempts, pauseLastMs) * (0.5 + Math.random());
