import { configurationReference } from '../../src/host/configuration/reference.ts';
import { cliPage } from './cli-page.ts';

/** The pages of the reference that the program's own tables make, by name. */
export const pagesOfProgram = (): ReadonlyMap<string, string> =>
  new Map([['cli.md', cliPage()], ...configurationReference()]);
