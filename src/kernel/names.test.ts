import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nameSchema } from './ids.ts';
import { faultInName, isName } from './names.ts';

test('a text is a name without a schema exactly where it is one by the schema, and the same is said of it', () => {
  const schema = nameSchema('It');
  const characters = fc.string({
    unit: fc.constantFrom('a', 'Z', '0', '.', '_', '-', '/', ' ', '\n'),
    maxLength: 5,
  });
  const long = fc.integer({ min: 60, max: 70 }).map((length) => 'x'.repeat(length));
  fc.assert(
    fc.property(fc.oneof(characters, long, fc.string({ unit: 'binary' })), (text) => {
      const { error } = schema.safeParse(text);
      const fault = faultInName('It', text);
      assert.deepEqual([fault === undefined, isName(text)], [error === undefined, error === undefined]);
      const [issue] = error?.issues ?? [];
      // How long a name may be, the schema leaves to whoever words its issues.
      if (issue?.code === 'invalid_format' || issue?.code === 'custom') assert.equal(fault, issue.message);
    }),
  );
});
