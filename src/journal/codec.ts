import type { Area, EventSpec } from '../kernel/area.ts';
import { present } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { trustedJson } from '../kernel/json.ts';
import { type Cipher, type Unopened, sealedWith } from './cipher.ts';
import type { Sealer, StoredEntry } from './sealer.ts';
import type { StoredRow } from './store.ts';

export interface CodecOptions {
  /** With it what is written is encrypted, and what is encrypted can be read. */
  readonly cipher?: Cipher | undefined;
  /** Absent: nothing is sealed, and what is sealed is not opened. */
  readonly sealer?: Sealer | undefined;
}

/** Turns entries into the text that is stored and chained, and back, lifting old data to today's version. */
export class Codec {
  readonly sealer: Sealer | undefined;
  readonly #specs: ReadonlyMap<string, EventSpec>;
  readonly #cipher: Cipher | undefined;

  constructor(areas: readonly Area[], { cipher, sealer }: CodecOptions = {}) {
    this.sealer = sealer;
    this.#specs = new Map(areas.flatMap((area) => Object.entries(area.events)));
    this.#cipher = cipher;
  }

  encode(entry: Entry): string {
    const text = JSON.stringify(this.sealer === undefined ? entry : this.sealer.seal(entry));
    return this.#cipher === undefined ? text : this.#cipher.seal(text, entry.seq);
  }

  /** The entry that stands at `seq`, as `decodeAll` gives it. */
  decode(text: string, seq: Seq): Outcome<Entry> {
    const decoded = this.decodeAll([{ text, seq }]);
    return decoded.ok ? ok(present(decoded.value[0], 'each row gives an entry')) : decoded;
  }

  /**
   * The entries of rows, in their order. Refuses `upgrade_required` for an event that this version does not know,
   * `encryption_key_missing` for one that it has no key for, and `journal_corrupt` for one that was encrypted elsewhere.
   */
  decodeAll(rows: readonly Pick<StoredRow, 'text' | 'seq'>[]): Outcome<readonly Entry[]> {
    const stored: StoredEntry[] = [];
    for (const { text, seq } of rows) {
      const plain = this.#decrypted(text, seq);
      const read = plain.ok ? this.#read(plain.value, seq) : plain;
      if (!read.ok) return read;
      stored.push(read.value);
    }
    const opened = this.#opened(stored);
    return opened.ok ? ok(opened.value.map((entry) => this.#lifted(entry))) : opened;
  }

  /** The entry that stands at `seq`, with its personal members still sealed, and not lifted. */
  stored(text: string, seq: Seq): Outcome<StoredEntry> {
    const key = this.#cipher === undefined ? sealedWith(text) : undefined;
    if (key !== undefined) return unopened({ kind: 'key missing', key }, seq);
    const plain = this.#decrypted(text, seq);
    return plain.ok ? ok(trustedJson<StoredEntry>(plain.value)) : plain;
  }

  /** Whether a key that was missing is there by now. */
  async learn({ code, details: { key } }: Refusal): Promise<boolean> {
    if (code !== 'encryption_key_missing' || typeof key !== 'string') return false;
    return (await this.#cipher?.learn(key)) === true;
  }

  /** The version that events of this type are written in today. */
  versionOf(type: string): number | undefined {
    return this.#specs.get(type)?.version;
  }

  #read(text: string, seq: Seq): Outcome<StoredEntry> {
    const stored: StoredEntry = trustedJson(text);
    const spec = this.#specs.get(stored.type);
    if (spec === undefined || stored.version > spec.version) {
      const key = sealedWith(text);
      if (key !== undefined) return unopened({ kind: 'key missing', key }, seq);
      return refuse(
        'upgrade_required',
        `Entry ${stored.seq} of the journal (${stored.type}, version ${stored.version}) was written by a newer Signalbox. Nothing was changed. Install that version or a later one and start again.`,
        { seq: stored.seq, type: stored.type, version: stored.version },
      );
    }
    return ok(stored);
  }

  #lifted(entry: Entry): Entry {
    const spec = this.#specs.get(entry.type);
    return spec === undefined || spec.version === entry.version ? entry : lift(entry, spec);
  }

  #decrypted(text: string, seq: Seq): Outcome<string> {
    if (this.#cipher === undefined) return ok(text);
    const opened = this.#cipher.open(text, seq);
    return typeof opened === 'string' ? ok(opened) : unopened(opened, seq, this.#cipher);
  }

  #opened(stored: readonly StoredEntry[]): Outcome<readonly Entry[]> {
    if (stored.every(({ sealed }) => sealed === undefined)) return ok(stored);
    if (this.sealer !== undefined) return this.sealer.open(stored);
    return ok(stored.map(({ sealed: _sealed, ...entry }) => entry));
  }
}

const whereKeys = 'SIGNALBOX_ENCRYPTION_KEY, or encryption_key in your configuration file,';

/** Why an entry could not be decrypted. */
export const unopened = ({ kind, key }: Unopened, seq: Seq, cipher?: Cipher): Refusal => {
  if (kind === 'changed')
    return refuse(
      'journal_corrupt',
      `The journal is damaged at entry ${seq}: it is not what was encrypted there with the key ${key}. Nothing was changed. Restore the latest backup, or leave it as it is and ask for help.`,
      { seq, key },
    );
  const known = cipher?.keys() ?? [];
  const why = known.length === 0 ? 'this process has no key' : `this process only has ${known.join(', ')}`;
  return refuse(
    'encryption_key_missing',
    `Entry ${seq} of the journal is encrypted with the key ${key}, and ${why}. Nothing was changed. Let ${whereKeys} say where that key is, and start again; signalbox encryption status says which keys are needed.`,
    { seq, key },
  );
};

const lift = (entry: Entry, spec: EventSpec): Entry => {
  let data = entry.data;
  for (let version = entry.version; version < spec.version; version += 1) {
    const upcast = spec.upcasts?.[version];
    if (upcast !== undefined) data = upcast(data);
  }
  return { ...entry, version: spec.version, data };
};
