/* With encryption on, nothing that anybody wrote can be read in any file of the hub. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Started } from '../cli/program.ts';
import { type Vault, holding, openVault, stop } from './vault.ts';

/** Each stands in one place of what is called, and in no word of the program. */
const words = {
  title: 'Quixotaxel',
  body: 'zephyrbodium',
  label: 'flangelabel',
  project: 'projectoramo',
  note: 'notewortulip',
  result: 'resultifant',
  reason: 'purposeglyph',
  message: 'messagingofant',
  portal: 'portalunga',
  agent: 'adalbertina',
  other: 'benvolioso',
  lock: 'lockumentary',
  principal: 'principalooza',
  workspaceTitle: 'Workspacetastic',
} as const;

/** A bit of everything that has words in it. */
const beBusy = async (vault: Vault, env: Vault['env'] = vault.env): Promise<void> => {
  const call = (operation: string, input: object, agent?: string) =>
    vault.call(operation, input, { env, ...(agent !== undefined && { agent }) });
  const { agent, other } = words;
  await call('start', { agent }, agent);
  await call('start', { agent: other }, other);
  await call('task_add', {
    tasks: [
      { slug: 'first', title: words.title, body: words.body, labels: [words.label], project: words.project },
    ],
  });
  await call('task_claim', { id: `${words.project}/first` }, agent);
  await call('task_update', { id: `${words.project}/first`, note: words.note }, agent);
  await call('task_done', { id: `${words.project}/first`, result: words.result }, agent);
  await call('lock_acquire', { name: words.lock, purpose: words.reason }, agent);
  await call('message_send', { to: [other], text: words.message }, agent);
  await call('portal_open', { with: other, text: words.portal }, agent);
  await call('inbox', {}, other);
  await call('workspace_add', { name: 'second', title: words.workspaceTitle });
  const found = await call('find', { text: words.note });
  assert.match(JSON.stringify(found), new RegExp(words.note));
};

const addPrincipal = async (vault: Vault): Promise<void> => {
  const added = await vault.person(
    ['principal', 'add', words.principal, '--kind', 'service', '--role', 'worker'],
    { env: vault.env },
  );
  assert.equal(added.status, 0, added.err);
};

const nowhere = (vault: Vault, when: string): void => {
  const files = readdirSync(vault.dataDir, { recursive: true, encoding: 'utf8' });
  assert(files.includes('hub.journal') && files.includes(join('workspaces', 'main.journal')));
  for (const [what, word] of Object.entries(words))
    assert.deepEqual(holding(vault.home, word), [], `${what} ${when}`);
};

const said = async (hub: Started): Promise<string> => {
  const { out, err } = await hub.ended;
  return out + err;
};

describe('what agents wrote', () => {
  it('is in no file of the hub while it works, when it was killed, and when it has stopped', async (t) => {
    const vault = await openVault(t);
    const hub = await vault.serve();
    await addPrincipal(vault);
    await beBusy(vault);
    nowhere(vault, 'while it works');
    hub.kill('SIGKILL');
    await hub.ended;
    nowhere(vault, 'after it was killed');
    const again = await vault.serve();
    const found = await vault.call('find', { text: words.title });
    assert.match(JSON.stringify(found), new RegExp(words.title));
    await stop(again);
    nowhere(vault, 'after it has stopped');
    for (const word of Object.values(words)) assert(!(await said(again)).includes(word));
    const { of, active } = await vault.status();
    assert.equal(active, vault.key);
    for (const journal of ['hub', 'workspaces/main'])
      assert.deepEqual(
        Object.keys(of(journal)).filter((key) => of(journal)[key] !== 0),
        [vault.key],
      );
  });

  it('is in none either without a hub, where each command opens the journals itself', async (t) => {
    const vault = await openVault(t);
    await beBusy(vault);
    nowhere(vault, 'without a hub');
  });

  it('is there without a key, and goes when encryption is applied', async (t) => {
    const vault = await openVault(t);
    const plain = { SIGNALBOX_WORKSPACE: 'main' };
    const hub = await vault.serve(plain);
    await beBusy(vault, plain);
    await vault.call('find', { text: words.title }, { env: plain });
    await stop(hub);
    const inFiles = Object.values(words).filter(
      (word) => holding(join(vault.home, '.local'), word).length > 0,
    );
    assert(inFiles.includes(words.agent) && inFiles.includes(words.lock), inFiles.join(' '));
    assert.deepEqual(
      holding(join(vault.home, '.cache'), words.note).map((path) => path.replace(/^.*(?=\.index)/, '')),
      ['.index'],
    );
    const applied = await vault.run(['encryption', 'apply'], { env: vault.env });
    assert.equal(applied.status, 0, applied.err);
    assert.match(applied.out, /^workspaces\/main: \d+ entries, now encrypted$/m);
    assert.match(applied.out, /^hub: \d+ entries, now encrypted$/m);
    nowhere(vault, 'after encryption was applied');
    const found = await vault.call('find', { text: words.note });
    assert.match(JSON.stringify(found), new RegExp(words.note));
    nowhere(vault, 'after it was found');
  });
});
