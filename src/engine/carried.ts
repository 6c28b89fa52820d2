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

/** A call, as far as it says something about the answers before it. */
export interface Proof {
  readonly actor: Actor;
  readonly requestId: string | undefined;
  /** What the call itself says has arrived; then that is all that has. */
  readonly confirms: Carried | undefined;
  /** What `handed` was when the call came: answers that were given later are none that it could know of. */
  readonly handed: number;
}

interface OnItsWay {
  readonly requestId?: string | undefined;
  /** Of the call. */
  readonly signal?: AbortSignal | undefined;
  /** Of its answer, as it was handed over. */
  readonly gone?: AbortSignal | undefined;
}

/** An answer that is on its way. */
interface Unproven {
  readonly number: number;
  readonly agent: string;
  readonly session: string | undefined;
  readonly requestId: string | undefined;
  readonly cursors: Cursors;
  /** Stops listening for its end. */
  readonly detach: () => void;
}

/**
 * Collects what answers carried to agents. That an answer left is no proof that it arrived, so it counts once the same
 * session makes another call: then its client lives and has gone on from it. A call that is made again, a call that was
 * broken off, an answer that is known not to have been handed over and a process that ends prove nothing; what has not
 * been proven is carried again.
 */
export class CarriedAnswers {
  readonly #unproven = new Map<string, readonly Unproven[]>();
  readonly #proven = new Map<string, AgentCursors>();
  /** What was taken already, so that a cursor is not written twice. */
  readonly #taken = new Map<string, Cursors>();
  readonly #ready: (proven: AgentCursors) => void;
  #handed = 0;

  /** @param ready - called with what has been proven, when that is more than was taken. */
  constructor(ready: (proven: AgentCursors) => void) {
    this.#ready = ready;
  }

  /** How many answers have been given so far. */
  get handed(): number {
    return this.#handed;
  }

  /** Whether this session was given an answer of which nothing is known yet. */
  isAwaited(actor: Actor): boolean {
    return this.#unproven.has(keyOf(actor));
  }

  /** This session calls, which may show that answers it was given before have arrived, or that they have not. */
  called({ actor, requestId, confirms, handed }: Proof): void {
    const key = keyOf(actor);
    const all = this.#unproven.get(key);
    if (all === undefined || this.repeated(actor, requestId)) return;
    const known = all.filter(({ number }) => number <= handed);
    this.#drop(key, known);
    for (const { agent, cursors } of known) this.#prove({ agent, ...upTo(cursors, confirms) });
  }

  /** A call is made again or is said to have been answered in vain, so its answer was lost. Whether there was one that nothing has proven yet. */
  repeated(actor: Actor, requestId: string | undefined): boolean {
    if (requestId === undefined) return false;
    const key = keyOf(actor);
    const lost = this.#unproven.get(key)?.filter((one) => one.requestId === requestId) ?? [];
    this.#drop(key, lost);
    return lost.length > 0;
  }

  /** Nothing that this session was given and that is not proven yet counts any more. */
  beganAnew(actor: Pick<Actor, 'agent' | 'session'>): void {
    const key = keyOf(actor);
    this.#drop(key, this.#unproven.get(key) ?? []);
  }

  /** What calls have proven to have arrived, written or not. */
  proven({ agent }: Pick<Actor, 'agent'>): Cursors {
    if (agent === undefined) return nothing;
    const proven = this.#proven.get(agent);
    const taken = this.#taken.get(agent) ?? nothing;
    return proven === undefined ? taken : later(taken, proven);
  }

  /** An answer is on its way to this session, unless one of the signals says before its next call that it is lost. */
  answered(actor: Actor, cursors: Cursors, { requestId, signal, gone }: OnItsWay): void {
    const { agent, session } = actor;
    if (agent === undefined || signal?.aborted === true || gone?.aborted === true) return;
    const key = keyOf(actor);
    const number = (this.#handed += 1);
    const abort = (): void => this.#drop(key, [unproven]);
    const unproven: Unproven = {
      number,
      agent,
      session,
      requestId,
      cursors,
      detach: () => {
        signal?.removeEventListener('abort', abort);
        gone?.removeEventListener('abort', abort);
      },
    };
    signal?.addEventListener('abort', abort, { once: true });
    gone?.addEventListener('abort', abort, { once: true });
    this.#unproven.set(key, [...(this.#unproven.get(key) ?? []), unproven]);
  }

  /** Whether an answer that carries this would tell anything that has not been proven yet. */
  isNews(actor: Actor, cursors: Cursors): boolean {
    return isLater(cursors, this.proven(actor));
  }

  /** Whoever was answered says itself that this has arrived. */
  confirmed({ agent }: Actor, cursors: Cursors): void {
    if (agent !== undefined) this.#prove({ agent, ...cursors });
  }

  /** What has been proven and may not have been written yet. */
  unwritten(): readonly AgentCursors[] {
    const agents = new Set([...this.#proven.keys(), ...this.#taken.keys()]);
    return [...agents].map((agent) => ({ agent, ...this.proven({ agent }) }));
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

  /** Nothing proves any more that an answer has reached a session which is over: what comes back to it is another client. */
  forget(isLive: (session: string) => boolean): void {
    for (const [key, all] of this.#unproven) {
      this.#drop(
        key,
        all.filter(({ session }) => session === undefined || !isLive(session)),
      );
    }
  }

  /** Forgets all that is about sessions which are over, once nothing that was taken is still being written. */
  keep(isLive: (session: string) => boolean): void {
    this.forget(isLive);
    const agents = new Set([...this.#unproven.values()].flat().map(({ agent }) => agent));
    for (const agent of this.#taken.keys()) if (!agents.has(agent)) this.#taken.delete(agent);
  }

  /** How many answers and agents are remembered. */
  get size(): number {
    return this.#unproven.size + this.#proven.size + this.#taken.size;
  }

  #drop(key: string, dropped: readonly Unproven[]): void {
    if (dropped.length === 0) return;
    for (const { detach } of dropped) detach();
    const left = this.#unproven.get(key)?.filter((one) => !dropped.includes(one)) ?? [];
    if (left.length === 0) this.#unproven.delete(key);
    else this.#unproven.set(key, left);
  }

  #prove({ agent, ...cursors }: AgentCursors): void {
    const known = this.#taken.get(agent);
    if (!isLater(cursors, known)) return;
    const proven = { agent, ...later(this.#proven.get(agent), cursors) };
    this.#proven.set(agent, proven);
    this.#ready(proven);
  }
}

const nothing: Cursors = {};

// Names hold no spaces.
const keyOf = ({ agent, session }: Pick<Actor, 'agent' | 'session'>): string =>
  `${agent ?? ''} ${session ?? ''}`;

const kinds = ['offered', 'surfaced', 'told'] as const;
const confirmed = ['surfaced', 'told'] as const;

/** As much of an answer as has arrived. One that went further than what is confirmed has not arrived as a whole. */
const upTo = (cursors: Cursors, confirms: Carried | undefined): Cursors => {
  if (confirms === undefined) return cursors;
  const isWhole = confirmed.every(
    (kind) => (cursors[kind] ?? 0) <= (confirms[kind] ?? Number.POSITIVE_INFINITY),
  );
  if (isWhole) return cursors;
  const part: { [kind in (typeof confirmed)[number]]?: Seq } = {};
  for (const kind of confirmed) {
    const seq = Math.min(cursors[kind] ?? 0, confirms[kind] ?? 0);
    if (seq > 0) part[kind] = seq;
  }
  return part;
};

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
