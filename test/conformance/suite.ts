/* The package with the official checks, which is installed where it is first needed. */
import { join } from 'node:path';
import { type Ended, installSidePackage, runProgram } from '../side-package.ts';

const folder = join(import.meta.dirname, 'suite');

/** Installs the checks, unless that has been done. */
export const installSuite = (): Promise<void> => installSidePackage(folder);

const program = (path: string): string => join(folder, 'node_modules', '@modelcontextprotocol', path);

/** The official conformance suite. */
export const conformance = (args: readonly string[]): Promise<Ended> =>
  runProgram(process.execPath, [program('conformance/dist/index.js'), ...args], { cwd: folder });

/** The official inspector; what it wants to keep goes into `home`. */
export const inspector = (args: readonly string[], home: string): Promise<Ended> =>
  runProgram(process.execPath, [program('inspector/clients/launcher/build/index.js'), '--cli', ...args], {
    cwd: folder,
    env: { ...process.env, HOME: home, USERPROFILE: home },
  });
