import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { type Outcome, runSteps, type Step } from './steps.ts';
import { root } from './tree.ts';

const steps: readonly Step[] = [
  { name: 'one', script: 'check:one' },
  { name: 'second', script: 'check:two', needs: 'src/two.ts' },
  { name: 'three', script: 'check:three' },
];

/** Runs the steps on a machine where each takes 1.5 s and succeeds unless told otherwise. */
const run = (
  outcomes: Readonly<Record<string, Outcome>>,
  files: readonly string[],
): { readonly ok: boolean; readonly lines: readonly string[]; readonly ran: readonly string[] } => {
  const lines: string[] = [];
  const ran: string[] = [];
  let now = 0;
  const ok = runSteps(steps, {
    exists: (path) => files.includes(path),
    run: (script) => {
      ran.push(script);
      now += 1500;
      return outcomes[script] ?? { ok: true, output: 'not shown' };
    },
    print: (line) => lines.push(line),
    clock: () => now,
  });
  return { ok, lines, ran };
};

test('a step that could not check everything says so', () => {
  const { ok, lines } = run({ 'check:one': { ok: true, output: 'x\nNot checked: no network\n' } }, [
    'src/two.ts',
  ]);
  assert.equal(ok, true);
  assert.deepEqual(lines.slice(0, 2), ['ok      one       1.5 s', '        Not checked: no network']);
});

test('every step that succeeds is one line with its seconds', () => {
  assert.deepEqual(run({}, ['src/two.ts']), {
    ok: true,
    lines: ['ok      one       1.5 s', 'ok      second    1.5 s', 'ok      three     1.5 s'],
    ran: ['check:one', 'check:two', 'check:three'],
  });
});

test('the first step that fails shows its output and ends the run', () => {
  const { ok, lines, ran } = run({ 'check:two': { ok: false, output: 'what is wrong\n' } }, ['src/two.ts']);
  assert.equal(ok, false);
  assert.deepEqual(ran, ['check:one', 'check:two']);
  assert.deepEqual(lines.slice(1), [
    'FAILED  second    1.5 s',
    '\nwhat is wrong\n\nThe step "second" failed; run it alone with: npm run check:two',
  ]);
});

test('a step without the file it needs fails instead of passing over it', () => {
  const { ok, lines, ran } = run({}, []);
  assert.equal(ok, false);
  assert.deepEqual(ran, ['check:one']);
  assert.match(lines.at(-1) ?? '', /src\/two\.ts is missing/);
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
