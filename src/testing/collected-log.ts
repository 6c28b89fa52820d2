import type { Log } from '../engine/log.ts';

/** A log that tests look into. */
export class CollectedLog implements Log {
  readonly warnings: string[] = [];
  readonly errors: { readonly message: string; readonly thrown: unknown }[] = [];
  readonly debugs = false;

  readonly debug = (): void => {};

  readonly info = (): void => {};

  readonly warn = (message: string): void => {
    this.warnings.push(message);
  };

  readonly error = (message: string, thrown?: unknown): void => {
    this.errors.push({ message, thrown });
  };
}
