import type { Child } from './child.ts';

const forwarded = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

const exits = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export interface Forwarding {
  /** Aborted by the first signal that comes before there is a command to pass it to. */
  readonly early: AbortSignal;
  /** With what to end after such a signal. */
  readonly exit: () => number | undefined;
  /** From now on, signals go to the command. */
  readonly to: (send: (signal: NodeJS.Signals) => void) => void;
  readonly forget: () => void;
}

/** Hears the signals that tell this process to end, which are meant for the command that it runs. */
export const forwardSignals = (): Forwarding => {
  const early = new AbortController();
  let exit: number | undefined;
  let target: ((signal: NodeJS.Signals) => void) | undefined;
  const listeners = forwarded.map((signal) => {
    const hear = (): void => {
      if (target !== undefined) {
        target(signal);
        return;
      }
      exit ??= exits[signal];
      early.abort();
    };
    process.on(signal, hear);
    return [signal, hear] as const;
  });
  return {
    early: early.signal,
    exit: () => exit,
    to: (send) => (target = send),
    forget: () => {
      for (const [signal, hear] of listeners) process.off(signal, hear);
    },
  };
};

/** From now on, signals go to this command. A terminal has sent its Ctrl-C to the command already. */
export const passSignals = (
  { to }: Pick<Forwarding, 'to'>,
  child: Pick<Child, 'send'>,
  { onTerminal }: { readonly onTerminal: boolean },
): void =>
  to((signal) => {
    if (!onTerminal || signal !== 'SIGINT') child.send(signal);
  });
