/* A reader of server-sent events, as a program without a library would write it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { z } from 'zod';

export interface Told {
  /** The id of the event, or the one before it when it has none of its own. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

const toldSchema = z.strictObject({
  seq: z.number(),
  time: z.iso.datetime(),
  type: z.string(),
  area: z.string(),
  actor: z.strictObject({ principal: z.string(), agent: z.string().optional() }),
  data: z.record(z.string(), z.unknown()),
  cause: z.strictObject({ by: z.string() }),
});

/** What the event says of an entry. */
export const entryIn = ({ data }: Told) => toldSchema.parse(data);

/** Takes text in whatever pieces, and gives the events that are complete. */
export class EventParser {
  /** Where to go on from. */
  lastId = '';
  readonly comments: string[] = [];
  #pending = '';

  take(text: string): readonly Told[] {
    const blocks = (this.#pending + text).split('\n\n');
    this.#pending = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#event(block));
  }

  #event(block: string): readonly Told[] {
    let event = 'message';
    let data = '';
    for (const line of block.split('\n')) {
      const [, field = '', value = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
      if (field === '') this.comments.push(value);
      else if (field === 'id') this.lastId = value;
      else if (field === 'event') event = value;
      else if (field === 'data') data = value;
    }
    return data === '' ? [] : [{ id: this.lastId, event, data: JSON.parse(data) }];
  }
}

export interface Asked {
  /** With its question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One stream of events. */
export class EventStream {
  readonly parser = new EventParser();
  readonly headers: Headers;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #aborting: AbortController;
  readonly #waiting: Told[] = [];
  #id = '';

  private constructor(response: Response, aborting: AbortController) {
    assert(response.body);
    this.headers = response.headers;
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    this.#aborting = aborting;
  }

  /** Opens a stream that must begin. */
  static async open(context: TestContext, url: string, { query = '', headers = {} }: Asked = {}) {
    const aborting = new AbortController();
    context.after(() => aborting.abort());
    const response = await fetch(`${url}/v1/events${query}`, { headers, signal: aborting.signal });
    assert.equal(response.status, 200, response.status === 200 ? '' : await response.text());
    return new EventStream(response, aborting);
  }

  /** Id of the last event that was taken. */
  get id(): string {
    return this.#id;
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<Told | undefined> {
    while (this.#waiting.length === 0) if (!(await this.#take())) return undefined;
    const told = this.#waiting.shift();
    this.#id = told?.id ?? this.#id;
    return told;
  }

  /** The next event, which there must be. */
  async one(): Promise<Told> {
    const told = await this.next();
    assert(told, 'the stream has ended');
    return told;
  }

  /** Reads until the next comment has come. */
  async comment(): Promise<string> {
    const { comments } = this.parser;
    while (comments.length === 0) assert(await this.#take(), 'the stream has ended');
    return comments.shift() ?? '';
  }

  close(): void {
    this.#aborting.abort();
  }

  async #take(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (!done) this.#waiting.push(...this.parser.take(value));
    return !done;
  }
}
