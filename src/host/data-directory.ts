import { access, constants, mkdir } from 'node:fs/promises';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';

/** Makes the data directory, for its owner alone, unless it is there; what keeps it from being used is refused. */
export const prepareDataDirectory = async (dataDir: string): Promise<Outcome<true>> => {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(true);
  } catch (thrown) {
    return dataDirectoryRefusal(dataDir, thrown);
  }
};

const dataDirectoryRefusal = (dataDir: string, thrown: unknown): Refusal => {
  const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  return refuse(
    reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'storage_read_only',
    `The data directory ${dataDir} cannot be used: ${whyNot(reason)}. Choose another with --data-dir.`,
    { path: dataDir, reason },
  );
};

const whyNot = (reason: string): string => {
  switch (reason) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'it is on a file system that is read-only';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'it, or what it should lie in, is a file';
    case 'ENOENT':
      return 'what it should lie in does not exist and cannot be made';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'there is no room on the disk';
    case 'ENAMETOOLONG':
      return 'the path is too long';
    case 'ELOOP':
      return 'its symbolic links lead in a circle';
    default:
      return `the system says ${reason}`;
  }
};
