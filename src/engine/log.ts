/** Where the engine writes what a person who runs it should know. Never holds text of agents beyond error messages. */
export interface Log {
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  readonly error: (message: string, thrown?: unknown) => void;
}
