import type { Carried } from '../kernel/carried.ts';
import type { Actor, Seq } from '../kernel/entry.ts';

/** How far an agent has been told: each is the number of the last entry that counts. */
export interface Cursors extends Carried {
  /** A hint said that something waits. */
  readonly offered?: Seq;
}

export interface AgentCursors extends Cursors {
  readonly agent: string;
}

/**
 * Collects what answers carried to agents. That an answer left is no proof that it arrived, so it counts once the same
 * session calls again: then its client lives and has gone on from it. What a process that dies has not proven is carried
 * again; it is never taken for told.
 */
export class CarriedAnswers {
  readonly #unproven = new Map<string, AgentCursors>();
  readonly #proven = new Map<string, AgentCursors>();
  /** What was taken already, so that a cursor is not written twice. */
  readonly #taken = new Map<string, Cursors>();
  readonly #ready: () => void;

  /** @param ready - called when there is something to take again. */
  constructor(ready: () => void) {
    this.#ready = ready;
  }

  /** This session has received its answers so far. */
  called(actor: Actor): void {
    if (this.#unproven.size === 0 || actor.agent === undefined) return;
    const key = keyOf(actor);
    const cursors = this.#unproven.get(key);
    if (cursors === undefined) return;
    this.#unproven.delete(key);
    this.#prove(cursors);
  }

  /** What a call of this session proves to have arrived, written or not. */
  arrived(actor: Actor): Cursors {
    const unproven = this.#unproven.get(keyOf(actor));
    return unproven === undefined ? this.proven(actor) : later(this.proven(actor), unproven);
  }

  /** What earlier calls have proven to have arrived, written or not. */
  proven({ agent }: Actor): Cursors {
    if (agent === undefined) return nothing;
    const proven = this.#proven.get(agent);
    const taken = this.#taken.get(agent) ?? nothing;
    return proven === undefined ? taken : later(taken, proven);
  }

  /** An answer is on its way to this session. */
  answered(actor: Actor, cursors: Cursors): void {
    const { agent } = actor;
    if (agent === undefined) return;
    const key = keyOf(actor);
    this.#unproven.set(key, { agent, ...later(this.#unproven.get(key), cursors) });
  }

  /** The process ends in order: whoever was answered has got it. */
  settle(): void {
    for (const cursors of this.#unproven.values()) this.#prove(cursors);
    this.#unproven.clear();
  }

  /** What has been proven since this was last asked. */
  take(): readonly AgentCursors[] {
    const taken = [...this.#proven.values()];
    this.#proven.clear();
    for (const { agent, ...cursors } of taken) this.#taken.set(agent, later(this.#taken.get(agent), cursors));
    return taken;
  }

  /** What was taken could not be written; the next one to take it tries again. */
  putBack(taken: readonly AgentCursors[]): void {
    for (const { agent, ...cursors } of taken)
      this.#proven.set(agent, { agent, ...later(this.#proven.get(agent), cursors) });
  }

  #prove({ agent, ...cursors }: AgentCursors): void {
    const known = this.#taken.get(agent);
    if (!isLater(cursors, known)) return;
    const first = this.#proven.size === 0;
    this.#proven.set(agent, { agent, ...later(this.#proven.get(agent), cursors) });
    if (first) this.#ready();
  }
}

const nothing: Cursors = {};

// Names hold no spaces.
const keyOf = ({ agent, session }: Actor): string => `${agent ?? ''} ${session ?? ''}`;

const kinds = ['offered', 'surfaced', 'told'] as const;

const isLater = (cursors: Cursors, than: Cursors | undefined): boolean =>
  kinds.some((kind) => (cursors[kind] ?? 0) > (than?.[kind] ?? 0));

export const later = (a: Cursors | undefined, b: Cursors): Cursors => {
  if (a === undefined) return b;
  const most: { [kind in (typeof kinds)[number]]?: Seq } = {};
  for (const kind of kinds) {
    const seq = Math.max(a[kind] ?? 0, b[kind] ?? 0);
    if (seq > 0) most[kind] = seq;
  }
  return most;
};
