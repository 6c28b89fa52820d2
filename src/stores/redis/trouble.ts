import { replaced } from '../../journal/refusals.ts';
import type { Seq } from '../../kernel/entry.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import { exchanged } from '../append-request.ts';
import { formatVersion } from './library.ts';
import { refusalOf } from './failures.ts';

const restore = 'Restore a backup.';

/** What is wrong with a journal, when a function of ours found something else than it should have. */
export class Trouble {
  readonly #place: string;
  readonly #key: string;

  constructor(place: string, journalKey: string) {
    this.#place = place;
    this.#key = journalKey;
  }

  refusalOf(verdict: string, detail: unknown, seq: Seq): Refusal {
    switch (verdict) {
      case 'missing':
        return this.missing();
      case 'other':
        return this.other(Number(detail));
      case 'newer':
        return this.newer(Number(detail));
      case 'shorter':
        return this.#corrupt(
          `Its journal ends at entry ${Number(detail)}, but entry ${seq} was stored before.`,
        );
      case 'emptied':
        return this.#corrupt('The entries of its journal are gone.');
      case 'exchanged':
        return this.#corrupt(exchanged(seq).reason);
      case 'archived':
        return refuse('invalid_state', `The entries up to ${Number(detail)} were taken out of it before.`);
      default:
        return refuse('storage_failed', `Redis (${this.#place}) gave an answer that makes no sense.`);
    }
  }

  /** There never was one, as far as can be told. */
  absent(): Refusal {
    return refuse(
      'journal_missing',
      `Redis (${this.#place}) has no journal ${this.#key}. Restore a backup, or name the right server, database and cluster.`,
      { place: this.#place },
    );
  }

  missing(): Refusal {
    return refusalOf(this.#place, {
      code: 'journal_missing',
      reason: `The journal ${this.#key} was there and is gone; perhaps the database was flushed. ${restore}`,
    });
  }

  /** For opening: to make a new one would hide the loss. */
  lost(...commands: readonly string[]): Refusal {
    const { code, message, details } = this.missing();
    return refuse(code, `${message} To accept the loss: "${commands.join('", "')}".`, details);
  }

  /** One that was made anew where this one should be is of the first generation; one that was restored, or reset, is not. */
  other(generation: number): Refusal {
    return generation > 1
      ? this.replaced()
      : this.#corrupt(`Under the name ${this.#key} there is another journal than before.`);
  }

  replaced(): Refusal {
    return replaced(`Redis (${this.#place}), ${this.#key}`);
  }

  newer(format: number): Refusal {
    return refusalOf(this.#place, {
      code: 'upgrade_required',
      reason: `The journal ${this.#key} has format ${format}, and this version knows up to ${formatVersion}. Nothing was changed. Install a newer Signalbox and try again.`,
    });
  }

  /** Entries are missing in the middle, or one is not what it was. */
  gap(seq: Seq): Refusal {
    return this.#corrupt(`Its entry ${seq} is missing.`);
  }

  archived(seq: Seq): Refusal {
    return this.#corrupt(`Its entry ${seq} is not in the store any more, but in an archive.`);
  }

  #corrupt(what: string): Refusal {
    return refusalOf(this.#place, { code: 'journal_corrupt', reason: `${what} ${restore}` });
  }
}
