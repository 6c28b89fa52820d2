import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { root } from './tree.ts';

/** Shows which program ran which arguments, each in brackets, and in which directory. */
const fakeNode = (name: string, version: string): string =>
  `#!/bin/sh\n[ "$1" = -v ] && echo ${version} && exit\nprintf '${name}'; printf ' [%s]' "$@"; printf ' in %s' "$(pwd)"\n`;

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
};

interface Answer {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** What Node is told to run, and how. */
const entry = '[--max-semi-space-size=16] [--] [<checkout>/src/host/main.ts]';

/** A checkout with nothing in it but the launcher, in a path with spaces, and a PATH without any Node. */
class Checkout {
  readonly folder: string;
  readonly launcher: string;
  readonly path: string;

  constructor(t: TestContext) {
    const box = mkdtempSync(join(realpathSync(tmpdir()), 'signalbox launcher '));
    t.after(() => rmSync(box, { recursive: true }));
    this.folder = join(box, 'my checkout');
    this.launcher = join(this.folder, 'bin/signalbox');
    this.path = join(box, 'path');
    mkdirSync(join(this.folder, 'bin'), { recursive: true });
    copyFileSync(join(root, 'bin/signalbox'), this.launcher);
    mkdirSync(this.path);
    for (const program of ['dirname', 'readlink']) {
      const found = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
      symlinkSync(found, join(this.path, program));
    }
  }

  /** Puts a Node of that version on the PATH. */
  offer(version: string): void {
    write(join(this.path, 'node'), fakeNode('machine', version));
  }

  /** Puts a Node into node_modules, as npm does. */
  bring(platform: string, program: string): void {
    write(join(this.folder, `node_modules/node-${platform}/bin/node`), program);
  }

  run(args: readonly string[], launcher = this.launcher, env: NodeJS.ProcessEnv = {}): Answer {
    const { status, stdout, stderr } = spawnSync(launcher, args, {
      cwd: dirname(this.folder),
      env: { ...env, PATH: this.path },
      encoding: 'utf8',
    });
    return { status, out: stdout.replaceAll(this.folder, '<checkout>'), err: stderr };
  }
}

/** What is said and done without a fitting Node: one line, and failure. */
const refuses = (answer: Answer, reason: RegExp): void => {
  assert.equal(answer.status, 1);
  assert.equal(answer.out, '');
  assert.match(answer.err, /^signalbox: Node 24 or newer is needed, but [^\n]*: run "npm ci" in [^\n]*\.\n$/);
  assert.match(answer.err, reason);
};

test('the Node that npm brought is used whatever is on the PATH, and every argument arrives whole', (t) => {
  const checkout = new Checkout(t);
  checkout.offer('v20.1.0');
  checkout.bring('linux-x64', fakeNode('brought', 'v24.21.0'));
  const { status, out, err } = checkout.run(['start', '--name', 'two words', '']);
  assert.equal(err, '');
  assert.equal(status, 0);
  const cwd = dirname(checkout.folder);
  assert.equal(out, `brought ${entry} [start] [--name] [two words] [] in ${cwd}`);
});

test('the one for this kind of machine is used without being asked for its version', (t) => {
  const checkout = new Checkout(t);
  checkout.bring('linux-x64', '#!/bin/sh\n[ "$1" = -v ] && exit 1\nprintf started');
  // What every Linux of this kind has is there to be found.
  write(join(checkout.path, 'uname'), '#!/bin/sh\necho Linux x86_64');
  assert.equal(existsSync('/lib64/ld-linux-x86-64.so.2'), process.arch === 'x64');
  const { out, err } = checkout.run(['serve']);
  if (process.arch === 'x64') assert.equal(out, 'started');
  else assert.match(err, /Node 24 or newer is needed/);
});

test('a binary that does not run here is passed over', (t) => {
  const checkout = new Checkout(t);
  checkout.bring('linux-x64', 'not a program');
  checkout.bring('linux-arm64', fakeNode('arm', 'v24.21.0'));
  assert(checkout.run([]).out.startsWith(`arm ${entry}`));
});

test('without one from npm, the Node on the PATH is used when it is new enough', (t) => {
  const checkout = new Checkout(t);
  for (const version of ['v24.0.0', 'v26.10.0', 'v100.0.0-nightly']) {
    checkout.offer(version);
    assert.match(
      checkout.run(['status']).out,
      /^machine \[--max-semi-space-size=16\] \[--\] \[<checkout>\/src\/host\/main\.ts\] \[status\]/,
      version,
    );
  }
});

test('a hub has its code on large pages, for which no short command waits', (t) => {
  const checkout = new Checkout(t);
  checkout.offer('v24.0.0');
  const large =
    '[--max-semi-space-size=16] [--use-largepages=silent] [--] [<checkout>/src/host/main.ts] [serve]';
  assert(checkout.run(['serve', '--port', '0']).out.startsWith(`machine ${large}`));
  assert(!checkout.run(['status', 'serve']).out.includes('largepages'));
});

test('an older Node is refused in one sentence', (t) => {
  const checkout = new Checkout(t);
  checkout.offer('v20.20.2');
  refuses(checkout.run(['serve']), /but only v20\.20\.2 was found:/);
  checkout.offer('what?');
  refuses(checkout.run(['serve']), /but only what\? was found:/);
});

test('no Node at all is refused in the same sentence', (t) => {
  refuses(new Checkout(t).run(['serve']), /but none was found:/);
});

test('symbolic links lead to the checkout, relative and absolute, one behind the other', (t) => {
  const checkout = new Checkout(t);
  checkout.offer('v24.21.0');
  mkdirSync(join(checkout.folder, 'elsewhere'));
  const near = join(checkout.folder, 'elsewhere/near');
  symlinkSync('../bin/signalbox', near);
  symlinkSync(near, join(checkout.path, 'far'));
  assert(checkout.run([], near).out.startsWith(`machine ${entry}`));
  assert(checkout.run([], join(checkout.path, 'far')).out.startsWith(`machine ${entry}`));
});

test('what is compiled is kept in the cache of the user, unless another place is named', (t) => {
  const checkout = new Checkout(t);
  write(
    join(checkout.path, 'node'),
    '#!/bin/sh\n[ "$1" = -v ] && echo v24.21.0 && exit\nprintf %s "$NODE_COMPILE_CACHE"\n',
  );
  const cacheWith = (env: NodeJS.ProcessEnv): string => checkout.run([], checkout.launcher, env).out;
  const ofHome = '/home/ada/.cache/signalbox/compiled';
  assert.equal(cacheWith({ HOME: '/home/ada' }), ofHome);
  assert.equal(cacheWith({ HOME: '/home/ada', XDG_CACHE_HOME: '/caches' }), '/caches/signalbox/compiled');
  assert.equal(cacheWith({ HOME: '/home/ada', XDG_CACHE_HOME: 'caches' }), ofHome, 'a relative one is none');
  assert.equal(cacheWith({ HOME: '/home/ada', NODE_COMPILE_CACHE: '/mine' }), '/mine');
});

test('a real Node runs the TypeScript of the checkout, and its exit code is passed on', (t) => {
  const checkout = new Checkout(t);
  write(join(checkout.folder, 'package.json'), '{ "type": "module" }');
  write(
    join(checkout.folder, 'src/host/main.ts'),
    'const words: readonly string[] = process.argv.slice(2);\nconsole.log(words.join("+"));\nprocess.exitCode = 7;',
  );
  symlinkSync(process.execPath, join(checkout.path, 'node'));
  assert.deepEqual(checkout.run(['a b', 'c']), { status: 7, out: 'a b+c\n', err: '' });
});
