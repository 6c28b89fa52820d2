/**
 * `npm run gate`: everything that must hold before a change is merged, fastest first. `--no-tests` leaves out the
 * tests, for a machine that has just run them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runSteps, type Step } from './steps.ts';
import { root } from './tree.ts';

const outputBytesMax = 64 * 1024 * 1024;

const steps: readonly Step[] = [
  { name: 'format', script: 'check:format' },
  { name: 'lint', script: 'check:lint' },
  { name: 'types', script: 'check:types' },
  { name: 'layering, rules, sizes', script: 'check:house' },
  { name: 'docs and snapshots fresh', script: 'check:docs', needs: 'src/catalogue/docs/main.ts' },
  { name: 'tests', script: 'test' },
  { name: 'MCP conformance', script: 'check:conformance', needs: 'test/conformance/check.ts' },
  { name: 'MCP inspector', script: 'check:inspector', needs: 'test/conformance/inspect.ts' },
  { name: 'unused code', script: 'check:unused' },
  { name: 'known weaknesses', script: 'check:audit' },
  { name: 'build', script: 'build' },
  { name: 'package', script: 'check:package' },
  { name: 'package types', script: 'check:package-types' },
  { name: 'package in use', script: 'check:tarball', needs: 'test/package/check.ts' },
];

const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== '--no-tests');
if (unknown.length > 0) {
  console.error(`The gate does not know ${unknown.join(' ')}; its one option is --no-tests.`);
  process.exit(1);
}

const ok = runSteps(
  options.includes('--no-tests') ? steps.filter(({ script }) => script !== 'test') : steps,
  {
    exists: (path) => existsSync(join(root, path)),
    run: (script) => {
      // Node runs the script itself, which is npm without its start-up time.
      const run = spawnSync(process.execPath, ['--run', script], {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: outputBytesMax,
      });
      return { ok: run.status === 0, output: `${run.stdout}${run.stderr}${run.error?.message ?? ''}` };
    },
    print: (line) => console.log(line),
    clock: () => performance.now(),
  },
);
process.exitCode = ok ? 0 : 1;
