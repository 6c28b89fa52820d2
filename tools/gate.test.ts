import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { type Outcome, runSteps, type Step } from './steps.ts';
import { root } from './tree.ts';

const three: readonly Step[] = [
  { name: 'one', script: 'check:one', alone: true },
  { name: 'second', script: 'check:two', needs: 'src/two.ts', alone: true },
  { name: 'three', script: 'check:three' },
];

/** Runs the steps on a machine where each takes 1.5 s and succeeds unless told otherwise. */
const run = async (
  outcomes: Readonly<Record<string, Outcome>>,
  files: readonly string[],
): Promise<{ readonly ok: boolean; readonly lines: readonly string[]; readonly ran: readonly string[] }> => {
  const lines: string[] = [];
  const ran: string[] = [];
  let now = 0;
  const ok = await runSteps(three, {
    exists: (path) => files.includes(path),
    run: async (script) => {
      ran.push(script);
      now += 1500;
      return outcomes[script] ?? { ok: true, output: 'not shown' };
    },
    print: (line) => lines.push(line),
    clock: () => now,
  });
  return { ok, lines, ran };
};

test('a step that could not check everything says so', async () => {
  const { ok, lines } = await run({ 'check:one': { ok: true, output: 'x\nNot checked: no network\n' } }, [
    'src/two.ts',
  ]);
  assert.equal(ok, true);
  assert.deepEqual(lines.slice(0, 2), ['ok      one       1.5 s', '        Not checked: no network']);
});

test('every step that succeeds is one line with its seconds', async () => {
  assert.deepEqual(await run({}, ['src/two.ts']), {
    ok: true,
    lines: ['ok      one       1.5 s', 'ok      second    1.5 s', 'ok      three     1.5 s'],
    ran: ['check:one', 'check:two', 'check:three'],
  });
});

test('the first step that fails shows its output and ends the run', async () => {
  const { ok, lines, ran } = await run({ 'check:two': { ok: false, output: 'what is wrong\n' } }, [
    'src/two.ts',
  ]);
  assert.equal(ok, false);
  assert.deepEqual(ran, ['check:one', 'check:two']);
  assert.deepEqual(lines.slice(1), [
    'FAILED  second    1.5 s',
    '\nwhat is wrong\n\nThe step "second" failed; run it alone with: npm run check:two',
  ]);
});

test('a step without the file it needs fails instead of passing over it', async () => {
  const { ok, lines, ran } = await run({}, []);
  assert.equal(ok, false);
  assert.deepEqual(ran, ['check:one']);
  assert.match(lines.at(-1) ?? '', /src\/two\.ts is missing/);
});

/** Runs steps that end when the test says so; what was begun is in `begun`. */
const started = (steps: readonly Step[]) => {
  const begun: string[] = [];
  const lines: string[] = [];
  const ends = new Map<string, (ok: boolean) => void>();
  const over = runSteps(steps, {
    exists: () => true,
    run: (script) => {
      begun.push(script);
      return new Promise((resolve) =>
        ends.set(script, (ok) => resolve({ ok, output: `${script} says this` })),
      );
    },
    print: (line) => lines.push(line),
    clock: () => 0,
  });
  const end = async (script: string, ok = true): Promise<void> => {
    ends.get(script)?.(ok);
    await settled();
  };
  return { begun, lines, over, end };
};

/** All that follows from promises that are settled has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('two steps run at a time, none before what it comes after, and one that is alone beside no other', async () => {
  const { begun, over, end } = started([
    { name: 'a', script: 'a' },
    { name: 'b', script: 'b', after: 'a' },
    { name: 'c', script: 'c' },
    { name: 'd', script: 'd', alone: true },
    { name: 'e', script: 'e' },
    { name: 'f', script: 'f', after: 'left out' },
  ]);
  assert.deepEqual(begun, ['a', 'c']);
  await end('c');
  assert.deepEqual(begun, ['a', 'c']);
  await end('a');
  assert.deepEqual(begun, ['a', 'c', 'b']);
  await end('b');
  assert.deepEqual(begun, ['a', 'c', 'b', 'd']);
  await end('d');
  assert.deepEqual(begun, ['a', 'c', 'b', 'd', 'e', 'f']);
  await end('e');
  await end('f');
  assert.equal(await over, true);
});

test('a step beside one that fails runs to its end, and what both said that failed stands last', async () => {
  const { begun, lines, over, end } = started(['a', 'b', 'c'].map((script) => ({ name: script, script })));
  await end('a', false);
  await end('b', false);
  assert.equal(await over, false);
  assert.deepEqual(begun, ['a', 'b']);
  assert.deepEqual(lines, [
    'FAILED  a    0.0 s',
    'FAILED  b    0.0 s',
    '\na says this\n\nThe step "a" failed; run it alone with: npm run a',
    '\nb says this\n\nThe step "b" failed; run it alone with: npm run b',
  ]);
});

test('the scripts that the gate names exist', () => {
  const manifest = z.object({ scripts: z.record(z.string(), z.string()) });
  const { scripts } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const named = readFileSync(join(root, 'tools/gate.ts'), 'utf8').matchAll(/script: '([^']+)'/g);
  const missing = [...named].filter(([, script = '']) => scripts[script] === undefined);
  assert.deepEqual(missing, []);
});

const fails = (script: string, args: readonly string[], reason: RegExp): void => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, script), ...args], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, reason);
};

test('the gate refuses an option it does not know', () => {
  fails('tools/gate.ts', ['--no-test'], /does not know --no-test;/);
});

test('npm test fails when no test file matches', () => {
  fails(
    'tools/test.ts',
    ['nothing is called this'],
    /There is no test file whose path contains "nothing is called this"/,
  );
});
