import type { Writable } from 'node:stream';
import type { Clock } from '../../engine/clock.ts';
import { securityHeaders } from '../security-headers.ts';
import { streamKeepAliveMs, streamStallMs } from './limits.ts';

export interface ServerSentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: unknown;
}

/** What JSON leaves as it is, and some readers of lines take for the end of one. */
const otherLineEnds = /[\u0085\u2028\u2029]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** An event as it is sent. Its JSON has no line breaks of any kind, so that the data are one line. */
export const eventText = ({ id, event, data }: ServerSentEvent): string =>
  `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data).replaceAll(otherLineEnds, escaped)}\n\n`;

export const streamHeaders = {
  ...securityHeaders,
  'Content-Type': 'text/event-stream; charset=utf-8',
  // A proxy that gathers text into larger pieces would keep every event to itself.
  'X-Accel-Buffering': 'no',
};

export interface SseHandlers {
  /** The reader has read, and there is room again. */
  readonly resumed: () => void;
  /** It is time to say that the stream lives; what else there is to say with it, as whole lines. */
  readonly alive: () => string;
  /** The reader has not read for so long that it is given up. */
  readonly stalled: () => void;
}

/** Server-sent events to one reader: whether it reads, and the sign of life while nothing is told. */
export class SseOutput {
  readonly #output: Writable;
  readonly #clock: Clock;
  readonly #on: SseHandlers;
  /** Since when the reader has not read. */
  #stalledAt: number | undefined;
  #cancelKeepAlive: () => void = () => {};

  constructor(output: Writable, clock: Clock, on: SseHandlers) {
    this.#output = output;
    this.#clock = clock;
    this.#on = on;
  }

  /** Whether what was written before has not been read: only what must be said goes out then. */
  get stalled(): boolean {
    return this.#stalledAt !== undefined;
  }

  begin(text: string): void {
    this.#output.on('drain', this.#resume);
    this.write(text);
    this.#keepAlive();
  }

  write(text: string): void {
    if (!this.#output.write(text)) this.#stalledAt ??= this.#clock.monotonic();
  }

  /** Writes no more, and ends the output. */
  end(): void {
    this.#cancelKeepAlive();
    this.#output.off('drain', this.#resume);
    this.#output.end();
  }

  readonly #resume = (): void => {
    this.#stalledAt = undefined;
    this.#on.resumed();
  };

  #keepAlive(): void {
    this.#cancelKeepAlive = this.#clock.after(streamKeepAliveMs, () => {
      this.#keepAlive();
      const stalledAt = this.#stalledAt;
      if (stalledAt === undefined) this.write(`: alive\n${this.#on.alive()}\n`);
      else if (this.#clock.monotonic() - stalledAt >= streamStallMs) this.#on.stalled();
    });
  }
}
