import { type EventStore, type JSONRPCMessage, parseJSONRPCMessage } from '@modelcontextprotocol/server';
import { present } from '../../../kernel/assert.ts';
import type { Limits } from './limits.ts';

interface Kept {
  readonly id: string;
  readonly number: number;
  readonly stream: string;
  readonly text: string;
  readonly bytes: number;
  readonly owner: SessionEvents;
}

/** The message that opens a stream, which tells the client an id to go on from and nothing else. */
const opening = '{}';

/** What the SDK calls the stream that a client opens with GET; all others answer one POST each. */
const standalone = '_GET_stream';

const idPattern = /^(g?)(\d{1,15})$/;

/** The events of all sessions, within one bound; the oldest are forgotten first. */
export class EventLog {
  readonly limits: Limits;
  readonly #kept = new Set<Kept>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(kept: Kept): void {
    this.#kept.add(kept);
    this.#bytes += kept.bytes;
    if (this.#bytes <= this.limits.eventBytesMax) return;
    for (const oldest of this.#kept) {
      oldest.owner.forget(oldest);
      if (this.#bytes <= this.limits.eventBytesMax) return;
    }
  }

  remove(kept: Kept): void {
    if (this.#kept.delete(kept)) this.#bytes -= kept.bytes;
  }
}

/** What one session was sent last, for a client that lost a stream and names the last event that it got. */
export class SessionEvents implements EventStore {
  readonly #log: EventLog;
  readonly #kept = new Map<number, Kept>();
  /** No event before this one is kept. A map that is added to at one end and taken from at the other finds its first slowly. */
  #first = 1;
  #last = 0;
  #bytes = 0;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /**
   * Whether a client can go on after this event. On the stream of notifications it always can, also when some in
   * between are forgotten; an answer is either still there or lost.
   */
  resumes(id: string): boolean {
    const [, mark, number] = idPattern.exec(id) ?? [];
    return this.#kept.get(Number(number))?.id === id || (mark === 'g' && Number(number) <= this.#last);
  }

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    this.#last += 1;
    const id = `${stream === standalone ? 'g' : ''}${this.#last}`;
    const text = JSON.stringify(message);
    const kept = { id, number: this.#last, stream, text, bytes: Buffer.byteLength(text), owner: this };
    this.#kept.set(this.#last, kept);
    this.#bytes += kept.bytes;
    this.#log.add(kept);
    const { eventsPerSessionMax, eventBytesPerSessionMax } = this.#log.limits;
    while (this.#kept.size > eventsPerSessionMax || this.#bytes > eventBytesPerSessionMax) {
      const oldest = this.#kept.get(this.#first);
      this.#first += 1;
      if (oldest !== undefined) this.forget(oldest);
    }
    return id;
  }

  async replayEventsAfter(
    last: string,
    { send }: { readonly send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const [, mark, number] = present(idPattern.exec(last), 'only an id that can be resumed is asked for');
    const stream =
      mark === 'g'
        ? standalone
        : present(this.#kept.get(Number(number)), 'an answer that is lost is not asked for').stream;
    const kept = [...this.#kept.values()];
    for (const event of kept) {
      if (event.number > Number(number) && event.stream === stream && event.text !== opening) {
        await send(event.id, parseJSONRPCMessage(JSON.parse(event.text)));
      }
    }
    return stream;
  }

  forget(kept: Kept): void {
    if (!this.#kept.delete(kept.number)) return;
    this.#bytes -= kept.bytes;
    this.#log.remove(kept);
  }

  /** The session has ended. */
  clear(): void {
    for (const kept of this.#kept.values()) this.forget(kept);
  }
}
