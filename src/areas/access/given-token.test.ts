import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { valueIn } from '../../../test/surfaces/serving.ts';
import { settleOwnerToken } from '../../host/access/owner-token.ts';
import { hashOfToken, newTokenText } from '../../host/access/token-text.ts';
import { Workspaces } from '../../host/workspaces.ts';
import { systemActor } from '../../kernel/entry.ts';
import { present } from '../../kernel/assert.ts';
import { ok } from '../../kernel/errors.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { accessIntent } from './decide/index.ts';
import { findByHash, standingIn } from './model.ts';

const given = (text: string) => ({
  place: 'SIGNALBOX_TOKEN',
  runsProgram: false,
  text: async () => ok(text),
  again: async () => ok(text),
});

it('AC53 the token that a hub is given ends the one that it was given before, and no other', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-given-'));
  const [log, clock] = [new CollectedLog(), new ManualClock()];
  const workspaces = valueIn(
    await Workspaces.open({
      cacheDir: dataDir,
      clock,
      log,
      ticksFirst: true,
      brief: true,
      storage: memoryStorage(),
    }),
  );
  t.after(async () => {
    await workspaces.close();
    await rm(dataDir, { recursive: true });
  });
  const { engine } = workspaces.hub;
  const [first, second, file] = [newTokenText(), newTokenText(), newTokenText()];
  const start = async (text: string): Promise<void> => {
    const settled = await settleOwnerToken({ dataDir, token: given(text) }, engine);
    assert.deepEqual(valueIn(settled), { kind: 'given' });
  };
  const standingOf = (text: string): string | undefined => {
    const { access } = engine.slices;
    const token = findByHash(access, present(hashOfToken(text), 'it is a token'));
    return token && standingIn(access, token, engine.now());
  };
  const hash = present(hashOfToken(file), 'it is a token');
  const make = {
    type: 'create_token',
    hash,
    principal: 'owner',
    label: 'first start',
    scope: undefined,
  } as const;
  valueIn(await engine.report('serve', accessIntent(make), systemActor));
  await start(first);
  const { seq } = engine;
  await start(first);
  assert.equal(engine.seq, seq, 'the same one again is no change');
  await start(second);
  assert.equal(engine.seq, seq + 2);
  assert.deepEqual([first, second, file].map(standingOf), ['revoked', 'good', 'good']);
  const entries = await engine.journal.entriesAt([seq + 1, seq + 2]);
  assert.equal(new Set(entries.map(({ cause }) => cause.unit)).size, 1, 'in one step');
  const refused = await settleOwnerToken({ dataDir, token: given(first) }, engine);
  assert.match(refused.ok ? '' : refused.message, /was revoked or has expired\. Give another one\./);
});
