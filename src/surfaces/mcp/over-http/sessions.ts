import { randomUUID } from 'node:crypto';
import { isInitializeRequest } from '@modelcontextprotocol/server';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { answerBatch, answerMissingSession, answerRefusal, answerUnknownSession } from './answers.ts';
import { EventLog } from './events.ts';
import { type McpExchange, headerOf } from './exchange.ts';
import type { Parts } from './parts.ts';
import { Session } from './session.ts';

const begins = (body: unknown): boolean =>
  Array.isArray(body) ? body.some(isInitializeRequest) : isInitializeRequest(body);

/** Several messages in one body were part of one revision only, which is also meant where none is named. */
const hasBatches = (version: string | undefined): boolean =>
  version === undefined || version === '2025-03-26';

/**
 * The revisions with sessions. Most clients leave without a word, so that sessions end when they were not used for a
 * while, or when their principal begins too many. The agent's own session lives on then: a client that comes back
 * begins anew and goes on with it.
 */
export class LegacyEra {
  readonly #parts: Parts;
  readonly #events: EventLog;
  readonly #sessions = new Map<string, Session>();
  #cancelSweep: (() => void) | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#events = new EventLog(parts.limits);
  }

  async answer(exchange: McpExchange): Promise<void> {
    const { request, response, body } = exchange;
    if (Array.isArray(body) && !hasBatches(headerOf(request, 'mcp-protocol-version')))
      return answerBatch(response);
    const id = headerOf(request, 'mcp-session-id');
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session?.isOf(exchange) === true) return session.answer(exchange);
    // A client that still names a session that is gone is let in anew.
    if (begins(body)) return this.#begin(exchange);
    return id === undefined ? answerMissingSession(response, body) : answerUnknownSession(response, body);
  }

  async close(): Promise<void> {
    this.#cancelSweep?.();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  async #begin(exchange: McpExchange): Promise<void> {
    const room = await this.#makeRoom(exchange.caller.principal);
    if (!room.ok) return answerRefusal(exchange.response, room, { body: exchange.body });
    const session = new Session({
      id: randomUUID(),
      parts: this.#parts,
      events: this.#events,
      opening: exchange,
      deleted: async () => {
        await this.#end(session);
        await session.disconnect();
      },
    });
    this.#sessions.set(session.id, session);
    this.#sweepLater();
    await session.connect();
    await session.answer(exchange);
    if (!session.begun) await this.#end(session);
  }

  async #end(session: Session): Promise<void> {
    this.#sessions.delete(session.id);
    await session.close();
  }

  async #makeRoom(principal: string): Promise<Outcome<true>> {
    const { sessionsPerPrincipalMax, sessionsMax } = this.#parts.limits;
    const all = [...this.#sessions.values()];
    const mine = all.filter((session) => session.principal === principal);
    if (mine.length < sessionsPerPrincipalMax && all.length < sessionsMax) return ok(true);
    const oldest = (mine.length < sessionsPerPrincipalMax ? all : mine)
      .filter(({ busy }) => !busy)
      .toSorted((a, b) => a.usedAt - b.usedAt)[0];
    if (oldest === undefined) {
      return refuse(
        'overloaded',
        `${mine.length} MCP sessions of yours are in use, ${all.length} in all, and there may be ${sessionsPerPrincipalMax} and ${sessionsMax}. Close a client that is not needed.`,
        { sessionsMax, sessionsPerPrincipalMax },
      );
    }
    await this.#end(oldest);
    return ok(true);
  }

  #sweepLater(): void {
    this.#cancelSweep ??= this.#parts.clock.after(this.#parts.limits.sessionSweepMs, () => {
      this.#cancelSweep = undefined;
      void this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    const { clock, limits } = this.#parts;
    const until = clock.monotonic() - limits.sessionIdleMs;
    const idle = [...this.#sessions.values()].filter(({ busy, usedAt }) => !busy && usedAt <= until);
    if (this.#sessions.size > idle.length) this.#sweepLater();
    await Promise.all(idle.map((session) => this.#end(session)));
  }
}
