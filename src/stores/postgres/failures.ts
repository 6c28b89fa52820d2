import { DatabaseError } from 'pg';
import { StoreFailure } from '../../journal/store.ts';
import { type ErrorCode, type Refusal, refuse } from '../../kernel/errors.ts';
import type { Address } from './address.ts';

/** What can go wrong with a database, and what a person does about it. */
const troubles = {
  unreachable: {
    code: 'storage_failed',
    happened: 'cannot be reached',
    advice: 'See that the server runs, and that its host and port are right.',
  },
  lost: {
    code: 'storage_failed',
    happened: 'broke off the connection',
    advice: 'See whether the server runs, then try again.',
  },
  starting: {
    code: 'storage_failed',
    happened: 'is starting or stopping',
    advice: 'Try again in a moment.',
  },
  crowded: {
    code: 'storage_busy',
    happened: 'has no connection left',
    advice: 'Raise max_connections of the server, or let fewer programs use it, and try again.',
  },
  busy: { code: 'storage_busy', happened: 'was kept busy by others', advice: 'Try again.' },
  full: {
    code: 'storage_full',
    happened: 'has no room left',
    advice: 'Free some space on the disk of the server and try again.',
  },
  readOnly: {
    code: 'storage_read_only',
    happened: 'cannot be written',
    advice:
      'Name the primary server and not a standby, and set default_transaction_read_only to off for this database and user.',
  },
  forbidden: {
    code: 'storage_read_only',
    happened: 'does not allow this user what is needed',
    advice:
      'Let the owner of the database say: grant create, temporary on database <name> to <user>; or make the schema beforehand: create schema <cluster> authorization <user>. If the schema is of another program, name another cluster (SIGNALBOX_CLUSTER).',
  },
  login: {
    code: 'storage_failed',
    happened: 'did not let us in',
    advice:
      'See that user, password and sslmode in the address are right, and that pg_hba.conf of the server lets this user in from here.',
  },
  noDatabase: {
    code: 'storage_failed',
    happened: 'is not there',
    advice: 'Create it (createdb <name>), or name another one in the address.',
  },
  tls: {
    code: 'storage_failed',
    happened: 'cannot be reached over TLS as the address demands',
    advice:
      'Give sslrootcert=<file of the certificate authority> for a certificate of your own, or another sslmode.',
  },
  noTls: {
    code: 'storage_failed',
    happened: 'speaks no TLS, which sslmode demands',
    advice:
      'Switch it on at the server (ssl = on in postgresql.conf), or say sslmode=disable if nobody else reaches the network between.',
  },
  gone: {
    code: 'journal_missing',
    happened: 'no longer has the tables of this cluster',
    advice: 'Restore a backup of the database, or name the right cluster.',
  },
  corrupt: {
    code: 'journal_corrupt',
    happened: 'is damaged',
    advice: 'Stop every hub, restore a backup of the database, and try again.',
  },
  failed: {
    code: 'storage_failed',
    happened: 'could not do what was asked',
    advice: 'Look at the log of the server, then try again.',
  },
} as const satisfies Readonly<
  Record<string, { readonly code: ErrorCode; readonly happened: string; readonly advice: string }>
>;

type Trouble = keyof typeof troubles;

/** By SQLSTATE, or its class (the first two characters). Source: PostgreSQL's manual, appendix A. */
const byState: Readonly<Record<string, Trouble>> = {
  '08': 'lost',
  '25006': 'readOnly',
  '28': 'login',
  '3D000': 'noDatabase',
  '3F000': 'gone',
  '40': 'busy',
  '42501': 'forbidden',
  '42P01': 'gone',
  '53100': 'full',
  '53300': 'crowded',
  '55P03': 'busy',
  '57014': 'busy',
  '57P': 'starting',
  '58P01': 'corrupt',
  XX001: 'corrupt',
  XX002: 'corrupt',
};

const ofState = (state: string): Trouble =>
  byState[state] ?? byState[state.slice(0, 3)] ?? byState[state.slice(0, 2)] ?? 'failed';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const isTls = (error: unknown): boolean =>
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(codeOf(error)) ||
  /SSL connection/.test(textOf(error));

const unreachable: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
];

const troubleOf = (error: unknown): Trouble => {
  if (error instanceof DatabaseError) return ofState(error.code ?? '');
  if (/does not support SSL connections/.test(textOf(error))) return 'noTls';
  if (isTls(error)) return 'tls';
  return unreachable.includes(codeOf(error)) || /timeout/.test(textOf(error)) ? 'unreachable' : 'lost';
};

/** The two addresses of one name fail together, and only each of them says why. */
const textOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error instanceof Error ? error.message : String(error);
};

/**
 * Whether the server has said no to the statement, and has thereby done nothing. All else (a connection cut off, a
 * server going down) leaves open what it has done.
 */
export const isAnswer = (error: unknown): boolean =>
  error instanceof DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC';

/** By class or SQLSTATE: what only the settings, the transaction or the prepared statements of a connection stand against. */
const ofSession: readonly string[] = ['25', '26', '0A000', '42P05'];

/** Whether a statement that the server has refused could be done over a new connection. */
export const isOfSession = (error: unknown): boolean =>
  error instanceof DatabaseError && ofSession.some((state) => error.code?.startsWith(state));

/** Whether it may pass within seconds: a server that restarts, a connection that was cut. */
export const isPassing = (error: unknown): boolean => {
  // Nothing failed: what was found is not what it should be.
  if (error instanceof StoreFailure) return false;
  const trouble = troubleOf(error);
  return (
    trouble === 'lost' || trouble === 'starting' || trouble === 'crowded' || codeOf(error) === 'ECONNREFUSED'
  );
};

/** Whether a connection cannot be made because nobody is there to take it, or not yet. */
export const isAway = (error: unknown): boolean => isPassing(error) && troubleOf(error) !== 'crowded';

/** What went wrong, in the words of the closed list of codes. */
export interface Fault {
  readonly code: ErrorCode;
  readonly reason: string;
}

export const faultOf = ({ place, withoutPassword }: Address, error: unknown): Fault => {
  const { code, happened, advice } = troubles[troubleOf(error)];
  return {
    code,
    reason: `The database ${place} ${happened}: "${withoutPassword(textOf(error))}". ${advice}`,
  };
};

export const refusalOf = (address: Address, error: unknown): Refusal => {
  if (error instanceof StoreFailure) return error.refusal;
  const { code, reason } = faultOf(address, error);
  return refuse(code, reason, { place: address.place });
};

/** For reading, which has no outcome to put a refusal in. */
export const storeFailure = (address: Address, error: unknown): StoreFailure =>
  error instanceof StoreFailure ? error : new StoreFailure(refusalOf(address, error));
