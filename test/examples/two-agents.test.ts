import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';

const hubFileSchema = z.object({ pid: z.int() });

const example = join(import.meta.dirname, '../../examples/two-agents/main.ts');

interface Run {
  readonly flags: readonly string[];
  /** Is told where the data lies as soon as the example has said its first line. */
  readonly interfere?: (dataDir: string) => Promise<void>;
}

/** Runs the example in a group of processes of its own, so that what it leaves behind can be seen. */
const run = async (context: TestContext, { flags, interfere }: Run) => {
  const box = await mkdtemp(join(tmpdir(), 'signalbox-example-'));
  context.after(() => rm(box, { recursive: true }));
  const child = spawn(process.execPath, [example, ...flags], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: box },
  });
  const closed = once(child, 'close');
  const out = text(child.stdout);
  const err = text(child.stderr);
  if (interfere !== undefined) {
    await once(child.stdout, 'data');
    const [dataDir = ''] = await readdir(box);
    await interfere(join(box, dataDir));
  }
  await closed;
  assert.throws(() => process.kill(-(child.pid ?? 0), 0), { code: 'ESRCH' }, 'it leaves no process behind');
  assert.deepEqual(await readdir(box), [], 'it leaves no data behind');
  return { status: child.exitCode, lines: (await out).trimEnd().split('\n'), err: await err };
};

/** What the transcript says, in this order, whichever of the two agents was the faster. */
const story = [
  /^carol +adds parser, guide, and release, which waits for both$/,
  /^(ada|bert) +claims .* gets (parser|guide): /,
  /^(ada|bert) +claims .* gets (parser|guide): /,
  /^carol +asks for work as well: .*\[nothing_free\]$/,
  /^ada +leaves a note on (parser|guide): /,
  /^bert +reads it, signed by ada$/,
  /^carol +reads it, signed by ada$/,
  /^ada +finishes (parser|guide)$/,
  /^bert +finishes (parser|guide); ready now: release$/,
  /^carol +claims .* gets release: /,
  /^carol +finishes release$/,
  /^all +see that nothing is left to do$/,
  /^hub +stops$/,
  /^ada +still reads the board, without it$/,
];

const starts = { hub: /^hub +is ready on http:/, agent: /^(ada|bert) +starts .*process of its own$/ };
const carolStarts = /^carol +starts over HTTP$/;

const variants = [
  {
    what: 'processes that find a hub speak through it',
    flags: [],
    begins: [starts.hub, starts.agent, starts.agent, carolStarts],
    warns: /^(?:\{"level":"warn",.*"the hub at \S+ is gone; opening the journals instead"\}\n){2}$/,
  },
  {
    what: 'processes that were there before the hub work on the journals beside it',
    flags: ['--hub-last'],
    begins: [starts.agent, starts.agent, starts.hub, carolStarts],
    warns: /^$/,
  },
];

describe('examples/two-agents', () => {
  for (const { what, flags, begins, warns } of variants) {
    it(what, async (t) => {
      const { status, lines, err } = await run(t, { flags });
      assert.equal(status, 0, err + lines.join('\n'));
      assert.match(err, warns);
      const expected = [...begins, ...story];
      assert.equal(lines.length, expected.length, lines.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? '', pattern);
    });
  }

  it('ends with a status that says so when something goes wrong on the way', async (t) => {
    const killHub = async (dataDir: string): Promise<void> => {
      const { pid } = hubFileSchema.parse(JSON.parse(await readFile(join(dataDir, 'hub.json'), 'utf8')));
      process.kill(pid, 'SIGKILL');
    };
    const { status, lines, err } = await run(t, { flags: [], interfere: killHub });
    assert.equal(status, 1);
    assert.notEqual(err, '');
    assert.doesNotMatch(lines.join('\n'), /^all/m);
  });
});
