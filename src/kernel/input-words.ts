import type { z } from 'zod';

/** What a schema calls a kind of value, as people call it. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
  undefined: 'left out',
};

/** What can be counted of a value, by what it is. */
const counted: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  object: ['member', 'members'],
};

/** What is wrong with an input, for whoever sent it: the schemas' own words name the schemas' own types. */
export const inputWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${kindOf(issue.expected)}`;
    case 'too_small':
      return `must ${boundOf(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${boundOf(issue.origin, 'at most', issue.maximum)}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${listed(issue.values)}`;
    case 'unrecognized_keys':
      return `${issue.keys.map((key) => `"${key}"`).join(', ')} is not known here`;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : alternatives(issue.errors);
    case 'invalid_key':
      return `has a name that is not valid: ${issue.issues[0]?.message ?? ''}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'custom':
    case 'invalid_format':
    case 'invalid_element':
      // These schemas say themselves what they want.
      return undefined;
  }
};

const kindOf = (expected: string): string => kinds[expected] ?? expected;

const boundOf = (origin: string, how: string, bound: number | bigint): string => {
  const [one, many] = counted[origin] ?? ['', ''];
  return one === '' ? `be ${how} ${bound}` : `have ${how} ${bound} ${Number(bound) === 1 ? one : many}`;
};

const listed = (values: readonly unknown[]): string => {
  const words = values.map((value) => JSON.stringify(value));
  return words.length < 2 ? (words[0] ?? 'left out') : `one of ${words.join(', ')}`;
};

const beginning = 'must be ';

/** What each branch would have taken. A branch that takes this kind of value, and not this one, knows best. */
const alternatives = (branches: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const messages = branches.flatMap(([first]) => (first?.path.length === 0 ? [first.message] : []));
  const closer = messages.find((message) => !message.startsWith(beginning));
  const kindsTaken = new Set(messages.map((message) => message.slice(beginning.length)));
  return closer ?? `${beginning}${[...kindsTaken].join(', or ') || 'something else'}`;
};
