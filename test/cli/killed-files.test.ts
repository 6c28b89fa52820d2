/*
 * Commands that write something else than journals, and die or are broken off at any step: `signalbox workspace use`
 * writes the config of a git repository, which belongs to git and is written by it; `signalbox serve` says in a file
 * where it listens.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { lookAtHubFile, readHubFile } from '../../src/host/hub-file.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { type Site, openSite, startHub } from '../host/processes.ts';
import { inLanes } from '../lanes.ts';
import { type Cut, type Where, runCut, runWords, stepsOf } from './cut-program.ts';

const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();

/** A hub with a workspace `shop`, and repositories that know nothing of it. */
class Ground {
  readonly #site: Site;
  #count = 0;

  private constructor(site: Site) {
    this.#site = site;
  }

  static async open(context: TestContext, way: Way): Promise<Ground> {
    const site = await openSite(context);
    if (way === 'through a hub') await startHub(site);
    assert.equal((await runWords(site, ['workspace', 'add', 'shop'])).status, 0);
    return new Ground(site);
  }

  repository(): Where & { readonly cwd: string; readonly lock: string } {
    this.#count += 1;
    const cwd = join(this.#site.dataDir, `repository-${this.#count}`);
    mkdirSync(cwd);
    git(cwd, 'init', '--quiet');
    return { dataDir: this.#site.dataDir, cwd, lock: join(cwd, '.git', 'config.lock') };
  }
}

type Way = 'through a hub' | 'on the journal';

const use = ['workspace', 'use', 'shop'];

/** What the config says; it fails where git cannot read all of it. */
const saidIn = (folder: string): readonly string[] =>
  git(folder, 'config', '--local', '--list')
    .split('\n')
    .filter((line) => line.startsWith('signalbox.'));

const inUse = ['signalbox.workspace=shop'];

const cutAndRepeat = async (ground: Ground, cut: Cut): Promise<void> => {
  const shown = `${cut.signal} ${cut.step}`;
  const where = ground.repository();
  const first = await runCut(where, use, cut);
  assert.equal(first.signal, cut.signal, `${shown}: ${JSON.stringify(first)}`);
  const said = saidIn(where.cwd);
  assert(said.length === 0 || said.join('\n') === inUse.join('\n'), `${shown}: ${said.join('\n')}`);
  const again = await runWords(where, use);
  assert.equal(again.status, 0, `${shown}: ${again.out}${again.err}`);
  assert.deepEqual(saidIn(where.cwd), inUse, shown);
  assert(!existsSync(where.lock), shown);
};

for (const way of ['through a hub', 'on the journal'] as const) {
  describe(`signalbox workspace use ${way} that is cut short`, () => {
    it('leaves a config that git reads, and is done by its repeat, wherever it is killed or broken off', async (t) => {
      const ground = await Ground.open(t, way);
      const steps = await stepsOf(ground.repository(), use);
      for (const expected of ['before git config', 'after the start of git config', 'after git config'])
        assert(steps.includes(expected), `${expected} is among ${steps.join(', ')}`);
      const cuts = steps.flatMap((step): readonly Cut[] => [
        { step, signal: 'SIGKILL' },
        { step, signal: 'SIGINT' },
      ]);
      await inLanes(cuts, (cut) => cutAndRepeat(ground, cut));
    });
  });
}

const refusal = z.object({
  error: z.object({ message: z.string(), details: z.object({ lock: z.string() }) }),
});

describe('a git config that is locked', () => {
  it('is tried again, because a git that writes it is done in no time', async (t) => {
    const where = (await Ground.open(t, 'on the journal')).repository();
    writeFileSync(where.lock, '[core]\n');
    const cut = await runCut(where, use, { step: 'before git config, time 2', signal: 'SIGKILL' });
    assert.equal(cut.signal, 'SIGKILL');
    rmSync(where.lock);
    assert.equal((await runWords(where, use)).status, 0);
    assert.deepEqual(saidIn(where.cwd), inUse);
  });

  it('is not taken from a git that was killed, and the refusal says how to mend that', async (t) => {
    const where = (await Ground.open(t, 'on the journal')).repository();
    // As git leaves it when it is killed before it gives the file its name.
    writeFileSync(where.lock, '[core]\n\trepositoryformatversion = 0\n[signalbox]\n\twork');
    const folder = join(where.cwd, 'below');
    mkdirSync(folder);
    const refused = await runWords({ ...where, cwd: folder }, use);
    assert.equal(refused.status, 4, refused.out);
    const { error } = refusal.parse(JSON.parse(refused.out));
    assert.equal(error.details.lock, where.lock);
    assert.deepEqual(saidIn(where.cwd), []);
    assert(existsSync(where.lock), 'a git may be at work there');
    const advised = /run (rm \S+) and/.exec(error.message)?.[1] ?? '';
    execFileSync('sh', ['-c', advised]);
    assert.equal((await runWords(where, use)).status, 0);
    assert.deepEqual(saidIn(where.cwd), inUse);
  });
});

const cutAndServe = async (site: Site, cut: Cut): Promise<void> => {
  const shown = `${cut.signal} ${cut.step}`;
  const first = await runCut(site, ['serve', '--port', '0'], cut);
  assert.deepEqual(
    [first.status, first.signal],
    cut.signal === 'SIGINT' ? [0, null] : [null, 'SIGKILL'],
    `${shown}: ${first.err}`,
  );
  const file = await lookAtHubFile(site.dataDir);
  const isLeft = cut.signal === 'SIGKILL' && cut.step === 'after rename of hub.json';
  assert.equal(file.kind, isLeft ? 'read' : 'absent', shown);
  // No hub answers there, and the command does without.
  assert.equal((await runWords(site, ['status'])).status, 0, shown);
  const next = await startHub(site);
  assert.equal((await readHubFile(site.dataDir))?.url, next.url, shown);
  const connected = await connectHub(next.url);
  assert(connected.ok, shown);
  connected.value.close();
  await next.stop();
};

describe('signalbox serve that is cut short', () => {
  it('leaves no file that misleads commands or the next hub, wherever it is killed or broken off', async (t) => {
    const steps = ['writeFile', 'rename'].flatMap((name) => [
      `before ${name} of hub.json`,
      `after ${name} of hub.json`,
    ]);
    await inLanes(['SIGINT', 'SIGKILL'] as const, async (signal) => {
      const site = await openSite(t);
      for (const step of steps) await cutAndServe(site, { step, signal });
    });
  });
});
