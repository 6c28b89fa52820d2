import type { Log } from '../engine/log.ts';

/** One line per message on stderr; stdout belongs to the protocol. */
export const stderrLog = (level: 'info' | 'warn'): Log => {
  const write = (kind: string, message: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${kind} ${message}\n`);
  };
  return {
    info: (message) => {
      if (level === 'info') write('info', message);
    },
    warn: (message) => write('warn', message),
    error: (message, thrown) =>
      write('error', thrown instanceof Error ? `${message}: ${thrown.stack ?? thrown.message}` : message),
  };
};
