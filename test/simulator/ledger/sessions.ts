import type { AgentsEvent } from '../../../src/areas/agents/model.ts';
import { type Entry, entryGuard } from '../../../src/kernel/entry.ts';
import type { Checks } from './checks.ts';

const is = entryGuard<AgentsEvent>();

const graceMs = 120_000;
const dayMs = 86_400_000;
const activeMs = 300_000;
const idleMs = 3_600_000;

interface RefSession {
  readonly agent: string;
  lastSeen: number;
  endedAt: number | undefined;
}

/** Who is there, as the journal alone tells it. */
export class Sessions {
  readonly live = new Map<string, RefSession>();
  readonly expired = new Set<string>();
  readonly wipLimits = new Map<string, number>();
  readonly #checks: Checks;

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  fold(entry: Entry): void {
    const { time } = entry;
    if (is(entry, 'agents.started')) {
      const { agent, session, wipLimit } = entry.data;
      this.live.set(session, { agent, lastSeen: time, endedAt: undefined });
      if (wipLimit !== undefined) this.wipLimits.set(agent, wipLimit);
    } else if (is(entry, 'agents.updated')) {
      const { agent, wipLimit } = entry.data;
      if (wipLimit !== undefined) this.wipLimits.set(agent, wipLimit);
    } else if (is(entry, 'agents.seen')) {
      for (const one of entry.data.sessions) {
        const session = this.live.get(one);
        if (session !== undefined) session.lastSeen = time;
      }
    } else if (is(entry, 'agents.session_ended')) {
      const session = this.live.get(entry.data.session);
      if (session !== undefined) session.endedAt = time;
    } else if (is(entry, 'agents.session_expired')) this.#expire(entry.data, time);
  }

  #expire(
    { session: id, reason }: { readonly session: string; readonly reason?: string },
    time: number,
  ): void {
    const session = this.live.get(id);
    this.live.delete(id);
    this.expired.add(id);
    if (session === undefined || reason !== undefined) return;
    const from = session.endedAt === undefined ? session.lastSeen + dayMs : session.endedAt + graceMs;
    this.#checks.holds(
      'locks do not end too early',
      time >= from,
      () => `session ${id} of ${session.agent} expired at ${time}, ${from - time} ms too early`,
    );
  }

  /** Whether who holds by this session may lose it to somebody else, or to another session of its own. */
  isContestable(id: string, by: string, time: number): boolean {
    const session = this.live.get(id);
    if (session === undefined || session.endedAt !== undefined) return true;
    return time - session.lastSeen >= (session.agent === by ? activeMs : idleMs);
  }
}
