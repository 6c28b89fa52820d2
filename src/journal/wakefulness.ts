import { availableParallelism } from 'node:os';

/** Appends of more rows come from many callers, who have better to do than to wait for one thread. */
export const loneRowsMax = 2;
/** Longer than this nobody stays awake for an append, nor for those that usually take longer. */
export const awaitedMsMax = 1;
/** How much of an estimate the last append makes up. */
export const weight = 0.2;

/** What begins this soon after the last has ended follows it closely. */
const closelyMs = 2;
/** For what comes next a thread stays awake for about as long as it usually takes to come, if that is not too long. */
const awakeMsMax = 1.5;
const awakeMargin = 1.5;

export interface Turns {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Calls this after all that is there to be done, without going to sleep first. */
  readonly next: (look: () => void) => void;
  /** Of the machine: on a single one, who looks would keep others from their work. */
  readonly cores: number;
}

const turnsOfLoop: Turns = {
  now: () => performance.now(),
  next: (look) => void setImmediate(look),
  cores: availableParallelism(),
};

/**
 * Keeps a thread from going to sleep while a lone caller's append is under way, and between appends, or reads, of one
 * that follow one another closely: waking it costs up to a third of an append on a quick disk or with a server nearby,
 * and up to half of a read. Whatever comes meanwhile is done as soon as it is there.
 */
export class Wakefulness {
  readonly #turns: Turns;
  #usualAppendMs = 0;
  #usualPauseMs = 0;
  #underWay = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  #awakeUntil = 0;
  #isAwake = false;

  constructor(turns: Partial<Turns> = {}) {
    this.#turns = { ...turnsOfLoop, ...turns };
  }

  /** Stays awake for the append that `work` does, if it is a lone caller's. */
  async during<T>(rows: number, work: () => Promise<T>): Promise<T> {
    const beganAt = this.begin();
    this.#underWay += 1;
    const isLone = rows <= loneRowsMax && this.#underWay === 1;
    if (isLone && this.#usualAppendMs < awaitedMsMax) this.#stay(beganAt + awaitedMsMax);
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      this.end(beganAt, isLone);
    }
  }

  /** Something begins: when, for `end`. */
  begin(): number {
    return this.#turns.now();
  }

  /** Stays awake for what comes next, if what a lone caller wants follows closely one upon the other. */
  end(beganAt: number, isLone: boolean): void {
    const pauseMs = beganAt - this.#endedAt;
    this.#endedAt = this.#turns.now();
    this.#usualAppendMs += weight * (this.#endedAt - beganAt - this.#usualAppendMs);
    this.rest();
    if (!isLone || pauseMs < 0 || pauseMs >= closelyMs) return;
    this.#usualPauseMs += weight * (pauseMs - this.#usualPauseMs);
    const awakeMs = this.#usualPauseMs * awakeMargin;
    if (awakeMs < awakeMsMax) this.#stay(this.#endedAt + awakeMs);
  }

  /** Goes to sleep as soon as there is nothing to do. */
  rest(): void {
    this.#awakeUntil = 0;
  }

  #stay(until: number): void {
    if (this.#turns.cores === 1) return;
    this.#awakeUntil = until;
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#turns.next(this.#look);
  }

  readonly #look = (): void => {
    this.#isAwake = this.#turns.now() < this.#awakeUntil;
    if (this.#isAwake) this.#turns.next(this.#look);
  };
}
