import { exchanged } from '../../src/stores/append-request.ts';
import type { AppendOutcome, AppendRequest, JournalIdentity, StoredRow } from '../../src/journal/store.ts';
import type { Disk, Tear } from './world.ts';

/** A disk that keeps its word, but for tears that are ordered. */
export class SimulatedDisk implements Disk {
  readonly identity: JournalIdentity;
  rows: StoredRow[] = [];
  /** Where a torn batch begins. */
  #whole: number | undefined;

  constructor(identity: JournalIdentity) {
    this.identity = identity;
  }

  append(request: AppendRequest): AppendOutcome {
    const { expected, link, rows } = request;
    if (this.rows.length !== expected) return { kind: 'moved', missed: this.rows.slice(expected) };
    if (expected > 0 && this.rows.at(-1)?.chain !== link) return { kind: 'unknown', ...exchanged(expected) };
    for (const row of rows) this.rows.push(row);
    return { kind: 'appended' };
  }

  tear({ expected, rows }: AppendRequest, tear: Tear): boolean {
    const [first, ...rest] = rows;
    if (first === undefined || this.rows.length !== expected || this.#whole !== undefined) return false;
    const isInUnit = rest.length > 0 && !rest[0]?.text.includes('"size":');
    if (tear === 'hole' && rest.length === 0) return false;
    if (tear === 'short' && !isInUnit) return false;
    this.#whole = expected;
    if (tear === 'hole') this.rows.push(...rest);
    else if (tear === 'short') this.rows.push(first);
    else this.rows.push({ ...first, text: first.text.slice(0, first.text.length >> 1) });
    return true;
  }

  mend(): void {
    this.rows.length = this.#whole ?? this.rows.length;
    this.#whole = undefined;
  }

  crashed(): void {}
}
