/* Completion in the shells themselves: each is started on a terminal, somebody types, and presses the key. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { type Shell, shells } from '../../src/surfaces/cli/completion-scripts.ts';
import { main, swift } from '../host/processes.ts';
import { type Place, envIn, openPlace } from './program.ts';
import { tellHere } from './told-here.ts';

const environment = ({ home, cwd }: Place): NodeJS.ProcessEnv => ({
  ...envIn(home),
  PATH: `${cwd}:${process.env['PATH'] ?? ''}`,
  TERM: 'dumb',
  // Where the program leaves what it was called with.
  RAN: join(cwd, 'ran'),
});

/** A `signalbox` on the PATH that completes as the program does, and only takes down what it is called with otherwise. */
const putProgram = ({ cwd }: Place): void => {
  const script = `#!/bin/sh
if [ "$1" = __complete ]; then exec '${process.execPath}' ${swift.join(' ')} '${main}' "$@"; fi
for word in "$@"; do printf '[%s]' "$word"; done >> "$RAN"
echo >> "$RAN"
`;
  writeFileSync(join(cwd, 'signalbox'), script, { mode: 0o755 });
};

const opening: Readonly<Record<Shell, readonly [string, string]>> = {
  bash: ['bash --norc --noprofile -i', 'source script'],
  zsh: ['zsh -f -i', 'autoload -U compinit; compinit -D -u; source ./script'],
  fish: ['fish --no-config -i', 'source script'],
};

/** What the program was called with, after these keys were typed into a shell. */
const typedInto = async (
  shell: Shell,
  place: Place,
  lines: readonly string[],
): Promise<readonly string[]> => {
  const [program, first] = opening[shell];
  const child = spawn('script', ['-qec', program, '/dev/null'], {
    cwd: place.cwd,
    env: environment(place),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  const seen = text(child.stdout);
  child.stdin.end([first, ...lines, 'exit', ''].join('\n'));
  await closed;
  const ran = join(place.cwd, 'ran');
  assert(existsSync(ran), await seen);
  return readFileSync(ran, 'utf8').trimEnd().split('\n');
};

/** A board with two tasks and an agent, and the shell's script beside it. */
const openBoard = async (place: Place, shell: Shell): Promise<void> => {
  putProgram(place);
  const script = await place.run(['completion', shell]);
  writeFileSync(join(place.cwd, 'script'), script.out);
  await tellHere(place.dataDir, [
    { operation: 'task_add', input: { title: 'One', slug: 'one', project: 'shop' } },
    { operation: 'task_add', input: { title: 'Two' } },
    { operation: 'start', input: {}, agent: 'ada' },
  ]);
};

/** What is typed, and what the program is then called with. */
const completed: readonly (readonly [typed: string, called: string])[] = [
  ['signalbox ta\tcl\tsh\t', '[task][claim][shop/one]'],
  ['signalbox task list --status blo\t --rea\t', '[task][list][--status][blocked][--ready]'],
  ['signalbox task list --status=d\t', '[task][list][--status=done]'],
  ['signalbox task add x --depends-on T-\t', '[task][add][x][--depends-on][T-2]'],
  ['signalbox start --agent a\t', '[start][--agent][ada]'],
  ['signalbox serve --data-dir a-fi\t', '[serve][--data-dir][a-file-of-mine]'],
  ['signalbox help mo\tse\t', '[help][mode][set]'],
  ['signalbox task nonsense \t--nonsense\t x', '[task][nonsense][--nonsense][x]'],
];

describe('completion', () => {
  for (const shell of shells) {
    it(`in ${shell} knows commands, flags, choices, ids and files`, async (t) => {
      const place = await openPlace(t);
      await openBoard(place, shell);
      writeFileSync(join(place.cwd, 'a-file-of-mine'), '');
      const ran = await typedInto(
        shell,
        place,
        completed.map(([typed]) => typed),
      );
      assert.deepEqual(
        ran,
        completed.map(([, called]) => called),
      );
    });
  }

  it('offers to claim only what can be claimed', async (t) => {
    const place = await openPlace(t);
    await tellHere(place.dataDir, [
      { operation: 'start', input: {}, agent: 'ada' },
      { operation: 'task_add', input: { tasks: ['Taken', 'Free', 'Done'].map((title) => ({ title })) } },
      { operation: 'task_claim', input: { id: 'T-1' }, agent: 'ada' },
      { operation: 'task_done', input: { id: 'T-3' }, agent: 'ada' },
    ]);
    const offered = async (verb: string): Promise<string> =>
      (await place.run(['__complete', 'bash', 'task', verb, ''])).out;
    assert.equal(await offered('claim'), 'T-2\n');
    assert.equal(await offered('get'), 'T-1\nT-2\nT-3\n');
  });

  it('says nothing, and makes nothing, where there is nothing to complete', async (t) => {
    const place = await openPlace(t);
    for (const words of [
      ['task', 'get', ''],
      ['task', 'get', 'T-1', 'x'],
      ['nope', ''],
      ['--url', 'x', 'task', 'get', ''],
    ]) {
      assert.deepEqual(await place.run(['__complete', 'bash', ...words]), {
        status: 0,
        signal: null,
        out: '',
        err: '',
      });
    }
    assert(!existsSync(place.dataDir));
    assert.equal((await place.run(['__complete', 'tcsh', ''])).out, '');
    assert.equal((await place.run(['completion', 'tcsh'])).status, 2);
  });

  it('shows what others wrote without what could move a terminal', async (t) => {
    const place = await openPlace(t);
    await tellHere(place.dataDir, [
      { operation: 'task_add', input: { title: '  Spaces   and\u00a0more  ' } },
    ]);
    const { out } = await place.run(['__complete', 'zsh', 'task', 'get', '']);
    assert.equal(out, 'T-1\tSpaces and more\n');
  });
});
