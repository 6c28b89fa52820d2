import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import type * as Pino from 'pino';
import type { Log } from '../engine/log.ts';
import type { Settings } from './configuration/settings.ts';
import { linesForPeople } from './log-lines.ts';
import { type ShownError, shownError } from './shown-error.ts';

/** Where a log goes: a terminal when it says so. */
export type LogStream = Writable & { readonly isTTY?: boolean | undefined };

export interface LogOptions extends Pick<Settings, 'logLevel' | 'debug'> {
  readonly stream: LogStream;
  readonly colour: boolean;
}

/** The log of this process. */
export const stderrLog = (settings: Pick<Settings, 'logLevel' | 'debug'>): Log => {
  const stream = process.stderr;
  return openLog({ ...settings, stream, colour: stream.isTTY && stream.hasColors() });
};

const require = createRequire(import.meta.url);

/**
 * The log of a process: a line of JSON per message, or lines for people on a terminal. stdout belongs to the protocol,
 * and so this is stderr. What writes is loaded with the first line, because most commands never have one to write.
 */
export const openLog = ({ logLevel, debug, stream, colour }: LogOptions): Log => {
  let logger: Pino.Logger | undefined;
  const begin = (): Pino.Logger => {
    const load: typeof Pino = require('pino');
    // Nobody who reads the log is left: that is no reason to stop working.
    stream.on('error', () => {});
    const write = stream.isTTY === true ? linesForPeople({ stacks: debug, colour }) : plainLine;
    return load.pino(
      {
        level: logLevel,
        base: { pid: process.pid },
        timestamp: load.pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
        // What is thrown is made fit to be shown here, and not by pino, which shows all of it.
        serializers: { err: (error: ShownError) => error },
      },
      { write: (line: string) => void stream.write(write(line)) },
    );
  };
  const at = (level: 'debug' | 'info' | 'warn'): Log['info'] =>
    passes(level, logLevel)
      ? (message, fields) => (logger ??= begin())[level](fields ?? {}, message)
      : silent;
  return {
    debugs: logLevel === 'debug',
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: (message, thrown) =>
      (logger ??= begin()).error(thrown === undefined ? {} : { err: shownError(thrown) }, message),
  };
};

const silent = (): void => {};

const plainLine = (line: string): string => line;

const order = ['error', 'warn', 'info', 'debug'] as const;

const passes = (level: Settings['logLevel'], least: Settings['logLevel']): boolean =>
  order.indexOf(level) <= order.indexOf(least);
