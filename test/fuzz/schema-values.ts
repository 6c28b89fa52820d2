/* Values that a schema lets pass, or that differ from such a one in a place or two. */
import fc from 'fast-check';
import { isRecord } from '../../src/kernel/json.ts';
import { hostile, strangeNames } from './hostile.ts';
import { isSeen, symbolFor } from './seen.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What is there in every hub that is tried. */
const known: readonly string[] = [
  'T-1',
  'T-2',
  'T-3',
  'ada',
  'bob',
  'main',
  'shop',
  'owner',
  'file:src/**',
  'api',
];

const textsMaxLength = 30;
const itemsMax = 4;

/** Something that the schema of a member lets pass, or that was seen under its name before. */
export const valid = (schema: unknown, member = ''): fc.Arbitrary<unknown> => {
  if (!isRecord(schema)) return fc.jsonValue({ maxDepth: 2 });
  const { anyOf, enum: choices, type } = schema;
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(choices)) return fc.constantFrom<unknown>(...choices);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one: unknown) => valid(one, member)));
  switch (type) {
    case 'string':
      return textIn(schema, member);
    case 'integer':
    case 'number':
      return numberIn(schema, member);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valid(schema['items'], member), {
        minLength: whole(schema['minItems'], 0),
        maxLength: Math.max(
          whole(schema['minItems'], 0),
          Math.min(itemsMax, whole(schema['maxItems'], itemsMax)),
        ),
      });
    case 'object':
      return objectIn(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};

const whole = (value: unknown, fallback: number): number =>
  Number.isSafeInteger(value) ? Number(value) : fallback;

const textIn = ({ minLength, maxLength, pattern, format }: Schema, member: string): fc.Arbitrary<unknown> => {
  const least = whole(minLength, 0);
  const most = Math.max(least, Math.min(whole(maxLength, textsMaxLength), textsMaxLength));
  const said = fc.string({ minLength: least, maxLength: most });
  const fitting =
    format === 'date-time'
      ? fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
      : typeof pattern === 'string'
        ? matching(pattern)
        : said;
  // Exactly as long as it may be, or one character longer.
  const longest = fc.nat({ max: 3 }).map((n) => 'm'.repeat(whole(maxLength, 100) + (n === 0 ? 1 : 0)));
  return fc.oneof(
    { arbitrary: fitting, weight: 12 },
    { arbitrary: fc.constantFrom<unknown>(...known), weight: 4 },
    ...(isSeen(member) ? [{ arbitrary: symbolFor(member), weight: 24 }] : []),
    { arbitrary: longest, weight: 1 },
  );
};

/** Patterns that look around cannot be turned into texts; what is known fits most of them. */
const matching = (pattern: string): fc.Arbitrary<string> =>
  /\(\?[=!<]/.test(pattern)
    ? fc.constantFrom(...known)
    : fc.stringMatching(new RegExp(pattern), { size: 'xsmall' });

const numberIn = ({ minimum, maximum }: Schema, member: string): fc.Arbitrary<unknown> => {
  const [min, max] = [whole(minimum, 0), whole(maximum, 1_000)];
  return fc.oneof(
    { arbitrary: fc.integer({ min, max: Math.max(min, max) }), weight: 12 },
    ...(isSeen(member) ? [{ arbitrary: symbolFor(member), weight: 12 }] : []),
    { arbitrary: fc.constantFrom(min, max, min - 1, max + 1), weight: 2 },
  );
};

const objectIn = ({ properties, required, additionalProperties }: Schema): fc.Arbitrary<unknown> => {
  const members = isRecord(properties) ? properties : {};
  const needed = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  const fixed = fc.record(
    Object.fromEntries(Object.entries(members).map(([name, schema]) => [name, valid(schema, name)])),
    { requiredKeys: needed.filter((name) => Object.hasOwn(members, name)) },
  );
  if (!isRecord(additionalProperties)) return fixed;
  const free = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), valid(additionalProperties), {
    maxKeys: 3,
  });
  return fc.tuple(fixed, free).map(([some, more]) => ({ ...more, ...some }));
};

interface Change {
  readonly at: number;
  readonly how: 'replace' | 'drop' | 'add' | 'wrap' | 'repeat';
  readonly name: string;
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'add', 'wrap', 'repeat'),
  name: fc.constantFrom(...strangeNames, 'limit', 'workspace', 'agent'),
  value: hostile,
});

/** What a schema lets pass, but for up to three members. */
export const nearlyValid = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 3 })).map(([value, changes]) => {
    let changed = value;
    for (const one of changes) {
      const next = apply(changed, one);
      // No surface lets in more.
      if (sizeOf(next) <= charactersMax) changed = next;
    }
    return changed;
  });

const charactersMax = 1_000_000;

/** About how long it is as JSON; counted no further than matters. */
const sizeOf = (value: unknown, before = 0): number => {
  if (before > charactersMax) return before;
  if (typeof value === 'string') return before + value.length;
  if (typeof value !== 'object' || value === null) return before + 1;
  let size = before + 1;
  for (const [name, inner] of Object.entries(value)) {
    size = sizeOf(inner, size + name.length);
    if (size > charactersMax) break;
  }
  return size;
};

/** At one member, found by counting; half of the changes go deeper where they can. */
const apply = (value: unknown, one: Change): unknown => {
  const { at, how, value: other } = one;
  const deeper = (inner: unknown): unknown =>
    at % 2 === 0 && isRecord(inner)
      ? apply(inner, { ...one, at: Math.floor(at / 2) })
      : altered(inner, how, other);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.length === 0
      ? [other]
      : items.map((item, i) => (i === at % items.length ? deeper(item) : item));
  }
  if (!isRecord(value)) return altered(value, how, other);
  const entries = Object.entries(value);
  if (how === 'add' || entries.length === 0) return Object.fromEntries([...entries, [one.name, other]]);
  const index = at % entries.length;
  if (how === 'drop') return Object.fromEntries(entries.filter((_, i) => i !== index));
  return Object.fromEntries(entries.map(([name, inner], i) => [name, i === index ? deeper(inner) : inner]));
};

const repeats = 200;

const altered = (value: unknown, how: Change['how'], other: unknown): unknown => {
  if (how === 'wrap') return [value];
  return how === 'repeat' ? Array.from({ length: repeats }, () => value) : other;
};
