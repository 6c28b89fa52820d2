/* A new key, while two hubs work on the same journals under the old one. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openVault, stop } from './vault.ts';

const roundsMax = 60;

it('two hubs take a new key up while they work, and lose nothing', async (t) => {
  const vault = await openVault(t);
  const open = { ...vault.env, SIGNALBOX_INSECURE_NO_AUTH: 'true' };
  const hubs = [await vault.serve(open), await vault.serve(open)];
  const urls = await Promise.all(
    hubs.map(async (hub) => /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? ''),
  );
  assert.notEqual(urls[0], urls[1]);
  const titles: string[] = [];
  const addThrough = async (url: string): Promise<void> => {
    const title = `Task ${titles.length + 1}`;
    titles.push(title);
    // No key: the hub has it.
    await vault.call('task_add', { title }, { env: { SIGNALBOX_URL: url, SIGNALBOX_WORKSPACE: 'main' } });
  };
  const addThroughBoth = async (): Promise<unknown> => Promise.all(urls.map(addThrough));
  await addThroughBoth();
  const [rotated] = await Promise.all([
    vault.run(['encryption', 'rotate'], { env: vault.env }),
    addThroughBoth(),
    addThroughBoth(),
  ]);
  assert.equal(rotated.status, 0, rotated.err);
  const { active } = await vault.status();
  assert(active !== null && active !== vault.key);
  const oldOnes = async (): Promise<number> =>
    Number((await vault.status()).of('workspaces/main')[vault.key]);
  let before = await oldOnes();
  for (let round = 1; ; round += 1) {
    await addThroughBoth();
    const now = await oldOnes();
    if (now === before) break;
    before = now;
    assert(round < roundsMax, 'the hubs go on with the old key');
  }
  const { of } = await vault.status();
  assert(Number(of('workspaces/main')[active]) >= 2);
  assert.equal(of('workspaces/main')['plain'], 0);
  for (const hub of hubs) await stop(hub);
  const listed = JSON.stringify(await vault.call('task_list', { limit: 100 }));
  for (const title of titles) assert(listed.includes(`"${title}"`), title);
  const applied = await vault.run(['encryption', 'apply'], { env: vault.env });
  assert.equal(applied.status, 0, applied.err);
  assert.deepEqual(Object.keys((await vault.status()).of('workspaces/main')), ['plain', active]);
});
