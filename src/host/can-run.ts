import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Whether a program is there that this user may run: at a whole path, or by its name on the PATH. */
export const canRun = (command: string, env: NodeJS.ProcessEnv): boolean => {
  const folders = isAbsolute(command) ? [''] : (env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
};
