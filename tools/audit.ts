/**
 * `npm run check:audit`: no package of the lock file has a known weakness. Where the registry cannot be asked, because
 * there is no network or it does not answer such questions, nothing is checked, and that is said; the exit code is 0.
 */
import { spawnSync } from 'node:child_process';
import { readAudit } from './audited.ts';
import { notChecked } from './steps.ts';
import { root } from './tree.ts';

const run = spawnSync('npm', ['audit', '--json', '--package-lock-only', '--fetch-retries=1'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
});
const audited = readAudit(run.stdout);
switch (audited.kind) {
  case 'clean':
    console.log(`${audited.packages} packages, none with a known weakness.`);
    break;
  case 'unanswered':
    console.log(`${notChecked}${audited.reason}`);
    break;
  case 'weak':
    console.error(audited.findings.join('\n'));
    process.exitCode = 1;
    break;
}
