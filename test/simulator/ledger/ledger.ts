import { hash } from 'node:crypto';
import type { StoredRow } from '../../../src/journal/store.ts';
import type { Entry } from '../../../src/kernel/entry.ts';
import type { Disk } from '../world.ts';
import type { Checks } from './checks.ts';
import { Locks } from './locks.ts';
import { Mail } from './mail.ts';
import { Sessions } from './sessions.ts';
import { Tasks } from './tasks.ts';

const sha256 = (text: string): string => hash('sha256', text);

/** What is stored, read row by row as it comes, and held against a second, plain account of what it may mean. */
export class Ledger {
  readonly checks: Checks;
  readonly entries: Entry[] = [];
  readonly sessions: Sessions;
  readonly tasks: Tasks;
  readonly locks: Locks;
  readonly mail: Mail;
  /** The first entry of the unit that was written for a request. */
  readonly requests = new Map<string, Entry>();
  /** Requests that were refused for good: nothing of them may be stored. */
  readonly refused = new Set<string>();
  readonly #disk: Disk;
  #last: StoredRow | undefined;
  #chain: string;
  #unitEnd = 0;

  constructor(disk: Disk, checks: Checks) {
    this.#disk = disk;
    this.checks = checks;
    this.sessions = new Sessions(this.checks);
    this.tasks = new Tasks(this.checks, this.sessions);
    this.locks = new Locks(this.checks, this.sessions);
    this.mail = new Mail(this.checks);
    this.#chain = sha256(`signalbox journal ${disk.identity.id}`);
  }

  get seq(): number {
    return this.entries.length;
  }

  /** Whether all that was stored still is. The chain of the last row stands for those before it. */
  checkKept(): void {
    const { rows } = this.#disk;
    const { seq } = this;
    this.checks.holds(
      'nothing stored is gone',
      seq === 0 || rows[seq - 1] === this.#last,
      () => `entry ${seq} was stored, and the journal ends at ${rows.length} or has another one there`,
    );
  }

  /** Takes in what is new. */
  take(): readonly Entry[] {
    this.checkKept();
    const { rows } = this.#disk;
    const fresh: Entry[] = [];
    while (this.seq < rows.length) {
      const row = rows[this.seq];
      if (row === undefined) break;
      const entry = this.#read(row);
      if (entry === undefined) return fresh;
      this.#fold(entry);
      fresh.push(entry);
    }
    this.checks.holds(
      'units are whole',
      this.seq === this.#unitEnd,
      () => `the journal ends at ${this.seq}, and its last unit at ${this.#unitEnd}`,
    );
    return fresh;
  }

  #read(row: StoredRow): Entry | undefined {
    const before = this.entries.at(-1);
    const seq = this.seq + 1;
    this.#chain = sha256(this.#chain + row.text);
    const fits = row.seq === seq && row.chain === this.#chain;
    this.checks.holds('the chain fits', fits, () => `row ${row.seq} stands at ${seq}, or has another link`);
    if (!fits) return undefined;
    const entry: Entry = JSON.parse(row.text);
    const earliest = before?.time ?? 0;
    this.checks.holds(
      'time never goes back',
      entry.seq === seq && entry.time >= earliest,
      () => `entry ${entry.seq} at ${seq} is of ${entry.time}, and the one before of ${earliest}`,
    );
    this.#last = row;
    return entry;
  }

  #fold(entry: Entry): void {
    this.entries.push(entry);
    const { seq, cause } = entry;
    if (seq > this.#unitEnd) {
      this.checks.holds('units are whole', cause.unit === seq, () => `entry ${seq} begins no unit`);
      this.#unitEnd = seq - 1 + (cause.size ?? 1);
      this.#request(entry);
    }
    this.sessions.fold(entry);
    this.tasks.fold(entry);
    this.locks.fold(entry);
    this.mail.fold(entry);
    if (seq !== this.#unitEnd) return;
    this.tasks.endOfUnit();
    this.locks.endOfUnit();
  }

  #request(entry: Entry): void {
    const { request } = entry.cause;
    if (request === undefined) return;
    const id = request.id.split(' ').at(-1) ?? '';
    const before = this.requests.get(id);
    this.checks.holds(
      'no request is done twice',
      before === undefined || this.locks.ended.has(before.seq),
      () => `request ${id} was done at ${before?.seq} and at ${entry.seq}`,
    );
    this.checks.holds(
      'what was refused is not stored',
      !this.refused.has(id),
      () => `request ${id} was refused and stands at ${entry.seq}`,
    );
    this.requests.set(id, entry);
  }
}
