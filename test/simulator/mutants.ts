/* Known bugs, put into the simulated store or into what calls do, to show that each would be found. */
import { initialSlices } from '../../src/areas/index.ts';
import type { Tamper } from './attempt.ts';
import { SimulatedDisk } from './disk.ts';
import type { Changes } from './schedule.ts';
import type { AppendOutcome, AppendRequest, StoredRow } from '../../src/journal/store.ts';
import { chainLink, chainStart } from '../../src/journal/chain.ts';
import type { Entry } from '../../src/kernel/entry.ts';
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
class OverwritesNothing extends SimulatedDisk {
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

/** Decides on a call as if nobody had this. */
const blindTo =
  (area: 'leases' | 'tasks', operation: string, blind: (slices: typeof initialSlices) => typeof initialSlices): Tamper =>
  (prepared) =>
    prepared.operation === operation
      ? {
          ...prepared,
          intend: (caller, drawn) => {
            const intent = prepared.intend(caller, drawn);
            return { ...intent, decide: (slices, facts) => intent.decide(blind(slices), facts) };
          },
        }
      : prepared;

export interface Mutant {
  readonly name: string;
  readonly changes: Changes;
  /** Within how many schedules it is found. */
  readonly within: number;
  /** By which checks. */
  readonly foundBy: RegExp;
}
