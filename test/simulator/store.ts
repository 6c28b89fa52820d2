import { type Counters, takeFrom } from '../../src/journal/counters.ts';
import {
  type AppendOutcome,
  type AppendRequest,
  type Base,
  type LinkedRow,
  type Store,
  type StoreCapabilities,
  StoreFailure,
  type StoreHealth,
  type StoredRow,
} from '../../src/journal/store.ts';
import { type ErrorCode, type Outcome, refuse } from '../../src/kernel/errors.ts';
import { assertWellFormed } from '../../src/stores/append-request.ts';
import type { Life } from './timeline.ts';
import type { FaultKind, World } from './world.ts';

const reason = 'The simulated network or disk failed.';

/** The hub's side of a connection to the disk. */
export interface Line {
  readonly name: string;
  readonly life: Life;
  /** Nothing gets through while it is cut. */
  readonly cut: () => boolean;
  /** What it has asked for takes so long that it cannot be expected to go on before. */
  readonly keptBusy: (ms: number) => void;
  /** Kills the hub at this very moment. */
  readonly crash: (kind: FaultKind) => void;
}

/** Who hears of what is stored. */
export interface Watcher {
  readonly line: Line;
  readonly listener: () => void;
  /** A ring is on its way. */
  rung: boolean;
}

/** What an append will meet. */
type Fate =
  | 'told'
  | 'crash before commit'
  | 'crash after commit'
  | 'reply lost, stored'
  | 'reply lost, not stored'
  | 'stored after the reply was lost'
  | 'torn write'
  | 'disk full';

const fates = [
  'crash before commit',
  'crash after commit',
  'reply lost, stored',
  'reply lost, not stored',
  'stored after the reply was lost',
  'torn write',
  'disk full',
] as const;

const reachMs: readonly [number, number] = [0.05, 2];
const timeoutMs: readonly [number, number] = [5, 400];
const slowMs: readonly [number, number] = [20, 1_500];
const lateMs: readonly [number, number] = [1, 5_000];

/** A journal on the simulated disk, as one process of one hub reaches it. */
export class SimulatedStore implements Store {
  readonly capabilities: StoreCapabilities = { durable: true, shared: true };
  readonly openedAt: number;
  readonly #world: World;
  readonly #line: Line;
  readonly #watchers: Set<Watcher>;
  #closed = false;

  constructor(
    world: World,
    line: Line,
    { openedAt, watchers }: { openedAt: number; watchers: Set<Watcher> },
  ) {
    this.#world = world;
    this.#line = line;
    this.openedAt = openedAt;
    this.#watchers = watchers;
  }

  get identity() {
    return this.#world.disk.identity;
  }

  readonly head = (): Promise<number> => this.#reading((rows) => rows.length);

  readonly read = (after: number, limit: number): Promise<readonly StoredRow[]> =>
    this.#reading((rows) => rows.slice(after, after + limit));

  readonly readAt = (seqs: readonly number[]): Promise<readonly LinkedRow[]> =>
    this.#reading((rows) =>
      seqs.map((seq) => {
        const row = rows[seq - 1];
        if (row === undefined) throw this.#failure('journal_corrupt');
        return { ...row, before: rows[seq - 2]?.chain };
      }),
    );

  readonly base = (): Promise<Base> => this.#reading(() => ({ seq: 0, chain: undefined }));

  /** Nothing here asks for it. */
  readonly truncate = async (): Promise<Outcome<true>> =>
    refuse('invalid_state', 'What is simulated is never compacted.');

  readonly append = (request: AppendRequest): Promise<AppendOutcome> => {
    assertWellFormed(request);
    const { random, timeline } = this.#world;
    const { life } = this.#line;
    if (this.#closed) return Promise.resolve({ kind: 'unknown', code: 'stopping', reason });
    return new Promise((resolve) => {
      const answer = (outcome: AppendOutcome, [from, to] = reachMs): void =>
        void timeline.after(random.skewed(from, to), life, () => resolve(outcome));
      if (this.#line.cut()) {
        answer({ kind: 'unknown', code: random.pick(['storage_busy', 'storage_failed']), reason }, timeoutMs);
        return;
      }
      this.#send(request, this.#fate(), answer);
    });
  };

  readonly watch = (listener: () => void): (() => void) => {
    const watcher = { line: this.#line, listener, rung: false };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  readonly elect = (): Promise<undefined> => Promise.resolve(undefined);

  readonly counters: Counters = { take: async (taking) => takeFrom([], taking).taken };

  readonly health = async (): Promise<StoreHealth> => ({ writable: !this.#closed, reason: undefined });

  readonly close = async (): Promise<void> => {
    this.#closed = true;
    for (const watcher of this.#watchers) if (watcher.line === this.#line) this.#watchers.delete(watcher);
  };

  #failure(code: ErrorCode): StoreFailure {
    return new StoreFailure(refuse(code, reason));
  }

  /** What is read is as old as the moment of asking, or as young as that of the answer. */
  #reading<T>(look: (rows: readonly StoredRow[]) => T): Promise<T> {
    const { random, timeline, disk } = this.#world;
    const isCut = this.#line.cut();
    const [from, to] = isCut ? timeoutMs : reachMs;
    const before = random.chance(0.5) ? disk.rows.length : undefined;
    return new Promise((resolve, reject) => {
      timeline.after(random.skewed(from, to), this.#line.life, () => {
        if (this.#closed) return reject(this.#failure('stopping'));
        if (isCut || this.#line.cut())
          return reject(this.#failure(random.pick(['storage_busy', 'storage_failed'])));
        try {
          resolve(look(before === undefined ? disk.rows : disk.rows.slice(0, before)));
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  #fate(): Fate {
    const { healed, random, weather } = this.#world;
    if (healed) return 'told';
    return fates.find((fate) => random.chance(weather[fate])) ?? 'told';
  }

  #send(
    request: AppendRequest,
    fate: Fate,
    answer: (outcome: AppendOutcome, within?: readonly [number, number]) => void,
  ): void {
    const { random, timeline, nature, slowUntil, struck } = this.#world;
    const isSlow = timeline.now < slowUntil;
    const takesMs = random.skewed(...(isSlow ? slowMs : reachMs));
    const line = this.#line;
    if (isSlow || fate !== 'told') line.keptBusy(takesMs + timeoutMs[1]);
    const unknown = (code: ErrorCode): AppendOutcome => ({ kind: 'unknown', code, reason });
    if (fate === 'stored after the reply was lost') {
      struck(fate, line.name);
      answer(unknown('outcome_unknown'), timeoutMs);
      timeline.after(random.skewed(...lateMs), nature, () => void this.#store(request, true));
      return;
    }
    // What is under way when a hub dies reaches the disk all the same, or not.
    const survives = random.chance(0.5);
    timeline.after(takesMs, nature, () => {
      if (!line.life.alive && !survives) return;
      if (fate === 'crash before commit') return line.crash(fate);
      if (fate === 'torn write') {
        this.#world.tearing.tear(request);
        return line.crash(fate);
      }
      if (fate === 'reply lost, not stored' || fate === 'disk full') {
        struck(fate, line.name);
        return answer(unknown(fate === 'disk full' ? 'storage_full' : 'outcome_unknown'), timeoutMs);
      }
      const outcome = this.#store(request, !line.life.alive);
      if (fate === 'crash after commit') return line.crash(fate);
      // The answer does not get through a line that was cut meanwhile.
      if (fate === 'reply lost, stored') struck(fate, line.name);
      if (fate === 'reply lost, stored' || line.cut()) answer(unknown('outcome_unknown'), timeoutMs);
      else answer(outcome);
    });
  }

  #store(request: AppendRequest, late: boolean): AppendOutcome {
    const { disk, note, stored } = this.#world;
    const outcome = disk.append(request);
    note(() => {
      const of = `${this.#line.name}'s batch of ${request.rows.length} on ${request.expected}`;
      return `disk: ${of}: ${outcome.kind}${late ? ', late' : ''}`;
    });
    if (outcome.kind !== 'appended') return outcome;
    stored();
    for (const watcher of this.#watchers) if (late || watcher.line !== this.#line) this.#ring(watcher);
    return outcome;
  }

  #ring(watcher: Watcher): void {
    if (watcher.rung || !this.#world.rings) return;
    watcher.rung = true;
    const { random, timeline } = this.#world;
    timeline.after(random.skewed(0.1, 5), watcher.line.life, () => {
      watcher.rung = false;
      if (!watcher.line.cut() && this.#watchers.has(watcher)) watcher.listener();
    });
  }
}

/** Whoever was cut off hears that there may be something. */
export const ringAfterCut = (watchers: ReadonlySet<Watcher>, line: Line): void => {
  for (const watcher of watchers) if (watcher.line === line) watcher.listener();
};
