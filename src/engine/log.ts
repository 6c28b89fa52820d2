/** What a line of the log says besides its message, by name. */
type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the engine writes what a person who runs it should know. Never holds text of agents beyond error messages. */
export interface Log {
  /** Whether `debug` leads anywhere. What it takes work to say is not even made otherwise. */
  readonly debugs: boolean;
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, thrown?: unknown) => void;
}
