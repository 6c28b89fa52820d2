/* Known bugs, each one line of a source, to show that each would be found. */
import type { Hunt } from './hunt.ts';

interface Bug extends Omit<Hunt, 'seed' | 'foundBy'> {
  readonly name: string;
  readonly foundBy: RegExp;
}

export const bugs: readonly Bug[] = [
  {
    name: 'tasks that ring nobody',
    file: 'src/areas/tasks/concerns.ts',
    from: 'switch (entry.type) {',
    to: 'if (entry.seq > 0) return []; switch (entry.type) {',
    within: 60,
    foundBy: /whoever is rung wakes/,
  },
  {
    name: 'a ring that only the first of those who wait hears',
    file: 'src/engine/waits.ts',
    from: 'this.#waiting.get(key) ?? []',
    to: '[...(this.#waiting.get(key) ?? [])].slice(0, 1)',
    changes: { theme: 'few tasks' },
    within: 150,
    foundBy: /whoever is rung wakes/,
  },
  {
    name: 'a ring that is lost on whoever is about to wait',
    file: 'src/engine/waits.ts',
    from: 'if (rung) wake();',
    to: '',
    changes: { theme: 'few tasks' },
    within: 250,
    foundBy: /whoever is rung wakes/,
  },
  {
    name: 'places in queues that end, and ring nobody',
    file: 'src/areas/leases/concerns.ts',
    from: '...entry.data.tickets.map(({ ticket }) => ticketKey(ticket))',
    to: '',
    changes: { theme: 'one lock' },
    within: 150,
    foundBy: /whoever is rung wakes/,
  },
  {
    name: 'a queue that serves the newest first',
    file: 'src/areas/leases/model/lease.ts',
    from: 'pathOrders<Wait>(({ ticket, index }) => [ticket, index])',
    to: 'pathOrders<Wait>(({ ticket, index }) => [-ticket, index])',
    within: 50,
    foundBy: /locks are granted in order/,
  },
  {
    name: 'snapshots without the places in queues',
    file: 'src/areas/leases/saved.ts',
    from: "yield { part: 'ticket', row }",
    to: 'void row',
    within: 120,
    foundBy: /a snapshot is the whole state/,
  },
  {
    name: 'a journal that takes a part of a unit for the whole',
    file: 'src/journal/journal.ts',
    from: 'this.#unitEnd <= head.seq',
    to: 'head.seq > 0',
    changes: { tear: 'short', weather: { 'torn write': 0.1 } },
    within: 150,
    foundBy: /a torn batch is refused/,
  },
];
