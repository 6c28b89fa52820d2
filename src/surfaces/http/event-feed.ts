import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../engine/clock.ts';
import type { Seq } from '../../kernel/entry.ts';
import type { EventPage, EventReader, HubEvent } from '../hub-events.ts';
import { eventsBehindMax, eventsPerReadMax, streamLastWordMs, streamRetryMs } from './limits.ts';
import { SseOutput, eventText } from './sse.ts';

export interface EventFeedOptions {
  readonly reader: EventReader;
  readonly output: Writable;
  readonly clock: Clock;
}

/**
 * Writes the entries of a journal as server-sent events, as fast as they are read and no faster. Nothing is kept for a
 * slow reader but its position: what it has not been told is read from the journal when it has room for it.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #output: SseOutput;
  /** The last entry that was told or passed over, and the last one of which the reader has the id. */
  #position: Seq;
  #known: Seq;
  /** How many entries the reader takes at once, as it seems: large ones are not read again and again in vain. */
  #pageSize = eventsPerReadMax;
  /** Whether it has once come to the end of the journal. */
  #live = false;
  #over = false;
  #wake = (): void => {};

  constructor(options: EventFeedOptions) {
    this.#options = options;
    this.#position = options.reader.from;
    this.#known = options.reader.from;
    this.#output = new SseOutput(options.output, options.clock, {
      resumed: () => this.#wake(),
      alive: () => this.#alive(),
      stalled: () => this.#cut(),
    });
  }

  /** Tells what there is and what comes, until `end` or `leave`. */
  async run(): Promise<void> {
    const { reader } = this.#options;
    this.#output.begin(`: listening\nretry: ${streamRetryMs}\n\n`);
    const unfollow = reader.follow(this.#more);
    try {
      this.#tellStatus();
      while (!this.#over) {
        if (!this.#output.stalled) await this.#readOn();
        if (this.#over) return;
        if (this.#output.stalled || this.#position >= reader.head()) await this.#woken();
        // A filter that lets nothing through must not keep everybody else waiting.
        else await turn();
      }
    } finally {
      unfollow();
    }
  }

  /** Says why nothing more will come, and when to ask again. What it says last must be read in time. */
  end(reason: string, message: string): void {
    if (this.#over) return;
    const { output, clock } = this.#options;
    this.#output.write(eventText({ event: 'end', data: { reason, message, retry: streamRetryMs } }));
    const cancel = clock.after(streamLastWordMs, () => output.destroy());
    output.once('close', cancel);
    this.leave();
  }

  /** Writes no more: there is nobody who reads. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#output.end();
    this.#wake();
  }

  #tellStatus(): void {
    const { from, status, history } = this.#options.reader;
    if (status === undefined) return;
    const data = { seq: from, status };
    this.#output.write(eventText({ id: `${history}.${from}`, event: 'snapshot', data }));
  }

  async #readOn(): Promise<void> {
    const page = await this.#options.reader.read(this.#position, this.#pageSize);
    if (this.#over) return;
    if (page.ok) this.#tell(page.value);
    else this.end(page.code, page.message);
  }

  #tell({ events, upTo }: EventPage): void {
    for (const [index, event] of events.entries()) {
      if (this.#output.stalled) {
        // What is left of the page is read again.
        this.#pageSize = Math.max(1, index);
        return;
      }
      this.#output.write(textOf(event, this.#options.reader));
      this.#position = event.seq;
      this.#known = event.seq;
    }
    this.#position = upTo;
    this.#pageSize = Math.min(2 * this.#pageSize, eventsPerReadMax);
    this.#live ||= upTo >= this.#options.reader.head();
  }

  /** An id without data moves on where the reader would go on from, and is told to nobody. */
  #alive(): string {
    this.#wake();
    if (this.#known === this.#position) return '';
    this.#known = this.#position;
    return `id: ${this.#options.reader.history}.${this.#position}\n`;
  }

  readonly #more = (): void => {
    const behind = this.#options.reader.head() - this.#position;
    if (this.#live && this.#output.stalled && behind > eventsBehindMax) this.#cut();
    else this.#wake();
  };

  #cut(): void {
    this.end(
      'too_slow',
      'What was told was not read. Open the stream again with the id of the last event, and read faster.',
    );
  }

  async #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }
}

/** All who are told of an event are sent the same text, as long as it is kept in memory. */
const texts = new WeakMap<HubEvent, string>();

const textOf = (event: HubEvent, { history }: EventReader): string => {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = eventText({ id: `${history}.${event.seq}`, event: event.type, data: event });
  texts.set(event, text);
  return text;
};
