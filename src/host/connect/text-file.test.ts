import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { rewrite } from './text-file.ts';

describe('a file that is written as a whole', () => {
  it('is not when somebody else has written, made or removed it since it was read', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-rewrite-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'x');
    const mode = 0o600;
    writeFileSync(path, 'theirs');
    for (const before of ['ours', undefined])
      for (const after of ['new', undefined])
        assert.deepEqual(await rewrite({ path, before, after, mode }), { ok: true, value: 'moved' });
    assert.equal(readFileSync(path, 'utf8'), 'theirs');
    assert.deepEqual(await rewrite({ path, before: 'theirs', after: 'new', mode }), {
      ok: true,
      value: 'done',
    });
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['x'], 'no draft stays');
  });
});
