import assert from 'node:assert/strict';
import { leasesIntent } from '../areas/leases/decide/index.ts';
import type { Lease } from '../areas/leases/model/lease.ts';
import { present } from '../kernel/assert.ts';
import type { Actor, Entry, Seq } from '../kernel/entry.ts';
import type { Refusal } from '../kernel/errors.ts';
import { TaskBoard } from './task-board.ts';

type Input = Readonly<Record<string, unknown>>;

/** Locks in a test: agents acquire, wait and release on state without a journal. */
export class LockYard extends TaskBoard {
  /** Acquires, which must succeed at once; the token. */
  lock(actor: Actor, name: string | readonly string[], input: Input = {}): Seq {
    this.do(actor, 'lock_acquire', { name, ...input });
    return present(this.written[0]?.seq, 'it was written');
  }

  /** Asks for what is not free, and waits for it; the ticket. */
  queue(actor: Actor, name: string | readonly string[], input: Input = {}): Seq {
    const outcome = this.call(actor, 'lock_acquire', { name, wait_ms: 60_000, ...input });
    assert.ok(!outcome.ok && outcome.code === 'held', JSON.stringify(outcome));
    assert.equal(this.written[0]?.type, 'leases.queued');
    return present(this.written[0]?.seq, 'it was written');
  }

  /** Must be refused at once because something is in the way. */
  blocked(actor: Actor, name: string | readonly string[], input: Input = {}): Refusal {
    return this.refused(actor, 'lock_acquire', { code: 'held', input: { name, ...input } });
  }

  take(actor: Actor, ticket: Seq): readonly Entry[] {
    return this.#decide(actor, leasesIntent({ type: 'take', ticket }));
  }

  leaveQueue(actor: Actor, ticket: Seq): readonly Entry[] {
    return this.#decide(actor, leasesIntent({ type: 'leave', ticket }));
  }

  /** Who holds what, as `ada wave:5c exclusive`, in the order of granting. */
  get held(): readonly string[] {
    return this.leases.map(
      ({ holder, lock, mode, state }) =>
        `${holder} ${lock} ${mode}${state.kind === 'held' ? '' : ` ${state.kind}`}`,
    );
  }

  get leases(): readonly Lease[] {
    return [...this.scenario.slices.leases.leases.scan('all', 'all')];
  }

  /** The tickets that wait, in their order. */
  get waiting(): readonly Seq[] {
    return [...this.scenario.slices.leases.tickets.scan('all', 'all')].map(({ seq }) => seq);
  }

  /** The tickets that the last command, or these entries, granted. */
  granted(entries: readonly Entry[] = this.written): readonly Seq[] {
    return grantsIn(entries);
  }

  #decide(actor: Actor, intent: ReturnType<typeof leasesIntent>): readonly Entry[] {
    const outcome = this.scenario.when(intent, actor);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return outcome.value;
  }
}

interface GrantsData {
  readonly grants: readonly { readonly ticket: Seq }[];
}

const isGranted = (entry: Entry): entry is Entry<'leases.granted', GrantsData> =>
  entry.type === 'leases.granted';

const grantsIn = (entries: readonly Entry[]): readonly Seq[] =>
  entries.flatMap((entry) => (isGranted(entry) ? entry.data.grants.map(({ ticket }) => ticket) : []));
