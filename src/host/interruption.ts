const exits = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type Interrupt = keyof typeof exits;

export interface Interruption {
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
  /** With what the process should then end, as a shell counts it; undefined while nobody has told it to. */
  readonly exit: () => number | undefined;
  readonly forget: () => void;
}

/** Hears the first Ctrl-C, or its like; the second one ends the process at once. */
export const listenForInterruption = (): Interruption => {
  const controller = new AbortController();
  let exit: number | undefined;
  const hear = (signal: Interrupt): void => {
    exit = exits[signal];
    forget();
    controller.abort();
  };
  const listeners = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map(
    (signal) => [signal, (): void => hear(signal)] as const,
  );
  const forget = (): void => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return { signal: controller.signal, exit: () => exit, forget };
};
