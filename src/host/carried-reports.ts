import { messagesIntent } from '../areas/messages/decide/index.ts';
import { expiresUnread } from '../areas/messages/model/index.ts';
import type { AgentCursors } from '../engine/carried.ts';
import type { Clock } from '../engine/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';

/** For how long proofs of delivery are collected, so that one entry tells of many. */
const collectMs = 1_000;

/** Of how many agents one entry tells: nobody else's call is decided while it is being made. */
const agentsPerEntry = 64;

/**
 * What expires before this is over is written at once: another process knows only what is written, and would say of a
 * message that has arrived that nobody read it.
 */
const urgentMs = 2 * collectMs;

/** Writes down how far answers have carried agents: together, and soon after it is proven. */
export class CarriedReports {
  readonly #options: { readonly clock: Clock; readonly log: Log };
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  /** There is something to write. */
  soon(engine: Engine, proven: AgentCursors): void {
    const isUrgent = expiresUnread(engine.slices.messages, proven, engine.now() + urgentMs);
    if (isUrgent) {
      this.#cancel?.();
      this.#writeNow(engine);
    } else this.#cancel ??= this.#options.clock.after(collectMs, () => this.#writeNow(engine));
  }

  /** Writes what is left. What was answered and not proven is none of it: nobody knows who has got it. */
  async end(engine: Engine): Promise<void> {
    this.#cancel?.();
    await this.#writing;
    await this.#write(engine);
  }

  /** Forgets what is about sessions that are over. */
  async tidy(engine: Engine): Promise<void> {
    this.#writing = this.#writing.then(() => engine.carried.keep(isLiveIn(engine)));
    await this.#writing;
  }

  #writeNow(engine: Engine): void {
    this.#cancel = undefined;
    this.#writing = this.#writing.then(() => this.#write(engine));
  }

  async #write(engine: Engine): Promise<void> {
    const taken = engine.carried.take();
    for (let begun = 0; begun < taken.length; begun += agentsPerEntry) {
      const cursors = taken.slice(begun, begun + agentsPerEntry);
      const written = await engine.report('delivery', messagesIntent({ type: 'deliver', cursors }));
      if (written.ok) continue;
      engine.carried.putBack(taken.slice(begun));
      this.#options.log.warn(`What agents were told is not noted yet: ${written.message}`);
      return;
    }
  }
}

/** The process of a session has gone: what it was answered last is shown again to whoever comes back to that session. */
export const forgetEnded = (engine: Engine): void => engine.carried.forget(isLiveIn(engine));

const isLiveIn =
  (engine: Engine) =>
  (id: string): boolean => {
    const session = engine.slices.agents.sessions.get(id);
    return session !== undefined && session.endedAt === undefined;
  };
