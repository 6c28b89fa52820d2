import type { Area, EventSpec } from '../kernel/area.ts';
import type { Entry } from '../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { trustedJson } from '../kernel/json.ts';

/** Turns entries into the text that is stored and chained, and back, lifting old data to today's version. */
export class Codec {
  readonly #specs: ReadonlyMap<string, EventSpec>;

  constructor(areas: readonly Area[]) {
    this.#specs = new Map(areas.flatMap((area) => Object.entries(area.events)));
  }

  encode(entry: Entry): string {
    return JSON.stringify(entry);
  }

  /** Refuses `upgrade_required` for an event that this version does not know. */
  decode(text: string): Outcome<Entry> {
    const entry: Entry = trustedJson(text);
    const spec = this.#specs.get(entry.type);
    if (spec === undefined || entry.version > spec.version) {
      return refuse(
        'upgrade_required',
        `Entry ${entry.seq} of the journal (${entry.type}, version ${entry.version}) was written by a newer Signalbox. Nothing was changed. Install that version or a later one and start again.`,
        { seq: entry.seq, type: entry.type, version: entry.version },
      );
    }
    return ok(entry.version === spec.version ? entry : lift(entry, spec));
  }

  /** The version that events of this type are written in today. */
  versionOf(type: string): number | undefined {
    return this.#specs.get(type)?.version;
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
