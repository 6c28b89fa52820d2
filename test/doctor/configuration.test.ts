/* Doctor beside a configuration that cannot be: it says so, and looks at the rest all the same. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Examined, examine, mend, of, withBoard, write } from './examine.ts';

const checksOf = ({ findings }: Examined): readonly string[] => [
  ...new Set(findings.map(({ check }) => check)),
];

describe('a configuration that cannot be', () => {
  it('is bad in a file, and the other checks are made without it', async (t) => {
    const ground = await withBoard(t);
    const whole = checksOf(await examine(ground));
    const file = ground.at('work/signalbox.yaml');
    for (const text of ['worksapce: x\n', 'agent: "ada\n', 'agent: !!js/function x\n']) {
      write(file, text);
      const examined = await examine(ground);
      const [found, ...others] = of(examined, 'configuration');
      assert.deepEqual([found?.state, found?.mend, others], ['bad', `\${EDITOR:-vi} ${file}`, []]);
      assert(found?.what.startsWith(`${file}:1: `), found?.what);
      assert.match(found?.what ?? '', /as if this file said nothing/);
      assert.deepEqual(checksOf(examined), whole);
      assert(of(examined, 'journals').every(({ state }) => state === 'good'));
    }
  });

  it('is told of every place, each with what takes it away', async (t) => {
    const ground = await withBoard(t);
    const folder = ground.at('.config/signalbox/signalbox.yaml');
    mkdirSync(folder, { recursive: true });
    const examined = await examine(ground, 'work', { env: { SIGNALBOX_PORT: 'x' } });
    const found = of(examined, 'configuration');
    assert.deepEqual(
      found.map((finding) => finding.mend),
      ['unset SIGNALBOX_PORT', `mv ${folder} ${folder}.aside`],
    );
    mend(ground, found[1]);
    assert.equal((await examine(ground)).status, 0);
    const misnamed = { env: { SIGNALBOX_CONFIG: ground.at('nowhere.yaml') } };
    const [named] = of(await examine(ground, 'work', misnamed), 'configuration');
    assert.equal(named?.mend, 'unset SIGNALBOX_CONFIG');
  });

  it('ends it on the line itself, like every command', async (t) => {
    const ground = await withBoard(t);
    const { status, err } = await ground.run(['doctor', '--url', 'nonsense']);
    assert.equal(status, 2);
    assert.match(err, /--url cannot be "nonsense"/);
  });
});
