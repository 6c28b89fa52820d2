import { type ErrorCode, type Refusal, refuse } from '../kernel/errors.ts';
import { StoreFailure } from './store.ts';

/** The error name that the system answered with, such as `ENOSPC`; undefined where it was not the system. */
const systemCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

export const isAbsent = (thrown: unknown): boolean =>
  systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR';

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOSPC', 'storage_full'],
  ['EDQUOT', 'storage_full'],
  ['EFBIG', 'storage_full'],
  ['EROFS', 'storage_read_only'],
  ['EACCES', 'storage_read_only'],
  ['EPERM', 'storage_read_only'],
  ['EEXIST', 'exists'],
  ['ENOENT', 'not_found'],
  ['ENOTDIR', 'not_found'],
  ['EISDIR', 'invalid_input'],
]);

const advice: Readonly<Partial<Record<ErrorCode, string>>> = {
  storage_full: 'Free some space on that disk and try again.',
  storage_read_only: 'Give this user permission there, or name another place, and try again.',
  exists: 'Name another place.',
  not_found: 'Look at the path and try again.',
  invalid_input: 'Name a file, not a folder.',
};

/** What the system said of a file as a refusal; what is no answer of the system's is thrown on. */
export const fileRefusal = (path: string, thrown: unknown, what: string): Refusal => {
  if (thrown instanceof StoreFailure) return thrown.refusal;
  const reason = systemCode(thrown);
  if (reason === undefined) throw thrown;
  const code = codes.get(reason) ?? 'storage_failed';
  return refuse(code, `${what}: the system says ${reason}. ${advice[code] ?? 'Look at that disk.'}`, {
    path,
    reason,
  });
};
