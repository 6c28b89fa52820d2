import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { accessIntent, type AccessCommand } from '../../src/areas/access/decide/index.ts';
import { hashOfToken, newTokenText } from '../../src/host/access/token-text.ts';
import { Denials } from '../../src/host/access/denials.ts';
import { TokenGate } from '../../src/host/access/token-gate.ts';
import { Workspaces } from '../../src/host/workspaces.ts';
import { present } from '../../src/kernel/assert.ts';
import { ok } from '../../src/kernel/errors.ts';
import { hourMs, minuteMs } from '../../src/kernel/instants.ts';
import type { JournalName } from '../../src/journal/storage.ts';
import type { MemoryVault } from '../../src/stores/memory/memory-store.ts';
import { memoryStorage } from '../../src/stores/memory/storage.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { valueIn } from '../surfaces/serving.ts';

const owner = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
} as const;

const hashIn = (text: string): string => present(hashOfToken(text), 'it is a token');

/** A gate over the journal of a hub, and another process on the same journal. */
const openGate = async (context: TestContext) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-gate-'));
  const vaults = new Map<JournalName, MemoryVault>();
  const [log, clock] = [new CollectedLog(), new ManualClock()];
  const options = { cacheDir: dataDir, clock, log, ticksFirst: true, brief: true };
  const open = async () => valueIn(await Workspaces.open({ ...options, storage: memoryStorage(vaults) }));
  const [here, there] = [await open(), await open()];
  context.after(async () => {
    for (const workspaces of [here, there]) await workspaces.close();
    await rm(dataDir, { recursive: true });
  });
  const own = newTokenText();
  const { engine } = here.hub;
  const opening = Promise.resolve(ok(engine));
  const denials = new Denials({ clock, log });
  const gate = new TokenGate({ opening, own: hashIn(own), clock, log, denials });
  const tell = async (command: AccessCommand, { hub } = there): Promise<void> => {
    valueIn(await hub.engine.report('test', accessIntent(command), owner));
  };
  /** Makes a token in the other process. */
  const make = async (wanted: Partial<Extract<AccessCommand, { type: 'create_token' }>> = {}) => {
    const text = newTokenText();
    await tell({
      type: 'create_token',
      hash: hashIn(text),
      principal: 'owner',
      label: '',
      scope: undefined,
      ...wanted,
    });
    const { id } = present(there.hub.engine.slices.access.tokens.first('hash', hashIn(text)), 'it was made');
    return { text, id };
  };
  const show = async (authorization: string | undefined, remote = '127.0.0.1') =>
    gate.admit({ authorization, remote });
  const why = async (authorization: string | undefined, remote?: string): Promise<string> => {
    const refused = await show(authorization, remote);
    return refused.ok ? 'admitted' : `${refused.code} ${refused.message}`;
  };
  return { gate, clock, engine, there, own, make, tell, show, why };
};

describe('who shows a token', () => {
  it('is let in in the name of its principal, for what it is for, also right after another process made it', async (t) => {
    const { make, show, own } = await openGate(t);
    const whole = await make();
    const { standing, ...admitted } = valueIn(await show(`Bearer ${whole.text}`));
    assert.equal(standing?.leftMs(), Infinity);
    assert.deepEqual(admitted, {
      principal: 'owner',
      role: 'admin',
      kind: 'person',
      token: whole.id,
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    });
    const part = await make({ agent: 'ada', role: 'worker', categories: ['tasks'] });
    const { role, kind, scope } = valueIn(await show(`bearer ${part.text}`));
    assert.deepEqual(
      { role, kind, scope },
      { role: 'worker', kind: 'agent', scope: { workspaces: ['*'], categories: ['tasks'], agent: 'ada' } },
    );
    const { token, principal } = valueIn(await show(`Bearer ${own}`));
    assert.deepEqual([principal, token], ['owner', undefined]);
  });

  it('is whom the token of each request is for, though another came over the same connection, and while it is good', async (t) => {
    const { make, gate, tell, engine, own } = await openGate(t);
    const [one, other] = [await make(), await make({ agent: 'ada' })];
    const line = {};
    const ask = async (text: string) =>
      gate.admit({ authorization: `Bearer ${text}`, remote: '127.0.0.1', line });
    for (const { text, id } of [one, other, one, one]) assert.equal(valueIn(await ask(text)).token, id);
    assert.equal(valueIn(await ask(own)).token, undefined);
    assert.equal(valueIn(await ask(own)).principal, 'owner');
    assert.equal(valueIn(await ask(other.text)).token, other.id);
    await tell({ type: 'revoke_token', id: other.id });
    await engine.refresh();
    assert.equal((await ask(other.text)).ok, false);
    assert.equal((await ask('sbx_nothing')).ok, false);
    assert.equal(valueIn(await ask(one.text)).token, one.id);
  });

  it('is kept out once it expires, is revoked or got another secret, and hears why', async (t) => {
    const { make, show, why, tell, clock, engine } = await openGate(t);
    const short = await make({ expires: 60 });
    assert.equal((await show(`Bearer ${short.text}`)).ok, true);
    clock.advance(1.5 * minuteMs);
    assert.match(
      await why(`Bearer ${short.text}`),
      /^unauthenticated This token \(tk_\w+\) expired \d+ s ago/,
    );
    const stolen = await make();
    assert.equal((await show(`Bearer ${stolen.text}`)).ok, true);
    await tell({ type: 'revoke_token', id: stolen.id });
    await engine.refresh();
    assert.match(await why(`Bearer ${stolen.text}`), /^unauthenticated This token \(tk_\w+\) was revoked/);
    const refreshed = await make();
    await tell({ type: 'refresh_token', id: refreshed.id, hash: hashIn(newTokenText()), scope: undefined });
    await engine.refresh();
    assert.match(await why(`Bearer ${refreshed.text}`), /^unauthenticated This hub does not know/);
  });
});

it('AC39 hears once that its token is over: it expired, was revoked, got another secret, or its principal went', async (t) => {
  const { make, show, tell, clock, engine } = await openGate(t);
  const heard: string[] = [];
  const watch = async (name: string, text: string): Promise<() => void> => {
    const { standing } = valueIn(await show(`Bearer ${text}`));
    return present(standing, 'a token may end').watch(() => heard.push(name));
  };
  await tell({ type: 'add_principal', name: 'mia', kind: 'person', role: 'reader', note: undefined });
  const [brief, revoked, other, left] = [
    await make({ expires: 7_200 }),
    await make(),
    await make(),
    await make(),
  ];
  await watch('brief', brief.text);
  await watch('revoked', revoked.text);
  await watch('other', other.text);
  await watch('removed', (await make({ principal: 'mia' })).text);
  const leave = await watch('left', left.text);
  clock.advance(2 * hourMs - minuteMs);
  await engine.refresh();
  assert.deepEqual(heard, []);
  clock.advance(2 * minuteMs);
  assert.deepEqual(heard, ['brief']);
  leave();
  for (const { id } of [revoked, left]) await tell({ type: 'revoke_token', id });
  await tell({
    type: 'refresh_token',
    id: other.id,
    hash: hashIn(newTokenText()),
    expires: undefined,
    scope: undefined,
  });
  await tell({ type: 'remove_principal', name: 'mia' });
  await engine.refresh();
  assert.deepEqual(heard, ['brief', 'revoked', 'other', 'removed']);
});

describe('who shows no good token', () => {
  it('is kept out when it is none', async (t) => {
    const { why, own, make } = await openGate(t);
    const { text } = await make();
    assert.match(await why(undefined), /^unauthenticated This hub asks who calls.*SIGNALBOX_TOKEN/);
    for (const strange of [
      '',
      text,
      `Basic ${text}`,
      `Bearer ${text}x`,
      `Bearer ${own.slice(0, -1)}`,
      'Bearer',
    ])
      assert.match(await why(strange, strange), /^unauthenticated What the header Authorization holds/);
    assert.match(await why(`Bearer ${newTokenText()}`), /^unauthenticated This hub does not know/);
  });

  it('waits after twenty that do not hold, and who shows a good one does not', async (t) => {
    const { why, show, make, clock } = await openGate(t);
    const { text } = await make();
    for (let n = 0; n < 20; n += 1) assert.match(await why(`Bearer ${newTokenText()}`), /^unauthenticated/);
    const refused = await show(`Bearer ${newTokenText()}`);
    assert.deepEqual(refused.ok ? 0 : [refused.code, refused.details], [
      'rate_limited',
      { retry_after_s: 60 },
    ]);
    assert.equal((await show(`Bearer ${text}`)).ok, true);
    assert.match(await why(undefined), /^unauthenticated/, 'nothing shown is no guess');
    clock.advance(minuteMs);
    assert.match(await why(`Bearer ${newTokenText()}`), /^unauthenticated/);
  });
});

it('AC14 that a token was used is written once a minute, and when the hub stops', async (t) => {
  const { gate, clock, engine, make, show } = await openGate(t);
  const { text, id } = await make();
  const usedAt = (): number | undefined => engine.slices.access.tokens.get(id)?.lastUsedAt;
  for (let n = 0; n < 3; n += 1) assert.equal((await show(`Bearer ${text}`)).ok, true);
  const before = engine.seq;
  assert.equal(usedAt(), undefined);
  clock.advance(minuteMs);
  while (usedAt() === undefined) await new Promise(setImmediate);
  assert.equal(engine.seq, before + 1);
  clock.advance(hourMs);
  assert.equal((await show(`Bearer ${text}`)).ok, true);
  await gate.flush();
  assert.equal(usedAt(), engine.now());
});
