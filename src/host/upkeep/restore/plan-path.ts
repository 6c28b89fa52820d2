import { join } from 'node:path';

/** The file that is there while journals are being restored. */
export const planIn = (dataDir: string): string => join(dataDir, 'restore.json');
