/* A command that is run with secrets in its environment: it gets them, and nothing else has them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { type TestContext, describe, it } from 'node:test';
import { main } from '../host/processes.ts';
import { type Ended, type Place, type RunOptions, openPlace } from '../cli/program.ts';

const node = process.execPath;

interface Bench extends Place {
  readonly write: (path: string, text: string, mode?: number) => string;
  /** Runs a command with env files in its environment. */
  readonly exec: (
    files: readonly string[],
    command: readonly string[],
    options?: RunOptions,
  ) => Promise<Ended>;
}

const openBench = async (context: TestContext): Promise<Bench> => {
  const place = await openPlace(context);
  return {
    ...place,
    write: (path, text, mode = 0o600) => {
      const whole = join(place.cwd, path);
      mkdirSync(join(whole, '..'), { recursive: true });
      writeFileSync(whole, text);
      chmodSync(whole, mode);
      return whole;
    },
    exec: (files, command, options) =>
      place.run(['exec', ...files.flatMap((file) => ['--env-file', file]), '--', ...command], options),
  };
};

/** A command that says the variables of these names. */
const showing = (...names: readonly string[]): readonly string[] => [
  node,
  '-e',
  `process.stdout.write(JSON.stringify([${names.map((name) => `process.env.${name} ?? null`).join()}]))`,
];

/** A program called op that answers for one reference, and notes how it was called. */
const withFakeOp = ({ write, cwd }: Bench, script: string): Readonly<Record<string, string>> => {
  write('bin/op', `#!/bin/sh\n${script}\n`, 0o700);
  return { PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}` };
};

/** Every file below a folder that holds a text. */
const holding = (folder: string, text: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));

describe('signalbox exec', () => {
  it('resolves every kind of reference into the environment of the command', async (t) => {
    const bench = await openBench(t);
    const env = { ...withFakeOp(bench, 'printf "%s|" "$@"'), OUTER: 'from outside' };
    bench.write('keys/one', 'from a file\n\n');
    bench.write(
      'agent.env',
      [
        'TEXT=as it is',
        'ENVIRONMENT=${OUTER}',
        'FILE=file:keys/one',
        "COMMAND=cmd:printf 'from a command\\r\\n'",
        'ONE_PASSWORD="op://vault/my item/field"',
        "LITERAL='file:./dev.db'",
        'OUTER=overwritten',
      ].join('\n'),
    );
    const names = ['TEXT', 'ENVIRONMENT', 'FILE', 'COMMAND', 'ONE_PASSWORD', 'LITERAL', 'OUTER'];
    const { status, out, err } = await bench.exec(['agent.env'], showing(...names), { env });
    assert.deepEqual([status, err], [0, '']);
    assert.deepEqual(JSON.parse(out), [
      'as it is',
      'from outside',
      'from a file\n',
      'from a command',
      'read|op://vault/my item/field|',
      'file:./dev.db',
      'overwritten',
    ]);
  });

  it('lets later files win, and does not look up what they replace', async (t) => {
    const bench = await openBench(t);
    bench.write('one.env', 'A=cmd:touch was-run\nB=1\n');
    bench.write('two.env', 'A=2\nA=3\n');
    const { status, out } = await bench.exec(['one.env', 'two.env'], showing('A', 'B'));
    assert.deepEqual([status, out], [0, '["3","1"]']);
    assert(!readdirSync(bench.cwd).includes('was-run'));
  });

  it('passes on stdin, which no reference reads from, and the exit code', async (t) => {
    const bench = await openBench(t);
    bench.write('a.env', 'A=cmd:cat; echo x\n');
    const script = `process.stdin.pipe(process.stdout).on('close', () => {}); process.exitCode = process.env.A === 'x' ? 7 : 1`;
    const ended = await bench.exec(['a.env'], [node, '-e', script], { stdin: 'for the command' });
    assert.deepEqual([ended.status, ended.out, ended.err], [7, 'for the command', '']);
    const missing = await bench.exec(['a.env'], ['no-such-command']);
    assert.equal(missing.status, 127);
    assert.match(missing.err, /could not be started/);
  });
});

describe('signals to signalbox exec', () => {
  it('reach the command, or what is being looked up before', async (t) => {
    const bench = await openBench(t);
    bench.write('a.env', 'A=x\n');
    const script = `process.on('SIGINT', () => process.exit(5));setInterval(() => {}, 1000);process.stdout.write('there')`;
    const handled = bench.start(['exec', '--env-file', 'a.env', '--', node, '-e', script]);
    await handled.says('there');
    handled.kill('SIGINT');
    assert.equal((await handled.ended).status, 5);
    // What it says on stdout would be the secret.
    const pipe = join(bench.cwd, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    bench.write('slow.env', 'A=cmd:echo there > pipe; exec sleep 1000\n');
    const slow = bench.start(['exec', '--env-file', 'slow.env', '--', ...showing('A')]);
    assert.equal(await readFile(pipe, 'utf8'), 'there\n');
    slow.kill('SIGTERM');
    const { status, out, err } = await slow.ended;
    assert.deepEqual([status, out, err], [143, '', '']);
  });
});

describe('a reference that cannot be resolved', () => {
  it('is refused with its file, line and variable, and what mends it; nothing is run', async (t) => {
    const bench = await openBench(t);
    const loose = bench.write('loose', 'hunter2\n', 0o640);
    bench.write('empty', '\n');
    bench.write('binary', 'hunter2\0');
    bench.write('long', 'hunter2'.repeat(10_000));
    const failing = 'cmd:X=hunter2 y && echo hunter2; exit 3';
    for (const [value, status, words] of [
      ['${NOT_THERE}', 3, /the environment has no NOT_THERE/],
      ['${EMPTY}', 3, /the environment has no EMPTY/],
      ['x${HOME}', 2, /a reference such as \$\{NAME\} is the whole value/],
      ['file:nowhere', 3, /there is no file \S+\/nowhere\. If the value is meant as it stands/],
      ['file:.', 2, /is not a file/],
      ['file:loose', 5, new RegExp(`\\(mode 0640\\)\\. Run chmod go= ${loose}\\.$`, 'm')],
      ['file:empty', 2, /is empty/],
      ['file:binary', 2, /is not text in UTF-8/],
      ['file:long', 2, /has more than 65536 bytes/],
      ['cmd:true', 2, /what true says is empty/],
      ['cmd:yes hunter2', 2, /what yes says has more than 65536 bytes/],
      [failing, 4, /the command ended with exit code 3/],
      ['cmd:./fails hunter2', 4, /\.\/fails ended with exit code 127/],
      ['op://a/b/c', 3, /there is no program op on the PATH\. It is the command line of 1Password/],
    ] as const) {
      bench.write('a.env', `# first\nA_B=${value}\n`);
      const env = { EMPTY: '', PATH: '/usr/bin:/bin' };
      const ended = await bench.exec(['a.env'], [node, '-e', 'process.stdout.write("run")'], { env });
      assert.deepEqual([ended.status, ended.out], [status, ''], `${value}\n${ended.err}`);
      const said = ended.err.slice(ended.err.indexOf('signalbox: '));
      assert.match(said, words);
      assert(said.startsWith(`signalbox: ${join(bench.cwd, 'a.env')}:2: A_B: `), said);
      assert.doesNotMatch(said, /hunter2/);
    }
  });

  it('may be one that op refuses, whose words a person sees and whose output nobody does', async (t) => {
    const bench = await openBench(t);
    const env = withFakeOp(bench, 'echo not signed in >&2; echo hunter2; exit 6');
    bench.write('a.env', 'A=op://a/b/c\n');
    const { status, out, err } = await bench.exec(['a.env'], showing('A'), { env });
    assert.deepEqual([status, out], [4, '']);
    assert.match(err, /^not signed in\nsignalbox: .*:1: A: op ended with exit code 6\./);
    assert.doesNotMatch(err, /hunter2/);
  });

  it('is not looked for in a file that is not there, or cannot be read as one', async (t) => {
    const bench = await openBench(t);
    bench.write('bad.env', 'A=1\nhunter2\n');
    for (const [args, words] of [
      [['--env-file', 'no.env', '--', 'true'], /There is no env file \S+\/no\.env\./],
      [['--env-file', 'bad.env', '--', 'true'], /bad\.env:2: a line such as NAME=value was expected/],
      [['--env-file', '.', '--', 'true'], /cannot be read \(EISDIR\)/],
      [['--', 'true'], /Say with --env-file where/],
      [['--env-file', 'bad.env'], /Say behind -- what to run/],
    ] as const) {
      const { status, err } = await bench.run(['exec', ...args]);
      assert([2, 3, 5].includes(status ?? 0), err);
      assert.match(err, words);
      assert.doesNotMatch(err, /hunter2/);
    }
  });
});

describe('a secret', () => {
  it('is in the environment of the command alone: in no file, on no command line, in nothing that is said', async (t) => {
    const bench = await openBench(t);
    // Put together by what is run, so that not even the files that name them hold them.
    const secrets = ['from-op-8f2c', 'from-cmd-77aa'];
    const env = withFakeOp(bench, 'printf from-op; printf -- -8f2c');
    bench.write('a.env', 'A=op://vault/item/field\nB=cmd:printf from-cmd; printf -- -77aa\n');
    await bench.start(['serve', '--port', '0']).says('Ctrl-C');
    // The command works with the hub, and looks at all command lines there are and at its parent's environment.
    const script = `
      const { execFileSync } = require('node:child_process');
      const { readFileSync } = require('node:fs');
      if (process.env.A !== '${secrets[0]?.replace('-', "' + '-' + '")}') throw new Error('no secret');
      execFileSync(process.execPath, ['${main}', 'task', 'add', 'One', '--debug'], { stdio: 'ignore' });
      process.stdout.write(execFileSync('ps', ['-eo', 'args']));
      process.stdout.write(readFileSync('/proc/' + process.ppid + '/environ'));`;
    const { status, out, err } = await bench.exec(['a.env'], [node, '-e', script], { env });
    assert.equal(status, 0, err);
    assert.match(out, /op:|signalbox|exec/);
    for (const secret of secrets) {
      assert(!`${out}${err}`.includes(secret), secret);
      assert.deepEqual(holding(bench.home, secret), [], 'the home has the data directory and the cache');
    }
    assert.notDeepEqual(holding(bench.home, 'op://vault'), [], 'what is looked for would be found');
  });
});
