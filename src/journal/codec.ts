import type { Area, EventSpec } from '../kernel/area.ts';
import type { Entry } from '../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { trustedJson } from '../kernel/json.ts';
import type { Sealer, StoredEntry } from './sealer.ts';

export interface CodecOptions {
  /** Absent: nothing is sealed, and what is sealed is not opened. */
  readonly sealer?: Sealer | undefined;
}

/** Turns entries into the text that is stored and chained, and back, lifting old data to today's version. */
export class Codec {
  readonly sealer: Sealer | undefined;
  readonly #specs: ReadonlyMap<string, EventSpec>;

  constructor(areas: readonly Area[], { sealer }: CodecOptions = {}) {
    this.sealer = sealer;
    this.#specs = new Map(areas.flatMap((area) => Object.entries(area.events)));
  }

  encode(entry: Entry): string {
    return JSON.stringify(this.sealer === undefined ? entry : this.sealer.seal(entry));
  }

  /** An entry with its personal members still sealed, and not lifted. */
  stored(text: string): StoredEntry {
    return trustedJson(text);
  }

  /** Refuses `upgrade_required` for an event that this version does not know. */
  decode(text: string): Outcome<Entry> {
    const stored = this.stored(text);
    const spec = this.#specs.get(stored.type);
    if (spec === undefined || stored.version > spec.version) {
      return refuse(
        'upgrade_required',
        `Entry ${stored.seq} of the journal (${stored.type}, version ${stored.version}) was written by a newer Signalbox. Nothing was changed. Install that version or a later one and start again.`,
        { seq: stored.seq, type: stored.type, version: stored.version },
      );
    }
    const opened = this.#opened(stored);
    return !opened.ok || opened.value.version === spec.version ? opened : ok(lift(opened.value, spec));
  }

  /** The version that events of this type are written in today. */
  versionOf(type: string): number | undefined {
    return this.#specs.get(type)?.version;
  }

  #opened(stored: StoredEntry): Outcome<Entry> {
    if (stored.sealed === undefined) return ok(stored);
    if (this.sealer !== undefined) return this.sealer.open(stored);
    const { sealed: _sealed, ...entry } = stored;
    return ok(entry);
  }
}

const lift = (entry: Entry, spec: EventSpec): Entry => {
  let data = entry.data;
  for (let version = entry.version; version < spec.version; version += 1) {
    const upcast = spec.upcasts?.[version];
    if (upcast !== undefined) data = upcast(data);
  }
  return { ...entry, version: spec.version, data };
};
