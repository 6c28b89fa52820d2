/**
 * `npm run gate`: everything that must hold before a change is merged, fastest first. `--no-tests` leaves out the
 * tests, for a machine that has just run them.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Outcome, runSteps, type Step } from './steps.ts';
import { root } from './tree.ts';

const steps: readonly Step[] = [
  { name: 'format', script: 'check:format' },
  { name: 'lint', script: 'check:lint' },
  { name: 'types', script: 'check:types' },
  { name: 'layering, rules, sizes', script: 'check:house' },
  { name: 'docs and snapshots fresh', script: 'check:docs', needs: 'src/catalogue/docs/main.ts' },
  { name: 'tests', script: 'test', alone: true },
  { name: 'build', script: 'build', after: 'check:types' },
  { name: 'MCP conformance', script: 'check:conformance', needs: 'test/conformance/check.ts' },
  { name: 'package', script: 'check:package', after: 'build' },
  { name: 'package types', script: 'check:package-types', after: 'check:package' },
  {
    name: 'package in use',
    script: 'check:tarball',
    needs: 'test/package/check.ts',
    after: 'check:package-types',
  },
  {
    name: 'MCP inspector',
    script: 'check:inspector',
    needs: 'test/conformance/inspect.ts',
    after: 'check:conformance',
  },
  { name: 'unused code', script: 'check:unused' },
  { name: 'known weaknesses', script: 'check:audit' },
];

const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== '--no-tests');
if (unknown.length > 0) {
  console.error(`The gate does not know ${unknown.join(' ')}; its one option is --no-tests.`);
  process.exit(1);
}

/** Node runs the script itself, which is npm without its start-up time. */
const runScript = async (script: string): Promise<Outcome> => {
  const child = spawn(process.execPath, ['--run', script], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<{ readonly status: number | null; readonly error: string }>((resolve) => {
    child.once('error', ({ message }) => resolve({ status: null, error: message }));
    child.once('close', (status) => resolve({ status, error: '' }));
  });
  const [out, err, { status, error }] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { ok: status === 0, output: `${out}${err}${error}` };
};

const ok = await runSteps(
  options.includes('--no-tests') ? steps.filter(({ script }) => script !== 'test') : steps,
  {
    exists: (path) => existsSync(join(root, path)),
    run: runScript,
    print: (line) => console.log(line),
    clock: () => performance.now(),
  },
);
process.exitCode = ok ? 0 : 1;
