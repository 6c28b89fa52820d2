/* What keeps a user from data and configuration: root, who may do all, is another user here. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { tellHere } from '../cli/told-here.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';
import { type Examined, type Findings, examine, of, write } from './examine.ts';

const nobody = 65_534;
const self = process.getuid?.() ?? nobody;
const user = self === 0 ? nobody : self;

interface Estate {
  readonly ground: Ground;
  readonly look: (env?: Readonly<Record<string, string>>) => Promise<Examined>;
  readonly add: () => Promise<number | null>;
  readonly mendAll: (findings: Findings) => void;
}

/** A home with a board, all of which belongs to a user who may do only what its permissions say. */
const openEstate = async (context: TestContext): Promise<Estate> => {
  const ground = await openGround(context);
  await tellHere(ground.dataDir, [{ operation: 'task_add', input: { title: 'A task' } }]);
  if (user !== self) execFileSync('chown', ['-R', `${user}:${user}`, ground.home]);
  return {
    ground,
    look: (env = {}) => examine(ground, 'work', { user, env }),
    add: async () => (await ground.run(['task', 'add', 'Another'], { user })).status,
    mendAll: (findings) => {
      for (const { mend = 'false' } of findings)
        execFileSync('sh', ['-c', mend], { uid: user, gid: user, cwd: ground.home });
    },
  };
};

const faultsOf = ({ findings }: Examined): Findings => findings.filter(({ state }) => state === 'bad');

describe('what a user may not do in the data directory', () => {
  for (const [what, mode, names] of [
    ['written', 0o400, ['hub.journal', 'workspaces/main.journal']],
    ['read', 0o000, ['hub.journal', 'workspaces/main.journal']],
    ['looked into', 0o000, ['.']],
    ['added to', 0o500, ['.']],
    ['looked into where the journals are', 0o000, ['workspaces']],
    ['added to where the journals are', 0o500, ['workspaces']],
  ] as const) {
    it(`is bad: it cannot be ${what}, which the commands mend`, async (t) => {
      const { ground, look, add, mendAll } = await openEstate(t);
      for (const name of names) chmodSync(join(ground.dataDir, name), mode);
      assert.equal(await add(), 6);
      const found = faultsOf(await look());
      assert.deepEqual(
        found.map(({ check, mend }) => [check, mend?.split(' ')[0]]),
        names.map(() => ['data directory', 'chmod']),
      );
      mendAll(found);
      assert.deepEqual(faultsOf(await look()), []);
      assert.equal(await add(), 0);
    });
  }

  it('is told by a command that gives only what is missing', async (t) => {
    const { ground, look } = await openEstate(t);
    const path = join(ground.dataDir, 'workspaces', 'main.journal');
    chmodSync(path, 0o400);
    assert.deepEqual(
      faultsOf(await look()).map(({ mend }) => mend),
      [`chmod u+w ${path}`],
    );
  });

  it('is bad where it has to be made, and the command mends that', async (t) => {
    const { ground, look, mendAll } = await openEstate(t);
    const env = { SIGNALBOX_DATA_DIR: ground.at('locked/board') };
    write(ground.at('locked/file'), '');
    chownSync(ground.at('locked'), user, user);
    chmodSync(ground.at('locked'), 0o500);
    const found = faultsOf(await look(env));
    assert.match(
      found[0]?.what ?? '',
      /cannot be reached or made in \S+locked: this user may not write there/,
    );
    mendAll(found);
    assert.deepEqual(faultsOf(await look(env)), []);
  });
});

describe('what belongs to another user', () => {
  it('has one mend, without which no other works', async (t) => {
    const { look } = await openEstate(t);
    // Nobody but root makes a folder that belongs to somebody else, so one of root's is taken that is always there.
    const found = faultsOf(await look({ SIGNALBOX_DATA_DIR: '/usr' }));
    assert.deepEqual(
      found.map(({ mend }) => mend),
      [`sudo chown -R ${user} /usr`],
    );
  });
});

describe('what a user may not read of configuration', () => {
  it('is bad for that of Signalbox, which the command mends', async (t) => {
    const { ground, look, mendAll } = await openEstate(t);
    const path = ground.at('.config/signalbox/signalbox.yaml');
    write(path, 'agent: ada\n');
    chownSync(path, user, user);
    chmodSync(path, 0o200);
    const examined = await look();
    const [found] = of(examined, 'configuration');
    assert.deepEqual([found?.state, found?.mend], ['bad', `chmod u+r ${path}`]);
    mendAll(faultsOf(examined));
    assert.equal(of(await look(), 'configuration')[0]?.state, 'good');
  });

  it('is warned about for that of a client, which the command mends', async (t) => {
    const { ground, look, mendAll } = await openEstate(t);
    const path = ground.at('.claude.json');
    write(path, '{}');
    chownSync(path, user, user);
    chmodSync(path, 0o000);
    const found = of(await look(), 'clients');
    assert.equal(found[0]?.state, 'warn');
    mendAll(found);
    assert.equal(statSync(path).mode & 0o600, 0o600);
  });
});
