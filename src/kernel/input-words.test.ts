import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { inputWords } from './input-words.ts';

const schema = z.strictObject({
  title: z.string().min(2).max(5).optional(),
  count: z.int().min(1).max(3).optional(),
  mode: z.enum(['slow', 'fast']).optional(),
  metadata: z.record(z.string().max(2), z.string()).optional(),
  labels: z.array(z.string()).max(1).optional(),
  status: z.union([z.enum(['open', 'done']), z.array(z.enum(['open', 'done']))]).optional(),
  due: z.union([z.string().max(3), z.null()]).optional(),
  either: z.union([z.string().max(3), z.array(z.string()).max(1)]).optional(),
  done: z.boolean().optional(),
});

const wordsOn = (input: unknown): string => {
  const parsed = schema.safeParse(input, { error: inputWords });
  assert(!parsed.success);
  return parsed.error.issues.map(({ message }) => message).join('; ');
};

const cases: readonly [input: unknown, words: string][] = [
  [[], 'must be an object'],
  [{ title: 7 }, 'must be a text'],
  [{ title: 'a' }, 'must have at least 2 characters'],
  [{ title: 'abcdef' }, 'must have at most 5 characters'],
  [{ count: 1.5 }, 'must be a whole number'],
  [{ count: 0 }, 'must be at least 1'],
  [{ count: 4 }, 'must be at most 3'],
  [{ mode: 'quick' }, 'must be one of "slow", "fast"'],
  [{ metadata: 'x' }, 'must be an object'],
  [{ metadata: { abc: 'x' } }, 'has a name that is not valid: must have at most 2 characters'],
  [{ labels: ['a', 'b'] }, 'must have at most 1 item'],
  [{ status: 'gone' }, 'must be one of "open", "done", or a list'],
  [{ due: 3 }, 'must be a text, or null'],
  [{ due: 'long' }, 'must have at most 3 characters'],
  [{ either: ['a', 'b'] }, 'must have at most 1 item'],
  [{ done: 'yes' }, 'must be true or false'],
  [{ titel: 'x' }, '"titel" is not known here'],
];

for (const [input, words] of cases) {
  test(`${JSON.stringify(input)} ${words}`, () => assert.equal(wordsOn(input), words));
}

test('what is left out and needed is missing', () => {
  const parsed = z
    .strictObject({ id: z.string(), mode: z.enum(['a']), any: z.union([z.string(), z.null()]) })
    .safeParse({}, { error: inputWords });
  assert.deepEqual(
    parsed.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`),
    ['id is missing', 'mode is missing', 'any is missing'],
  );
});
