/* Real git repositories, and the program started in them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { type Place, type RunOptions, openPlace } from '../cli/program.ts';

const shownSchema = z.object({
  workspace: z.string(),
  by: z.string(),
  because: z.string(),
  origin: z.string().optional(),
  root_commit: z.string().optional(),
  former_names: z.array(z.string()).optional(),
  journal: z.string().optional(),
  hub: z.string().optional(),
  mcp: z.string().optional(),
  remark: z.string().optional(),
});

const statusSchema = z.looseObject({ workspace: z.string() });

export type Shown = z.infer<typeof shownSchema>;

export interface Ground extends Place {
  /** Runs git in a folder below the home, which is made; what it says. */
  readonly git: (folder: string, ...args: readonly string[]) => string;
  /** A folder below the home. */
  readonly at: (folder: string) => string;
  /** A repository with one commit, of its own unless `from` names where its history comes from. */
  readonly repository: (folder: string, origin?: string) => void;
  /** Clones `from`, and then calls `origin` what it comes from. */
  readonly clone: (from: string, folder: string, origin?: string) => void;
  /** What signalbox says of the workspace of a folder. */
  readonly show: (folder: string, args?: readonly string[], options?: RunOptions) => Promise<Shown>;
  /** Makes a call in a folder, and then says the same as `show`; it went to just that workspace. */
  readonly arrive: (folder: string, options?: RunOptions) => Promise<Shown>;
  /** What the git config of a folder says or notes, hub by hub. */
  readonly remembered: (folder: string) => string | undefined;
}

export const openGround = async (context: TestContext, program?: string): Promise<Ground> => {
  const place = await openPlace(context, program);
  const at = (folder: string): string => join(place.home, folder);
  const git: Ground['git'] = (folder, ...args) => {
    mkdirSync(at(folder), { recursive: true });
    return execFileSync('git', ['-C', at(folder), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', HOME: place.home, GIT_CONFIG_NOSYSTEM: '1' },
    }).trimEnd();
  };
  const show: Ground['show'] = async (folder, args = [], options = {}) => {
    const ended = await place.run(['workspace', 'show', '--json', ...args], { cwd: at(folder), ...options });
    assert.equal(ended.status, 0, ended.err);
    return shownSchema.parse(JSON.parse(ended.out));
  };
  writeFileSync(
    at('.gitconfig'),
    '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = trunk\n[commit]\n\tgpgSign = false\n',
  );
  return {
    ...place,
    at,
    git,
    repository: (folder, origin) => {
      git(folder, 'init', '--quiet');
      // Named after the folder, so that no two repositories begin with the same commit.
      git(folder, 'commit', '--quiet', '--allow-empty', '-m', `Begins ${folder}`);
      if (origin !== undefined) git(folder, 'remote', 'add', 'origin', origin);
    },
    clone: (from, folder, origin) => {
      git(dirname(folder), 'clone', '--quiet', at(from), at(folder));
      if (origin !== undefined) git(folder, 'remote', 'set-url', 'origin', origin);
    },
    show,
    arrive: async (folder, options = {}) => {
      const status = await place.json(['status'], { cwd: at(folder), ...options });
      const { workspace } = statusSchema.parse(status);
      const shown = await show(folder, [], options);
      assert.equal(shown.workspace, workspace, folder);
      return shown;
    },
    remembered: (folder) => {
      try {
        const lines = git(folder, 'config', '--local', '--get-regexp', '^signalbox[.]').split('\n');
        return lines.map((line) => line.split(' ')[1]).join(' ');
      } catch {
        return undefined;
      }
    },
  };
};
