/* Backups, exports and imports of journals that are encrypted, with text that is sealed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openVault } from '../encryption/vault.ts';

describe('journals that are encrypted', () => {
  it('are exported as plain text, and imported encrypted and sealed; a backup needs the key', async (t) => {
    const vault = await openVault(t);
    const { env } = vault;
    await vault.call('task_add', { title: 'Quinquereme' });
    const out = join(vault.home, 'main.jsonl');
    const backup = join(vault.home, 'board.gz');
    const keyless = await vault.run(['backup', '--out', backup], {});
    assert.match(keyless.err, /is encrypted with the key .* this process has no key/);
    assert.equal((await vault.run(['backup', '--out', backup], { env })).status, 0);
    assert.equal((await vault.run(['export', '--out', out], { env })).status, 0);
    assert.match(readFileSync(out, 'utf8'), /Quinquereme/);
    const imported = await vault.run(['import', out, '--workspace', 'copy'], { env });
    assert.equal(imported.status, 0, imported.err);
    const listed = await vault.call('task_list', {}, { workspace: 'copy' });
    assert.match(JSON.stringify(listed), /Quinquereme/);
    const { of } = await vault.status();
    assert.equal(of('workspaces/copy')['plain'], 0);
    const elsewhere = join(vault.home, 'elsewhere');
    const restored = await vault.run(['restore', backup, '--data-dir', elsewhere], { env });
    assert.equal(restored.status, 0, restored.err);
    const there = await vault.run(['task', 'list', '--data-dir', elsewhere], { env });
    assert.match(there.out, /Quinquereme/);
  });
});
