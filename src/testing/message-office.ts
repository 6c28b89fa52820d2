import assert from 'node:assert/strict';
import { z } from 'zod';
import { messagesArea } from '../areas/messages/area.ts';
import { messagesIntent } from '../areas/messages/decide/index.ts';
import type { AgentCursors } from '../areas/messages/model/events.ts';
import type { Actor, Seq } from '../kernel/entry.ts';
import { isoTime } from '../kernel/instants.ts';
import { TaskBoard } from './task-board.ts';

const inboxSchema = z.looseObject({
  messages: z.array(
    z.looseObject({
      id: z.string(),
      text: z.string(),
      expired: z.boolean().optional(),
      read: z.boolean().optional(),
    }),
  ),
  more: z.number().optional(),
  acknowledged: z.array(z.string()).optional(),
  acknowledged_total: z.number().optional(),
  to_acknowledge: z.array(z.string()).optional(),
  to_acknowledge_total: z.number().optional(),
  up_to: z.object({ messages: z.number() }).optional(),
});

export const deliveriesSchema = z.looseObject({
  deliveries: z.array(z.object({ agent: z.string(), state: z.string(), at: z.string() })).optional(),
});

/** Ada, bob and cyd, and what they do to each other's mailboxes. */
export class MessageOffice {
  readonly given = new TaskBoard();
  readonly ada = this.given.join('ada');
  readonly bob = this.given.join('bob');
  readonly cyd = this.given.join('cyd');

  send(actor: Actor, to: string | readonly string[], over: Readonly<Record<string, unknown>> = {}): string {
    return String(this.given.do(actor, 'message_send', { text: 'x', to, ...over })['id']);
  }

  inbox(actor: Actor, input: Readonly<Record<string, unknown>> = {}) {
    return inboxSchema.parse(this.given.do(actor, 'inbox', input));
  }

  /** The texts that an inbox shows. */
  texts(actor: Actor, input: Readonly<Record<string, unknown>> = {}): readonly string[] {
    return this.inbox(actor, input).messages.map(({ text }) => text);
  }

  /** What the host reports; the types of what was written. */
  deliver(...cursors: readonly AgentCursors[]): readonly string[] {
    const outcome = this.given.scenario.when(messagesIntent({ type: 'deliver', cursors }));
    assert.ok(outcome.ok);
    return outcome.value.map(({ type }) => type);
  }

  /** Reads, and lets what was read arrive. */
  read(actor: Actor, input: Readonly<Record<string, unknown>> = {}): void {
    const { up_to: upTo } = this.inbox(actor, input);
    if (upTo !== undefined) this.deliver({ agent: actor.agent ?? '', surfaced: upTo.messages });
  }

  /** The state of the delivery to each recipient, as the sender sees it. */
  states(actor: Actor, id: string): Readonly<Record<string, string>> {
    const { deliveries = [] } = deliveriesSchema.parse(this.given.do(actor, 'message_get', { id }));
    return Object.fromEntries(deliveries.map(({ agent, state, at }) => [agent, `${state} ${at}`]));
  }

  news(agent: string, arrived = {}) {
    const { slices, now } = this.given.scenario;
    return messagesArea.news(slices, agent, { now, arrived });
  }

  get time(): string {
    return isoTime(this.given.scenario.now);
  }
}

/** The entry of a message. */
export const seqOf = (id: string): Seq => Number(id.slice(2));
