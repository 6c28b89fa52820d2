import type { Log } from '../../engine/log.ts';
import type { Configuration, Fault } from '../configuration/configuration.ts';
import type { CheckedJournal } from '../journal-check.ts';
import type { Outcome } from '../../kernel/errors.ts';
import type { Place } from '../workspace-resolution/resolve.ts';

/** What a check found. */
export interface Finding {
  readonly state: 'good' | 'warn' | 'bad';
  /** What is so, and what the command below it does where that is not plain. */
  readonly what: string;
  /** The command that mends it, where something is to be mended. */
  readonly mend: string | undefined;
}

export interface Check {
  readonly name: string;
  /** Finds nothing where another check tells why nothing can be found. */
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}

/** A journal in the data directory, after it was read to its end. */
export interface ReadJournal {
  /** In the data directory. */
  readonly file: string;
  readonly checked: Outcome<CheckedJournal>;
}

/** What checks look at. */
export interface Patient {
  readonly configuration: Configuration;
  /** What was said and cannot be; the configuration is as if it had not been said. */
  readonly faults: readonly Fault[];
  readonly place: Place;
  readonly home: string;
  readonly log: Log;
  /** The data directory is there, and this user may not look into it. */
  readonly sealed: boolean;
  /** Read once for all checks. */
  readonly journals: readonly ReadJournal[];
}

export const good = (what: string): Finding => ({ state: 'good', what, mend: undefined });

export const warn = (what: string, mend: string): Finding => ({ state: 'warn', what, mend });

export const bad = (what: string, mend: string): Finding => ({ state: 'bad', what, mend });

export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
