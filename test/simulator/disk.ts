import { exchanged } from '../../src/stores/append-request.ts';
import type { AppendOutcome, AppendRequest, JournalIdentity, StoredRow } from '../../src/journal/store.ts';
import type { Disk } from './world.ts';

/** How a store breaks its word that a batch is stored whole or not at all: half a row, a gap, half a unit. */
export type Tear = 'cut' | 'hole' | 'short';

/** A disk that keeps its word, but for tears that were ordered. */
export class SimulatedDisk implements Disk {
  readonly identity: JournalIdentity;
  rows: StoredRow[] = [];
  readonly tears: Tear | undefined;
  torn = false;

  constructor(identity: JournalIdentity, tears?: Tear) {
    this.identity = identity;
    this.tears = tears;
  }

  append(request: AppendRequest): AppendOutcome {
    const { expected, link, rows } = request;
    if (this.rows.length !== expected) return { kind: 'moved', missed: this.rows.slice(expected) };
    if (expected > 0 && this.rows.at(-1)?.chain !== link) return { kind: 'unknown', ...exchanged(expected) };
    for (const row of rows) this.rows.push(row);
    return { kind: 'appended' };
  }

  tear({ expected, rows }: AppendRequest): void {
    if (this.tears === undefined || this.rows.length !== expected) return;
    const [first, ...rest] = rows;
    if (first === undefined) return;
    const isInUnit = rest.length > 0 && !rest[0]?.text.includes('"size":');
    if (this.tears === 'hole' && rest.length === 0) return;
    if (this.tears === 'short' && !isInUnit) return;
    this.torn = true;
    if (this.tears === 'hole') this.rows.push(...rest);
    else if (this.tears === 'short') this.rows.push(first);
    else this.rows.push({ ...first, text: first.text.slice(0, first.text.length >> 1) });
  }

  crashed(): void {}
}
