import { hash } from 'node:crypto';
import type { Area, Findable } from '../../kernel/area.ts';
import type { Entry } from '../../kernel/entry.ts';
import { canonicalJson, isRecord } from '../../kernel/json.ts';
import { publicTag, tagOf } from './match.ts';
import type { Document } from './messages.ts';

/** An entry with texts, as it is to be found. */
export interface Findings extends Findable {
  readonly area: string;
  readonly kind: string;
  /** The agents that may find it; undefined = all. */
  readonly visibleTo: readonly string[] | undefined;
  readonly texts: readonly string[];
}

interface Source {
  readonly area: Area;
  readonly kind: string;
  readonly members: readonly string[];
}

/** What of which entries is text, according to the areas. */
export class Texts {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly areas: readonly string[];
  readonly kinds: readonly string[];
  /** Another one says that an index was made by other rules than these. */
  readonly fingerprint: string;

  constructor(areas: readonly Area[]) {
    this.#sources = new Map(
      areas.flatMap((area) =>
        Object.entries(area.events).flatMap(([type, { searchable: members = [] }]) =>
          members.length === 0 ? [] : [[type, { area, kind: kindOf(type), members }] as const],
        ),
      ),
    );
    const sources = [...this.#sources.values()];
    this.areas = [...new Set(sources.map(({ area }) => area.name))];
    this.kinds = [...new Set(sources.map(({ kind }) => kind))].toSorted();
    const rules = [...this.#sources].map(([type, { members }]) => [type, members]);
    this.fingerprint = hash('sha256', canonicalJson(rules)).slice(0, 12);
  }

  findings(entry: Entry): Findings | undefined {
    const source = this.#sources.get(entry.type);
    if (source === undefined || !isRecord(entry.data)) return undefined;
    const { data } = entry;
    const texts = source.members.flatMap((member) => stringsIn(data[member]));
    if (texts.length === 0) return undefined;
    const findable = source.area.findable(entry);
    if (findable === undefined) return undefined;
    const visibleTo = source.area.visibleTo(entry);
    return { ...findable, area: source.area.name, kind: source.kind, visibleTo, texts };
  }

  document(entry: Entry): Document | undefined {
    const found = this.findings(entry);
    if (found === undefined) return undefined;
    const { area, kind, ref, to = [], visibleTo, texts } = found;
    const { agent } = entry.actor;
    const tags = [
      tagOf('area', area),
      tagOf('kind', kind),
      ...(agent === undefined ? [] : [tagOf('agent', agent)]),
      ...to.map((name) => tagOf('to', name)),
      ...(visibleTo === undefined ? [publicTag] : visibleTo.map((name) => tagOf('visible', name))),
    ];
    return { seq: entry.seq, texts: [ref, ...texts], tags: tags.join(' ') };
  }
}

const kindOf = (type: string): string => type.slice(type.indexOf('.') + 1);

/** Text in members may be in lists and records. */
const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isRecord(value) ? Object.values(value).flatMap(stringsIn) : [];
};
