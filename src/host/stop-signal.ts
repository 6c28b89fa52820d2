const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Programs that start others, such as `npm start`, pass on the signal of a Ctrl-C that the terminal has sent to all of them
 * already. The same signal so soon after the first is that one, and not a person who has lost patience.
 */
const echoMs = 300;

/**
 * Resolves when the process is told to stop. Any further signal ends it at once, as a person would expect who presses
 * Ctrl-C again.
 */
export const stopSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
    const hear = (signal: NodeJS.Signals): void => {
      if (first === undefined) {
        first = { signal, at: performance.now() };
        resolve(signal);
        return;
      }
      if (first.signal === signal && performance.now() - first.at < echoMs) return;
      for (const each of stopSignals) process.off(each, hear);
      process.kill(process.pid, signal);
    };
    for (const signal of stopSignals) process.on(signal, hear);
  });
