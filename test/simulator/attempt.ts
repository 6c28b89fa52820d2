import { operations } from '../../src/areas/operations.ts';
import type { Reply } from '../../src/engine/answers.ts';
import type { Entry } from '../../src/kernel/entry.ts';
import type { Outcome } from '../../src/kernel/errors.ts';
import type { Caller, Operation, PreparedCommand } from '../../src/kernel/operation.ts';
import type { Input } from './deeds.ts';
import type { Asking, Hub } from './hub.ts';

const byName: ReadonlyMap<string, Operation> = new Map(operations.map((one) => [one.name, one]));

/** A wish that is being done: all calls for it have its request id. */
export interface Deed {
  readonly id: string;
  readonly operation: string;
  readonly input: Input;
  /** Absent: it is called once, and whether it was done may stay unknown. */
  readonly requestId: string | undefined;
  attempts: number;
  over: boolean;
  /** The unit that an earlier answer told of. */
  unit?: number;
}

/** How a call ended: answered, or the hub is gone and nobody knows. */
export type Ending = Outcome<Reply> | { readonly ok: 'broken' };

/** Puts something else in the place of what a call would do, so that there is something to be found. */
export type Tamper = (prepared: PreparedCommand) => PreparedCommand;

interface Making {
  /** The request ids of answers that have not arrived. */
  readonly lost: readonly string[];
  readonly tamper: Tamper;
  readonly now: number;
}

/** One call of one hub. */
export class Attempt implements Asking {
  readonly deed: Deed;
  readonly agent: string;
  readonly hub: Hub;
  readonly startedAt: number;
  /** When it reached the hub. */
  reachedAt: number | undefined;
  /** How long it may wait. */
  limitMs = 0;
  /** Since when it should be waking up. */
  rungAt: number | undefined;
  /** At which place in a queue it waited then. */
  rungFor: number | undefined;
  /** What the command wrote, as its answer was made from it. */
  entries: readonly Entry[] = [];
  pending = true;
  readonly #ended: (attempt: Attempt, ending: Ending) => void;

  constructor(
    { deed, agent, hub, startedAt }: Pick<Attempt, 'deed' | 'agent' | 'hub' | 'startedAt'>,
    ended: (attempt: Attempt, ending: Ending) => void,
  ) {
    this.deed = deed;
    this.agent = agent;
    this.hub = hub;
    this.startedAt = startedAt;
    this.#ended = ended;
  }

  readonly broken = (): void => this.#end({ ok: 'broken' });

  #end(ending: Ending): void {
    if (!this.pending) return;
    this.pending = false;
    this.hub.asking.delete(this);
    this.#ended(this, ending);
  }

  /** To be called while the hub is the one that is running. */
  make(caller: Caller, { lost, tamper, now }: Making): void {
    const { engine } = this.hub;
    this.reachedAt = now;
    const { operation, input, requestId } = this.deed;
    const prepared = byName.get(operation)?.prepare(input);
    if (engine === undefined || prepared === undefined) return this.#end({ ok: 'broken' });
    if (!prepared.ok) return this.#end(prepared);
    this.limitMs = prepared.value.limitMs;
    this.hub.asking.add(this);
    const options = { requestId, lost };
    const answer =
      prepared.value.kind === 'query'
        ? engine.query(caller, prepared.value, options)
        : engine.execute(caller, this.#watched(tamper(prepared.value)), options);
    void answer.then((outcome) => this.#end(outcome));
  }

  #watched(prepared: PreparedCommand): PreparedCommand {
    return {
      ...prepared,
      answer: (done, slices, facts) => {
        this.entries = done.entries;
        return prepared.answer(done, slices, facts);
      },
    };
  }
}
