import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hubAddress } from './address.ts';
import { type CameBack, healthIn, refusalIn } from './hub-answers.ts';

const address = hubAddress('http://127.0.0.1:8000');
assert(address.ok);
const hub = address.value;

const answer = (body: unknown): CameBack => ({
  ok: true,
  status: 200,
  headers: {},
  text: JSON.stringify(body),
});

const workspace = { name: 'main', writable: false, reason: 'full', seq: 7 };
const health = { status: 'ok', id: 'hub-4', version: '1.2.3', store: 'sqlite', workspaces: [workspace] };
const error = { code: 'not_found', message: 'There is no task T-1.', details: { id: 'T-1' } };

/** The object with one member that is something else, or gone. */
const broken = (whole: object): readonly (readonly [member: string, body: object])[] =>
  Object.keys(whole).flatMap((member) =>
    [undefined, 7, 'else', [], [7], { a: 1 }, null].map(
      (value) => [`${member}: ${JSON.stringify(value)}`, { ...whole, [member]: value }] as const,
    ),
  );

/** What may be said in place of what is said above. */
const fine: ReadonlySet<string> = new Set([
  'id: undefined',
  'id: "else"',
  // Who may not come in is told neither.
  'store: undefined',
  'store: "else"',
  'workspaces: undefined',
  'workspaces: []',
  'name: "else"',
  'reason: "else"',
  'reason: null',
  'seq: 7',
  'code: "else"',
  'message: "else"',
  'details: {"a":1}',
]);

describe('what answers under the address of a hub', () => {
  it('is a hub when it says how it is, also an older one that does not say who it is', () => {
    assert.deepEqual(healthIn(hub, answer(health)), { ok: true, value: health });
    const { id, ...older } = health;
    assert.equal(id, 'hub-4');
    assert.deepEqual(healthIn(hub, answer(older)), { ok: true, value: older });
  });

  const bodies = [
    ...broken(health),
    ...broken(workspace).map(([what, body]) => [what, { ...health, workspaces: [workspace, body] }] as const),
  ];
  for (const [what, body] of bodies)
    it(`${fine.has(what) ? 'may say' : 'is no hub with'} ${what}`, () =>
      assert.equal(healthIn(hub, answer(body)).ok, fine.has(what)));

  it('is no hub with an id or a version that would be something else where it is repeated', () => {
    const told = (member: object): boolean => healthIn(hub, answer({ ...health, ...member })).ok;
    for (const version of ['1.2.3', '0.10.0-rc.1', '999999999.0.0'])
      assert.equal(told({ version }), true, version);
    for (const version of [
      'https://evil.example/x.tgz',
      'npm:left-pad@1.3.0',
      '1.2',
      '1.2.3 ; ls',
      'latest',
      '',
    ])
      assert.equal(told({ version }), false, version);
    for (const id of ['x\u001b[31m', 'x\r\nHost: y', '', 'x'.repeat(10_000)])
      assert.equal(told({ id }), false, id.slice(0, 20));
  });

  it('is no hub when it answers something else', () => {
    assert.equal(healthIn(hub, answer({ ...health, writable: false })).ok, true);
    assert.equal(healthIn(hub, answer({ ...health, writable: 'no' })).ok, false);
    for (const body of [null, 7, 'ok', [], [health], { health }])
      assert.equal(healthIn(hub, answer(body)).ok, false);
    assert.equal(healthIn(hub, { ...answer(health), text: '<html>' }).ok, false);
  });
});

describe('a refusal of a hub', () => {
  it('is read as it was given', () => {
    assert.deepEqual(refusalIn(JSON.stringify({ error })), { ok: false, ...error });
  });

  for (const [what, body] of broken(error))
    it(`${fine.has(what) ? 'may say' : 'is none with'} ${what}`, () =>
      assert.equal(refusalIn(JSON.stringify({ error: body })) !== undefined, fine.has(what)));

  it('is none when it is something else', () => {
    for (const body of [null, 7, [], {}, { error: null }, { error: [] }, error])
      assert.equal(refusalIn(JSON.stringify(body)), undefined);
  });
});
