import type { Log } from '../../engine/log.ts';
import type { Outcome } from '../../kernel/errors.ts';
import type { KnownFlag } from '../../surfaces/cli/flags.ts';
import type { Terminal } from '../../surfaces/cli/terminal.ts';
import type { Configuration, Fault } from '../configuration/configuration.ts';
import type { KeyName } from '../configuration/keys.ts';

/** What was typed behind a command's name, and what else it needs. */
export interface Given {
  readonly words: readonly string[];
  /** The command's own flags; `true` for one without a value. */
  readonly flags: ReadonlyMap<string, string | true>;
  /** All values of each flag that has some, in the order in which they were typed. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly configuration: Configuration;
  /** What was said in the environment or a file and cannot be; of interest to a command that is run all the same. */
  readonly faults: readonly Fault[];
  readonly terminal: Terminal;
  readonly log: Log;
}

/**
 * One command of the program. Each stands in a file of its own that imports what it needs only when it runs, so that
 * no command pays for another's start.
 */
export interface Command {
  /** One word or two, such as `workspace show`. */
  readonly name: string;
  readonly summary: string;
  /** The words behind the name, for help: `NAME`, `[NAME]`, or nothing. */
  readonly words: string;
  /** The keys of the configuration that it takes as flags. */
  readonly keys: readonly KeyName[];
  /** Its own flags, beside those of the configuration. */
  readonly flags: readonly KnownFlag[];
  readonly example: string;
  /** It is run although the environment or a configuration file says what cannot be. */
  readonly despiteFaults?: true;
  readonly run: (given: Given) => Promise<Outcome<unknown>>;
}
