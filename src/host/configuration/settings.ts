/** What a process is told from outside. */
export interface Settings {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly host: string;
  readonly port: number;
  /** The workspace of calls that name none, when that was said. */
  readonly workspace: string | undefined;
  /** The name of an agent that starts without one. */
  readonly agent: string | undefined;
  /** Which tools a stdio process shows; the default of the workspace when absent. */
  readonly mode: string | undefined;
  /** A hub to use, instead of finding one or opening the journals. */
  readonly url: string | undefined;
}

const defaultWorkspace = 'main';

/** The workspace of calls that name none. */
export const workspaceOf = ({ workspace }: Settings): string => workspace ?? defaultWorkspace;
