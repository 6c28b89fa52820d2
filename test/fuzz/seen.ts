/* What answers have said, so that later inputs can name things that are there. */
import fc from 'fast-check';
import { isRecord } from '../../src/kernel/json.ts';

const mark = '@seen:';
const keptMax = 16;

/** Stands for something that was seen under this name, or under one like it; which, is known when the call is made. */
export const symbolFor = (member: string): fc.Arbitrary<string> =>
  fc.nat({ max: keptMax - 1 }).map((index) => `${mark}${member}:${index}`);

/** Under which other names what a member takes is answered. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  cursor: ['next_cursor', 'cursor'],
  after: ['next_cursor', 'cursor'],
  since: ['cursor', 'seq'],
  epoch: ['token', 'epoch'],
  task: ['id'],
  ids: ['id'],
  depends_on: ['id'],
  to: ['agent', 'name'],
  agent: ['name', 'agent'],
  from: ['name', 'agent'],
};

const ofThemselves: readonly string[] = [
  'id',
  'session',
  'token',
  'name',
  'slug',
  'project',
  'seq',
  'revision',
  'number',
];

/** Whether what a member takes can come from an answer. */
export const isSeen = (member: string): boolean =>
  Object.hasOwn(otherNames, member) || ofThemselves.includes(member);

const depthMax = 6;

/** Names and numbers from answers, the newest of each name. Which of them an input gets depends only on their order. */
export class Seen {
  readonly #kept = new Map<string, (string | number)[]>();

  note(value: unknown, depth = 0): void {
    if (depth > depthMax) return;
    if (Array.isArray(value)) for (const item of value.slice(0, keptMax)) this.note(item, depth + 1);
    if (!isRecord(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === 'string' || typeof inner === 'number') this.#keep(name, inner);
      else this.note(inner, depth + 1);
    }
  }

  /** The input with what its symbols stand for. */
  fill(value: unknown): unknown {
    if (typeof value === 'string') return value.startsWith(mark) ? this.find(value) : value;
    if (Array.isArray(value)) return value.map((item) => this.fill(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
        const filled = this.fill(inner);
        // Of what was not seen yet, nothing is said.
        return filled === undefined && inner !== undefined ? [] : [[name, filled]];
      }),
    );
  }

  find(symbol: string): string | number | undefined {
    const [member = '', index = '0'] = symbol.slice(mark.length).split(':');
    const names = [...(Object.hasOwn(otherNames, member) ? (otherNames[member] ?? []) : []), member];
    for (const name of names) {
      const kept = this.#kept.get(name);
      const found = kept?.[Number(index) % kept.length];
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #keep(name: string, value: string | number): void {
    const kept = this.#kept.get(name) ?? [];
    kept.push(value);
    if (kept.length > keptMax) kept.shift();
    this.#kept.set(name, kept);
  }
}
