import type { MessagesEvent } from '../../../src/areas/messages/model/events.ts';
import { type Entry, entryGuard } from '../../../src/kernel/entry.ts';
import type { Checks } from './checks.ts';

const is = entryGuard<MessagesEvent>();

interface RefMessage {
  readonly seq: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  /** Its time may be over before somebody has read it. */
  readonly expires: boolean;
}

/** What was sent to whom. */
export class Mail {
  readonly messages = new Map<number, RefMessage>();
  readonly texts = new Map<string, number>();
  readonly #acknowledged = new Set<string>();
  readonly #cursors = new Map<string, number>();
  readonly #checks: Checks;

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  fold(entry: Entry): void {
    const { seq, actor } = entry;
    if (is(entry, 'messages.sent')) {
      const { to, text, expiresAt } = entry.data;
      const before = this.texts.get(text);
      this.#checks.holds(
        'no request is done twice',
        before === undefined,
        () => `"${text}" was sent at ${before} and at ${seq}`,
      );
      this.texts.set(text, seq);
      this.messages.set(seq, {
        seq,
        from: actor.agent ?? actor.principal,
        to,
        text,
        expires: expiresAt !== undefined,
      });
    } else if (is(entry, 'messages.acknowledged')) {
      const { agent, messages } = entry.data;
      for (const one of messages) {
        const key = `${agent} ${one}`;
        this.#checks.holds(
          'messages arrive whole and reach their recipients',
          !this.#acknowledged.has(key) && this.messages.get(one)?.to.includes(agent) === true,
          () => `${agent} acknowledged M-${one} twice, or without having got it`,
        );
        this.#acknowledged.add(key);
      }
    } else if (is(entry, 'messages.delivered')) {
      for (const { agent, ...cursors } of entry.data.cursors)
        for (const [name, value] of Object.entries(cursors)) this.#move(`${agent} ${name}`, Number(value));
    }
  }

  #move(cursor: string, to: number): void {
    const from = this.#cursors.get(cursor) ?? -1;
    this.#checks.holds('cursors only move forward', to > from, () => `${cursor} went from ${from} to ${to}`);
    this.#cursors.set(cursor, to);
  }
}
