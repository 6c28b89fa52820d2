/* Known bugs, put into the simulated store or into what calls do, to show that each would be found. */
import { initialSlices } from '../../src/areas/index.ts';
import type { Tamper } from './attempt.ts';
import { SimulatedDisk } from './disk.ts';
import type { Changes } from './schedule.ts';
import type { AppendOutcome, AppendRequest, StoredRow } from '../../src/journal/store.ts';
import { chainLink, chainStart } from '../../src/journal/chain.ts';
import type { Entry } from '../../src/kernel/entry.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import { trustedJson } from '../../src/kernel/json.ts';

/** Stores what it is given wherever the journal ends, numbered and linked as if it had been decided there. */
class IgnoresTheHead extends SimulatedDisk {
  override append({ rows }: AppendRequest): AppendOutcome {
    const shift = this.rows.length - ((rows[0]?.seq ?? 1) - 1);
    for (const { batch, text } of rows) {
      const entry: Entry = trustedJson(text);
      const { cause, seq } = entry;
      const moved = { ...entry, seq: seq + shift, cause: { ...cause, unit: cause.unit + shift } };
      const before = this.rows.at(-1)?.chain ?? chainStart(this.identity.id);
      const written = JSON.stringify(moved);
      this.rows.push({ seq: seq + shift, batch, text: written, chain: chainLink(before, written) });
    }
    return { kind: 'appended' };
  }
}

/** The same, and the rows as they came. */
class KeepsAll extends SimulatedDisk {
  override append({ rows }: AppendRequest): AppendOutcome {
    this.rows.push(...rows);
    return { kind: 'appended' };
  }
}

/** Answers before it is on the disk: the latest batches go with the machine. */
class AnswersTooEarly extends SimulatedDisk {
  #durable: readonly StoredRow[] = [];
  #before: readonly StoredRow[] = [];

  override append(request: AppendRequest): AppendOutcome {
    const outcome = super.append(request);
    if (outcome.kind === 'appended') {
      this.#durable = this.#before;
      this.#before = [...this.rows];
    }
    return outcome;
  }

  override crashed(): void {
    this.rows = [...this.#durable];
    this.#before = this.#durable;
  }
}

/** Does not keep the ids of batches, so that a writer does not find its own again. */
class ForgetsBatches extends SimulatedDisk {
  override append(request: AppendRequest): AppendOutcome {
    return super.append({ ...request, rows: request.rows.map((row) => ({ ...row, batch: 'some batch' })) });
  }
}

/** Says that it is stored, now and then, and does not store it. */
class LosesSome extends SimulatedDisk {
  #appends = 0;

  override append(request: AppendRequest): AppendOutcome {
    this.#appends += 1;
    return this.#appends % 9 === 0 ? { kind: 'appended' } : super.append(request);
  }
}

/** Decides on calls of one operation as if this were the state. */
const seeing =
  (operation: string, see: (slices: Slices) => Slices): Tamper =>
  (prepared) =>
    prepared.operation === operation
      ? {
          ...prepared,
          intend: (caller, drawn) => {
            const intent = prepared.intend(caller, drawn);
            return { ...intent, decide: (slices, facts) => intent.decide(see(slices), facts) };
          },
        }
      : prepared;

const noLocks = (slices: Slices): Slices => ({ ...slices, leases: initialSlices.leases });

const noQueue = (slices: Slices): Slices => {
  const { tickets, waits } = initialSlices.leases;
  return { ...slices, leases: { ...slices.leases, tickets, waits } };
};

const nothingHeld = (slices: Slices): Slices => {
  let { tasks } = slices.tasks;
  for (const task of tasks.values())
    if ('hold' in task.state) tasks = tasks.put({ ...task, state: { status: 'todo' } });
  return { ...slices, tasks: { ...slices.tasks, tasks } };
};

/** Goes past the guards, which watch commands by their type. */
const unguarded: Tamper = (prepared) => ({
  ...prepared,
  intend: (caller, drawn) => ({ ...prepared.intend(caller, drawn), type: 'unguarded' }),
});

export interface Mutant {
  readonly name: string;
  readonly changes: Changes;
  /** Within how many schedules it is found. */
  readonly within: number;
  /** By which checks. */
  readonly foundBy: RegExp;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'a store that ignores the expected head, and numbers what it stores itself',
    changes: { disk: (identity) => new IgnoresTheHead(identity) },
    within: 60,
    foundBy: /^(?!the chain fits)/,
  },
  {
    name: 'a store that ignores the expected head, and keeps rows as they came',
    changes: { disk: (identity) => new KeepsAll(identity) },
    within: 20,
    foundBy: /^the chain fits/,
  },
  {
    name: 'a store that answers before it is durable',
    changes: { disk: (identity) => new AnswersTooEarly(identity), weather: { 'crash after commit': 0.05 } },
    within: 20,
    foundBy: /^nothing stored is gone/,
  },
  {
    name: 'a store that says "appended" and has stored nothing',
    changes: { disk: (identity) => new LosesSome(identity) },
    within: 20,
    foundBy: /^what was answered is stored/,
  },
  {
    name: 'a writer that does not look for its own batch after an unknown outcome',
    changes: { disk: (identity) => new ForgetsBatches(identity), weather: { 'reply lost, stored': 0.3 } },
    within: 100,
    foundBy: /^no request is done twice/,
  },
  {
    name: 'a store that rings nobody',
    changes: { rings: false },
    within: 200,
    foundBy: /^whoever is rung wakes/,
  },
  {
    name: 'a lock that two get',
    changes: { tamper: seeing('lock_acquire', noLocks) },
    within: 20,
    foundBy: /^(one holder per lock|locks are granted in order)/,
  },
  {
    name: 'a queue that lets others overtake',
    changes: { tamper: seeing('lock_acquire', noQueue) },
    within: 300,
    foundBy: /^locks are granted in order/,
  },
  {
    name: 'a task that two get',
    changes: { tamper: seeing('task_claim', nothingHeld) },
    within: 20,
    foundBy: /^one holder per task/,
  },
  {
    name: 'a WIP limit that is not looked at',
    changes: { tamper: unguarded },
    within: 150,
    foundBy: /^WIP limits hold/,
  },
];
