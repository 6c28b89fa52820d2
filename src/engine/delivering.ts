import type { Carried } from '../kernel/carried.ts';
import type { Actor, Entry } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { History, PreparedCommand, PreparedQuery } from '../kernel/operation.ts';
import type { Made, Reply } from './answers.ts';
import type { CallOptions } from './calls.ts';
import type { CarriedAnswers } from './carried.ts';
import { carriedWith, receiptOf } from './receipts.ts';

interface EngineParts {
  readonly carried: CarriedAnswers;
  readonly history: () => History;
}

/** What one call says about the answers before it, and what becomes of its own. Made when the call comes. */
export class Delivering {
  readonly #engine: EngineParts;
  readonly #prepared: PreparedQuery | PreparedCommand;
  readonly #options: CallOptions;
  readonly #handed: number;

  constructor(engine: EngineParts, prepared: PreparedQuery | PreparedCommand, options: CallOptions) {
    this.#engine = engine;
    this.#prepared = prepared;
    this.#options = options;
    this.#handed = engine.carried.handed;
  }

  /** Whether the call of this agent may show that something has arrived. */
  mayProve(actor: Actor): boolean {
    return (
      this.#options.received !== undefined ||
      this.#engine.carried.isAwaited(actor) ||
      this.#proven(actor) !== undefined
    );
  }

  #proven({ agent }: Actor): Carried | undefined {
    const { proves } = this.#prepared;
    return agent === undefined || this.#options.peek === true
      ? undefined
      : proves?.(this.#engine.history(), agent);
  }

  /** The call is this agent's, and no repeat of one that was done. */
  called(actor: Actor): void {
    const { carried } = this.#engine;
    const history = this.#engine.history();
    const { requestId, peek, receipts, received, lost = [] } = this.#options;
    for (const id of lost) carried.repeated(actor, id);
    if (received !== undefined) carried.confirmed(actor, carriedWith(received, history));
    const proven = this.#proven(actor);
    if (proven !== undefined) carried.confirmed(actor, proven);
    if (peek === true || receipts === true) return;
    const confirms = this.#prepared.confirms?.(history, actor.agent);
    carried.called({ actor, requestId, confirms, handed: this.#handed });
  }

  /** What the call wrote is stored. Who has joined has begun anew, and nothing shows what its session had got before. */
  done(entries: readonly Entry[]): void {
    const prepared = this.#prepared;
    if (prepared.kind === 'command' && prepared.joins !== undefined)
      this.#engine.carried.beganAnew(prepared.joins(entries));
  }

  /** The call is the repeat of one that was done. */
  repeated(actor: Actor): void {
    this.#engine.carried.repeated(actor, this.#options.requestId);
  }

  /** What the answer carries counts once its session calls again, or when its receipt comes back. */
  handOut(made: Made): Made {
    return made instanceof Promise ? made.then((answer) => this.#handOut(answer)) : this.#handOut(made);
  }

  #handOut(answer: Outcome<Reply>): Outcome<Reply> {
    const { peek, receipts } = this.#options;
    if (!answer.ok || answer.value.cursors === undefined || peek === true) return answer;
    const { actor, cursors } = answer.value;
    if (receipts === true && !this.#engine.carried.isNews(actor, cursors)) return answer;
    if (receipts === true)
      return ok({ ...answer.value, receipt: receiptOf(this.#engine.history().history, cursors) });
    this.#engine.carried.answered(actor, cursors, this.#options);
    return answer;
  }
}
