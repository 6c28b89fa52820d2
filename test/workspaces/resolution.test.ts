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
    await ground.run(['workspace', 'add', 'elsewhere']);
    for (const folder of ['shop', 'shop/src/deep', 'trees/fix']) {
      const shown = await ground.arrive(folder);
      assert.deepEqual([shown.workspace, shown.by], ['elsewhere', 'git config'], folder);
    }
  });

  it('is noted for all worktrees from whichever of them it is first needed', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('trees/fix'));
    assert.equal((await ground.arrive('trees/fix')).workspace, 'shop');
    assert.equal(ground.remembered('shop'), 'shop');
    const shown = await ground.show('shop');
    assert.deepEqual([shown.workspace, shown.by], ['shop', 'git config']);
    assert.match(shown.because, /notes it for this hub/);
  });

  it('moves with the folder', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    renameSync(ground.at('shop'), ground.at('moved'));
    assert.deepEqual(
      [(await ground.arrive('moved')).workspace, (await ground.arrive('moved')).by],
      ['shop', 'git config'],
    );
  });

  it('is that of the folder, whatever repository a hook of git speaks of', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('other');
    const env = { GIT_DIR: ground.at('other/.git'), GIT_WORK_TREE: ground.at('other') };
    assert.equal((await ground.arrive('shop', { env })).workspace, 'shop');
    assert.equal(ground.remembered('other'), undefined);
  });
});

describe('the name in the git config', () => {
  it('must be there when a person says it: calls and show refuse alike, and nothing is made', async (t) => {
    const ground = await openGround(t);
    ground.repository('web', origin);
    assert.equal((await ground.arrive('web')).workspace, 'shop');
    ground.git('web', 'config', 'signalbox.workspace', 'gone');
    for (const args of [['status'], ['task', 'add', 'Of nobody'], ['workspace', 'show'], ['verify']]) {
      const ended = await ground.run(args, { cwd: ground.at('web') });
      assert.equal(ended.status, 3, `${args.join(' ')}: ${ended.out}`);
      assert.match(ended.err, /signalbox\.workspace = "gone", and there is no workspace of that name/);
    }
    assert.doesNotMatch((await ground.run(['workspace', 'list'])).out, /gone/);
    ground.git('web', 'config', '--unset-all', 'signalbox.workspace');
    assert.equal((await ground.arrive('web')).workspace, 'shop', 'which is still noted');
  });

  it('is refused with the way out when it is no name', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    ground.git('shop', 'config', 'signalbox.workspace', 'no name');
    const ended = await ground.run(['task', 'list'], { cwd: ground.at('shop') });
    assert.equal(ended.status, 2);
    assert.match(ended.err, /signalbox\.workspace = "no name".*signalbox workspace use NAME/);
  });
});

describe('the workspace of a repository that remembers none', () => {
  it('is that of a clone of the same origin, however either is written', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const first = await ground.arrive('shop');
    assert.deepEqual([first.workspace, first.origin], ['shop', 'git.example/web/shop']);
    for (const [index, other] of [
      'git@git.example:web/shop.git',
      'ssh://git@git.example:22/web/shop',
      'https://ada:hunter2@GIT.example/web/shop/',
    ].entries()) {
      ground.clone('shop', `clone${index}`, other);
      const shown = await ground.show(`clone${index}`);
      assert.deepEqual([shown.workspace, shown.by], ['shop', 'repository'], other);
      assert.equal((await ground.arrive(`clone${index}`)).workspace, 'shop', other);
    }
    ground.git('', 'config', '--global', 'url.https://git.example/.insteadOf', 'ex:');
    ground.clone('shop', 'short', 'ex:web/shop');
    assert.equal((await ground.arrive('short')).workspace, 'shop', 'as git itself would fetch it');
    for (const file of readdirSync(ground.dataDir).filter((name) => name.startsWith('hub.journal')))
      assert(
        !readFileSync(join(ground.dataDir, file), 'latin1').includes('hunter2'),
        `${file} has the password`,
      );
  });

  it('is not that of a fork', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.clone('shop', 'fork', 'https://git.example/ada/shop.git');
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    assert.equal((await ground.arrive('fork')).workspace, 'shop-2');
  });

  it('is not that of another history under the same address', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('anew', origin);
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    assert.equal((await ground.arrive('anew')).workspace, 'shop-2');
  });

  it('is its own without an origin, and two of one name do not share it', async (t) => {
    const ground = await openGround(t);
    ground.repository('a/app');
    ground.repository('b/app');
    assert.equal((await ground.arrive('a/app')).workspace, 'app');
    assert.equal((await ground.arrive('b/app')).workspace, 'app-2');
    rmSync(ground.at('a/app/.git/config'));
    assert.equal((await ground.arrive('a/app')).workspace, 'app', 'it is found again at its place');
  });

  it('is that of the repository from which it was cloned on this machine', async (t) => {
    const ground = await openGround(t);
    ground.repository('app');
    ground.clone('app', 'copies/one');
    ground.clone('copies/one', 'copies/two');
    for (const folder of ['copies/two', 'app', 'copies/one'])
      assert.equal((await ground.arrive(folder)).workspace, 'app', folder);
    ground.repository('shop', origin);
    ground.clone('shop', 'copies/three');
    for (const folder of ['copies/three', 'shop'])
      assert.equal((await ground.arrive(folder)).workspace, 'shop', folder);
  });
});

describe('the first commit of a repository', () => {
  it('may be made after the workspace, which stays the same', async (t) => {
    const ground = await openGround(t);
    ground.git('early', 'init', '--quiet');
    ground.git('early', 'remote', 'add', 'origin', origin);
    const early = await ground.arrive('early');
    assert.deepEqual([early.workspace, early.root_commit], ['shop', undefined]);
    ground.git('early', 'commit', '--quiet', '--allow-empty', '-m', 'Begins');
    ground.clone('early', 'late', origin);
    const late = await ground.arrive('late');
    assert.equal(late.workspace, 'shop');
    assert.equal(late.root_commit, ground.git('late', 'rev-parse', 'HEAD'));
  });

  it('need not be there in a shallow clone, which finds the workspace without', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'commit', '--quiet', '--allow-empty', '-m', 'Goes on');
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    ground.git('', 'clone', '--quiet', '--depth', '1', `file://${ground.at('shop')}`, ground.at('shallow'));
    ground.git('shallow', 'remote', 'set-url', 'origin', origin);
    assert.equal(ground.git('shallow', 'rev-parse', '--is-shallow-repository'), 'true');
    assert.equal((await ground.arrive('shallow')).workspace, 'shop');
  });

  it('is the same on whatever branch, and after another history was merged in', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.repository('library');
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    ground.git('shop', 'fetch', '--quiet', ground.at('library'));
    ground.git('shop', 'merge', '--quiet', '--allow-unrelated-histories', '-m', 'Joins', 'FETCH_HEAD');
    ground.clone('shop', 'merged', origin);
    assert.equal((await ground.arrive('merged')).workspace, 'shop');
    ground.clone('shop', 'pages', origin);
    ground.git('pages', 'checkout', '--quiet', '--orphan', 'pages');
    ground.git('pages', 'commit', '--quiet', '--allow-empty', '-m', 'Another beginning');
    assert.equal((await ground.arrive('pages')).workspace, 'shop');
  });
});

describe('a new workspace of a repository', () => {
  it('is that of a bare repository and of its clones', async (t) => {
    const ground = await openGround(t);
    ground.git('server/app.git', 'init', '--quiet', '--bare');
    assert.equal((await ground.arrive('server/app.git')).workspace, 'app');
    ground.git('', 'clone', '--quiet', ground.at('server/app.git'), ground.at('work-on-it'));
    assert.equal((await ground.arrive('work-on-it')).workspace, 'app');
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
      assert.equal((await ground.arrive(folder)).workspace, name, folder);
    }
  });

  it('is made once by many who begin at the same time', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const shown = await Promise.all(Array.from({ length: 4 }, () => ground.arrive('shop')));
    assert.deepEqual(new Set(shown.map(({ workspace }) => workspace)), new Set(['shop']));
    const { out } = await ground.run(['workspace', 'list', '--json']);
    assert.doesNotMatch(out, /shop-2/);
  });

  it('is used although the git config cannot be written, with a warning', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    writeFileSync(ground.at('shop/.git/config.lock'), '');
    for (let times = 0; times < 2; times += 1) {
      const ended = await ground.run(['status', '--json'], { cwd: ground.at('shop') });
      assert.match(ended.out, /"workspace":"shop"/);
      assert.match(ended.err, /cannot be written to the git config/);
    }
  });
});

describe('the workspace outside of repositories', () => {
  it('is main', async (t) => {
    const ground = await openGround(t);
    const shown = await ground.arrive('work');
    assert.deepEqual([shown.workspace, shown.by], ['main', 'default']);
  });

  it('is main where there is no git, with a warning inside a repository', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    const bin = mkdtempSync(join(tmpdir(), 'signalbox-bin-'));
    t.after(() => rmSync(bin, { recursive: true }));
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { PATH: bin };
    for (const [folder, warnings] of [
      ['work', 0],
      ['shop', 1],
    ] as const) {
      const said = async (args: readonly string[]) => {
        const ended = await ground.run([...args, '--json'], { cwd: ground.at(folder), env });
        assert.match(ended.out, /"workspace":"main"/);
        return [ended.out, ended.err].map((text) => text.split('there is no program git').length - 1);
      };
      assert.deepEqual(await said(['status']), [0, warnings], folder);
      assert.deepEqual(await said(['workspace', 'show']), [warnings, 0], 'with the reason, and only there');
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

  it('is not main where the repository of a worktree was moved, but a refusal with the mend', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop', origin);
    ground.git('shop', 'worktree', 'add', '--quiet', ground.at('tree'));
    renameSync(ground.at('shop'), ground.at('moved'));
    mkdirSync(ground.at('tree/src'));
    for (const args of [
      ['task', 'list'],
      ['workspace', 'show'],
      ['workspace', 'use', 'main'],
    ]) {
      const ended = await ground.run(args, { cwd: ground.at('tree/src') });
      assert.equal(ended.status, 4, args.join(' '));
      assert.match(
        ended.err,
        /tree\/\.git leads to \S+shop\/\.git\/worktrees\/tree, and no repository is there/,
      );
    }
    const { err } = await ground.run(['task', 'list'], { cwd: ground.at('tree') });
    const [, ...mend] = /(git) (worktree) (repair) (\S+)/.exec(err)?.slice(1) ?? [];
    ground.git('moved', ...mend);
    assert.equal((await ground.arrive('tree')).workspace, 'shop');
  });
});
