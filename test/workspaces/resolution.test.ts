import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openGround } from './repositories.ts';

const origin = 'https://git.example/web/shop.git';

describe('the workspace that is named', () => {
  it('is that of the flag, before environment and git config, and nothing is noted', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    for (const name of ['one', 'two']) await ground.run(['workspace', 'add', name]);
    const options = { env: { SIGNALBOX_WORKSPACE: 'two' } };
    const shown = await ground.show('shop', ['--workspace', 'one'], options);
    assert.deepEqual([shown.workspace, shown.by], ['one', 'flag']);
    assert.equal(ground.remembered('shop'), undefined);
  });

  it('is that of the environment, before the git config, and nothing is noted', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    await ground.run(['workspace', 'add', 'one']);
    ground.git('shop', 'config', 'signalbox.workspace', 'other');
    const shown = await ground.show('shop', [], { env: { SIGNALBOX_WORKSPACE: 'one' } });
    assert.deepEqual([shown.workspace, shown.by], ['one', 'environment']);
    assert.equal(ground.remembered('shop'), 'other');
  });

  it('is that of the project’s file, before the git config', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    await ground.run(['workspace', 'add', 'one']);
    ground.git('shop', 'config', 'signalbox.workspace', 'other');
    writeFileSync(ground.at('shop/signalbox.yaml'), '# ours\nworkspace: one\n');
    mkdirSync(ground.at('shop/src'));
    const shown = await ground.show('shop/src');
    assert.deepEqual([shown.workspace, shown.by], ['one', 'file']);
    assert.match(shown.because, /line 2 of \S+shop\/signalbox\.yaml/);
  });

  it('must be there, unless it is main', async (t) => {
    const ground = await openGround(t);
    await ground.run(['workspace', 'add', 'shopping']);
    const ended = await ground.run(['task', 'list', '--workspace', 'shoping']);
    assert.equal(ended.status, 3);
    assert.match(ended.err, /There is no workspace "shoping"\. Did you mean "shopping"\?/);
    assert.equal((await ground.run(['task', 'list', '--workspace', 'main'])).status, 0);
    const { out } = await ground.run(['workspace', 'list', '--json']);
    assert.doesNotMatch(out, /"shoping"/);
  });
});

describe('the workspace in the git config', () => {
  it('is that of the whole repository: its folders and its linked worktrees', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    mkdirSync(ground.at('shop/src/deep'), { recursive: true });
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('trees/fix'));
    // Worktrees may have settings of their own; this one is not among them.
    ground.git('shop', 'config', 'extensions.worktreeConfig', 'true');
    ground.git('shop', 'config', 'signalbox.workspace', 'elsewhere');
    for (const folder of ['shop', 'shop/src/deep', 'trees/fix']) {
      const shown = await ground.show(folder);
      assert.deepEqual([shown.workspace, shown.by], ['elsewhere', 'git config'], folder);
    }
  });

  it('is noted for all worktrees from whichever of them it is first needed', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('trees/fix'));
    const first = await ground.show('trees/fix');
    assert.deepEqual([first.workspace, first.by], ['shop', 'repository']);
    const second = await ground.show('shop');
    assert.deepEqual([second.workspace, second.by], ['shop', 'git config']);
  });

  it('moves with the folder', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    assert.equal((await ground.show('shop')).workspace, 'shop');
    renameSync(ground.at('shop'), ground.at('moved'));
    assert.deepEqual(
      [(await ground.show('moved')).workspace, (await ground.show('moved')).by],
      ['shop', 'git config'],
    );
  });

  it('is made for the repository when these data do not have it', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.clone('shop', 'again', origin);
    ground.git('shop', 'config', 'signalbox.workspace', 'ours');
    assert.equal((await ground.show('shop')).workspace, 'ours');
    assert.equal((await ground.show('again')).workspace, 'ours', 'the clone finds it by its origin');
  });

  it('is refused with the way out when it is no name', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    ground.git('shop', 'config', 'signalbox.workspace', 'no name');
    const ended = await ground.run(['task', 'list'], { cwd: ground.at('shop') });
    assert.equal(ended.status, 2);
    assert.match(ended.err, /signalbox\.workspace = "no name".*signalbox workspace use NAME/);
  });

  it('is that of the folder, whatever repository a hook of git speaks of', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('other');
    const env = { GIT_DIR: ground.at('other/.git'), GIT_WORK_TREE: ground.at('other') };
    assert.equal((await ground.show('shop', [], { env })).workspace, 'shop');
    assert.equal(ground.remembered('other'), undefined);
  });
});

describe('the workspace of a repository that remembers none', () => {
  it('is that of a clone of the same origin, however either is written', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const first = await ground.show('shop');
    assert.deepEqual([first.workspace, first.origin], ['shop', 'git.example/web/shop']);
    for (const [index, other] of [
      'git@git.example:web/shop.git',
      'ssh://git@git.example:22/web/shop',
      'https://ada:secret@GIT.example/web/shop/',
    ].entries()) {
      ground.clone('shop', `clone${index}`, other);
      const shown = await ground.show(`clone${index}`);
      assert.deepEqual([shown.workspace, shown.by], ['shop', 'repository'], other);
    }
    ground.git('', 'config', '--global', 'url.https://git.example/.insteadOf', 'ex:');
    ground.clone('shop', 'short', 'ex:web/shop');
    assert.equal((await ground.show('short')).workspace, 'shop', 'as git itself would fetch it');
    for (const file of readdirSync(ground.dataDir).filter((name) => name.startsWith('hub.journal')))
      assert(
        !readFileSync(join(ground.dataDir, file), 'latin1').includes('secret'),
        `${file} has the password`,
      );
  });

  it('is not that of a fork', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.clone('shop', 'fork', 'https://git.example/ada/shop.git');
    assert.equal((await ground.show('shop')).workspace, 'shop');
    assert.equal((await ground.show('fork')).workspace, 'shop-2');
  });

  it('is not that of another history under the same address', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('anew', origin);
    assert.equal((await ground.show('shop')).workspace, 'shop');
    assert.equal((await ground.show('anew')).workspace, 'shop-2');
  });

  it('is its own without an origin, and two of one name do not share it', async (t) => {
    const ground = await openGround(t);
    ground.repository('a/app');
    ground.repository('b/app');
    assert.equal((await ground.show('a/app')).workspace, 'app');
    assert.equal((await ground.show('b/app')).workspace, 'app-2');
    ground.git('a/app', 'config', '--unset', 'signalbox.workspace');
    assert.equal((await ground.show('a/app')).workspace, 'app', 'it is found again at its place');
  });

  it('is that of the repository from which it was cloned on this machine', async (t) => {
    const ground = await openGround(t);
    ground.repository('app');
    ground.clone('app', 'copies/one');
    ground.clone('copies/one', 'copies/two');
    for (const folder of ['copies/two', 'app', 'copies/one'])
      assert.equal((await ground.show(folder)).workspace, 'app', folder);
    ground.repository('shop', origin);
    ground.clone('shop', 'copies/three');
    for (const folder of ['copies/three', 'shop'])
      assert.equal((await ground.show(folder)).workspace, 'shop', folder);
  });
});

describe('the first commit of a repository', () => {
  it('may be made after the workspace, which stays the same', async (t) => {
    const ground = await openGround(t);
    ground.git('early', 'init', '--quiet');
    ground.git('early', 'remote', 'add', 'origin', origin);
    const early = await ground.show('early');
    assert.deepEqual([early.workspace, early.root_commit], ['shop', undefined]);
    ground.git('early', 'commit', '--quiet', '--allow-empty', '-m', 'Begins');
    ground.clone('early', 'late', origin);
    const late = await ground.show('late');
    assert.equal(late.workspace, 'shop');
    assert.equal(late.root_commit, ground.git('late', 'rev-parse', 'HEAD'));
  });

  it('need not be there in a shallow clone, which finds the workspace without', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'commit', '--quiet', '--allow-empty', '-m', 'Goes on');
    assert.equal((await ground.show('shop')).workspace, 'shop');
    ground.git('', 'clone', '--quiet', '--depth', '1', `file://${ground.at('shop')}`, ground.at('shallow'));
    ground.git('shallow', 'remote', 'set-url', 'origin', origin);
    assert.equal(ground.git('shallow', 'rev-parse', '--is-shallow-repository'), 'true');
    assert.equal((await ground.show('shallow')).workspace, 'shop');
  });

  it('is the same on whatever branch, and after another history was merged in', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('library');
    assert.equal((await ground.show('shop')).workspace, 'shop');
    ground.git('shop', 'fetch', '--quiet', ground.at('library'));
    ground.git('shop', 'merge', '--quiet', '--allow-unrelated-histories', '-m', 'Joins', 'FETCH_HEAD');
    ground.clone('shop', 'merged', origin);
    assert.equal((await ground.show('merged')).workspace, 'shop');
    ground.clone('shop', 'pages', origin);
    ground.git('pages', 'checkout', '--quiet', '--orphan', 'pages');
    ground.git('pages', 'commit', '--quiet', '--allow-empty', '-m', 'Another beginning');
    assert.equal((await ground.show('pages')).workspace, 'shop');
  });
});

describe('a new workspace of a repository', () => {
  it('is that of a bare repository and of its clones', async (t) => {
    const ground = await openGround(t);
    ground.git('server/app.git', 'init', '--quiet', '--bare');
    assert.equal((await ground.show('server/app.git')).workspace, 'app');
    ground.git('', 'clone', '--quiet', ground.at('server/app.git'), ground.at('work-on-it'));
    assert.equal((await ground.show('work-on-it')).workspace, 'app');
  });

  it('is named after what can be a name', async (t) => {
    const ground = await openGround(t);
    for (const [folder, name] of [
      ['Ärger & Söhne', 'Arger-Sohne'],
      ['日本', 'repository'],
      ['.hidden', 'hidden'],
      ['a..b.', 'a.b'],
      ['hub', 'hub-2'],
      ['main', 'main-2'],
    ] as const) {
      ground.repository(folder);
      assert.equal((await ground.show(folder)).workspace, name, folder);
    }
  });

  it('is made once by many who begin at the same time', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const shown = await Promise.all(Array.from({ length: 4 }, () => ground.show('shop')));
    assert.deepEqual(new Set(shown.map(({ workspace }) => workspace)), new Set(['shop']));
    const { out } = await ground.run(['workspace', 'list', '--json']);
    assert.doesNotMatch(out, /shop-2/);
  });

  it('is used although the git config cannot be written, with a warning', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    writeFileSync(ground.at('shop/.git/config.lock'), '');
    for (let times = 0; times < 2; times += 1) {
      const ended = await ground.run(['workspace', 'show', '--json'], { cwd: ground.at('shop') });
      assert.match(ended.out, /"workspace":"shop"/);
      assert.match(ended.err, /cannot be written to the git config/);
    }
  });
});

describe('the workspace outside of repositories', () => {
  it('is main', async (t) => {
    const ground = await openGround(t);
    const shown = await ground.show('work');
    assert.deepEqual([shown.workspace, shown.by], ['main', 'default']);
  });

  it('is main where there is no git, with a warning inside a repository', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const bin = mkdtempSync(join(tmpdir(), 'signalbox-bin-'));
    t.after(() => rmSync(bin, { recursive: true }));
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { PATH: bin };
    for (const [folder, warning] of [
      ['work', /^$/],
      ['shop', /there is no program git/],
    ] as const) {
      const ended = await ground.run(['workspace', 'show', '--json'], { cwd: ground.at(folder), env });
      assert.match(ended.out, /"workspace":"main"/);
      assert.match(ended.err, warning);
    }
  });

  it('is not main where git refuses to say, but a refusal with git’s own advice', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
    const ended = await ground.run(['task', 'list'], { cwd: ground.at('shop'), env });
    assert.equal(ended.status, 4);
    assert.match(ended.err, /dubious ownership.*safe\.directory.*--workspace/s);
    writeFileSync(ground.at('shop/.git/config'), '[core\n');
    const broken = await ground.run(['task', 'list'], { cwd: ground.at('shop') });
    assert.equal(broken.status, 4);
    assert.match(broken.err, /bad config line 1/);
  });
});
