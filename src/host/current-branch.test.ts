import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { currentBranch, withBranch } from './current-branch.ts';

const leases = { category: 'leases' };

const branchHere = async (): Promise<string> => 'feature/issue-42';

describe('the branch of a call about the lock work', () => {
  it('is filled in when work is named and no branch is', async () => {
    for (const name of ['work', ' Work ', ['pytest', 'work']]) {
      const filled = await withBranch({ name, ttl: 60 }, leases, branchHere);
      assert.deepEqual(filled, { name, ttl: 60, branch: 'feature/issue-42' });
    }
  });

  it('stays as it was given', async () => {
    const asked = () => assert.fail('git need not be asked');
    for (const input of [
      { name: 'work', branch: 'main' },
      { name: 'pytest' },
      { name: ['a', 'b'] },
      { name: 7 },
      {},
      'work',
      undefined,
    ])
      assert.equal(await withBranch(input, leases, asked), input);
    const input = { name: 'work' };
    assert.equal(await withBranch(input, { category: 'tasks' }, asked), input);
    assert.equal(await withBranch(input, undefined, asked), input);
    assert.equal(await withBranch(input, leases, async () => undefined), input);
  });
});

describe('the branch of a folder', () => {
  it('is that of its worktree, and none on a bare commit or outside of a repository', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-branch-'));
    t.after(() => rm(folder, { recursive: true }));
    const env = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: folder };
    const [cwd, worktree] = [join(folder, 'clone'), join(folder, 'worktree')];
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        env,
        stdio: 'pipe',
      });
    };
    assert.equal(await currentBranch({ cwd: folder, env }), undefined);
    git('init', '--quiet', '--initial-branch=wave-5c', cwd);
    assert.equal(await currentBranch({ cwd, env }), 'wave-5c');
    git('-C', cwd, 'commit', '--quiet', '--allow-empty', '--message=x');
    git('-C', cwd, 'worktree', 'add', '--quiet', '-b', 'feature/issue-42', worktree);
    assert.equal(await currentBranch({ cwd: worktree, env }), 'feature/issue-42');
    assert.equal(await currentBranch({ cwd, env }), 'wave-5c');
    git('-C', cwd, 'checkout', '--quiet', '--detach');
    assert.equal(await currentBranch({ cwd, env }), undefined);
  });
});
