import type { Entry } from '../../src/kernel/entry.ts';
import type { Attempt } from './attempt.ts';
import type { Ledger } from './ledger/ledger.ts';

/** Within this a call that does not wait is answered, and one that waits once its time is over. */
const answerMs = 4_000;
/** Within this whoever is rung has its answer: well before it would have looked again by itself. */
const wakeMs = 400;

/** Sees to it that no call waits for ever, or sleeps on when it should wake. */
export class WaitChecks {
  readonly #ledger: Ledger;
  readonly #pending: ReadonlySet<Attempt>;

  constructor(ledger: Ledger, pending: ReadonlySet<Attempt>) {
    this.#ledger = ledger;
    this.#pending = pending;
  }

  /** These were stored: whom do they wake? */
  rung(fresh: readonly Entry[], now: number): void {
    const { locks, mail, requests } = this.#ledger;
    for (const one of this.#pending) {
      const { deed, agent } = one;
      if (deed.over) continue;
      if (deed.operation === 'task_claim') {
        this.#claimable(one, now);
        continue;
      }
      const ticket = deed.requestId === undefined ? undefined : requests.get(deed.requestId)?.seq;
      // LE48: it was decided anew, and waits at another place than the one that was offered something, or ended.
      if (one.rungFor !== ticket) one.rungAt = undefined;
      if (one.rungAt !== undefined) continue;
      const hasMail =
        deed.operation === 'wait' &&
        fresh.some(({ seq }) => {
          const sent = mail.messages.get(seq);
          return sent?.to.includes(agent) === true && !sent.expires;
        });
      if (!hasMail && (ticket === undefined || !locks.woken.has(ticket))) continue;
      one.rungAt = now;
      one.rungFor = ticket;
    }
    locks.woken.clear();
  }

  /** A claim that loses what it was woken for to another one sleeps on. */
  #claimable(one: Attempt, now: number): void {
    const { id, wait_ms: patience } = one.deed.input;
    const wakes =
      patience !== undefined && this.#ledger.tasks.isDecided(typeof id === 'string' ? id : undefined);
    one.rungAt = wakes ? (one.rungAt ?? now) : undefined;
  }

  check(now: number): void {
    const { checks } = this.#ledger;
    for (const one of this.#pending) {
      const { hub, deed, rungAt } = one;
      const { calmSince } = hub;
      if (calmSince === undefined) continue;
      const late = now - limitOf(one, calmSince);
      checks.holds(
        'no wait hangs past its limit',
        late <= answerMs,
        () => `${deed.id} waits ${Math.round(late)} ms longer than ${one.limitMs} ms at ${hub.name}`,
      );
      if (rungAt === undefined || deed.over) continue;
      const asleep = now - Math.max(rungAt, calmSince);
      checks.holds(
        'whoever is rung wakes',
        asleep <= wakeMs,
        () => `${deed.id} was rung ${Math.round(asleep)} ms ago at ${hub.name} and sleeps on`,
      );
    }
  }
}

/** When a call has waited for long enough, at a hub that could have worked since then. */
const limitOf = ({ hub, deed, startedAt, reachedAt, limitMs }: Attempt, calmSince: number): number => {
  if (reachedAt === undefined) return Math.max(startedAt, calmSince);
  // Its time begins once its hub has looked at the journal or stored its place in a queue, which trouble puts off. Who
  // asks again waits at the place of before, and when that has ended without a grant, at a new one (LE48).
  const times = deed.operation === 'lock_acquire' && deed.attempts > 1 ? 2 : 1;
  return Math.max(reachedAt, calmSince) + (times * limitMs) / hub.rate;
};
