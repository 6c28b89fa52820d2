/** Somebody to whom things happen until it dies: a hub's process, an agent, the disk. */
export class Life {
  alive = true;
  /** Nothing happens to it before. */
  stalledUntil = 0;
  /** When its loop turns next: turns come in the order in which they were asked for. */
  turnAt = 0;
}

interface Happening {
  at: number;
  readonly order: number;
  readonly life: Life;
  call: (() => void) | undefined;
}

const comesBefore = (a: Happening, b: Happening): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

const turnMs = 0.01;

/**
 * All that will happen, by time. One thing happens after another, and all that follows from it at once has come to rest
 * before the next. Time is that of the world: milliseconds since it began, which no clock in it need show.
 */
export class Timeline {
  #now = 0;
  #ordered = 0;
  #steps = 0;
  /** A binary heap. */
  readonly #heap: Happening[] = [];
  #current: Life | undefined;

  get now(): number {
    return this.#now;
  }

  /** How much has happened. */
  get steps(): number {
    return this.#steps;
  }

  /** Has `call` happen to `life`, unless it is dead by then. The result cancels. */
  after(delayMs: number, life: Life, call: () => void): () => void {
    const happening: Happening = {
      at: this.#now + Math.max(0, delayMs),
      order: (this.#ordered += 1),
      life,
      call,
    };
    this.#push(happening);
    return () => {
      happening.call = undefined;
    };
  }

  /** A later turn of the loop of the process that is running. */
  readonly soon = (call: () => void): void => {
    const life = this.#current;
    if (life === undefined) throw new Error('Nobody is running whose loop could turn.');
    life.turnAt = Math.max(life.turnAt, this.#now + turnMs);
    this.after(life.turnAt - this.#now, life, call);
  };

  /** All machines sleep: time goes on, and what was to happen meanwhile happens afterwards. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Lets the next thing happen; false when there is none. */
  async step(): Promise<boolean> {
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      const { life, call } = next;
      if (call === undefined || !life.alive) continue;
      if (life.stalledUntil > this.#now && life.stalledUntil > next.at) {
        next.at = life.stalledUntil;
        this.#push(next);
        continue;
      }
      this.#now = Math.max(this.#now, next.at);
      this.#steps += 1;
      this.#current = life;
      call();
      await atRest();
      this.#current = undefined;
      return true;
    }
    return false;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(happening);
    while (i > 0) {
      const above = (i - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || comesBefore(parent, happening)) break;
      heap[i] = parent;
      i = above;
    }
    heap[i] = happening;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let i = 0;
    for (;;) {
      const left = heap[2 * i + 1];
      const right = heap[2 * i + 2];
      if (left === undefined) break;
      const [below, child] =
        right !== undefined && comesBefore(right, left) ? [2 * i + 2, right] : [2 * i + 1, left];
      if (comesBefore(last, child)) break;
      heap[i] = child;
      i = below;
    }
    heap[i] = last;
    return first;
  }
}

/** Resolves when no promise has anything left to do: what is put here is called only then. */
const atRest = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
