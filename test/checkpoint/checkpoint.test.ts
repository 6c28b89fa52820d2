/* A signed checkpoint finds what the journal itself cannot show: copies are cut, rewritten and exchanged for real. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { checkpointSchema, signed } from '../../src/host/checkpoint/document.ts';
import { type Place, openPlace } from '../cli/program.ts';
import { chainAnew, damagedCopy } from './damage.ts';

const env = { SIGNALBOX_WORKSPACE: 'main' };

const refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

/** A workspace with five tasks, a checkpoint of it, and one task more. */
class Kept {
  readonly place: Place;
  readonly file: string;

  private constructor(place: Place) {
    this.place = place;
    this.file = join(place.cwd, 'main.checkpoint');
  }

  static async open(context: TestContext): Promise<Kept> {
    const kept = new Kept(await openPlace(context));
    const titles = ['one', 'two', 'three', 'four'];
    await kept.good([
      'task',
      'add',
      '--input',
      JSON.stringify({ tasks: titles.map((title) => ({ title })) }),
    ]);
    await kept.good(['task', 'add', 'five']);
    await kept.good(['checkpoint', '--out', 'main.checkpoint']);
    await kept.good(['task', 'add', 'six']);
    return kept;
  }

  get checkpoint() {
    return checkpointSchema.parse(JSON.parse(readFileSync(this.file, 'utf8')));
  }

  async good(args: readonly string[]): Promise<string> {
    const { status, out, err } = await this.place.run(args, { env });
    assert.equal(status, 0, `${args.join(' ')}: ${err}`);
    return out;
  }

  /** How `verify` ends, with the finding among the details of its refusal. */
  async verify(dataDir = this.place.dataDir, ...more: readonly string[]) {
    const args = ['verify', '--checkpoint', this.file, '--data-dir', dataDir, ...more, '--json'];
    const { status, out } = await this.place.run(args, { env });
    if (status === 0) return { status, finding: 'good', message: '', out };
    const { code, message, details } = refusal.parse(JSON.parse(out)).error;
    return { status, finding: details['finding'] ?? code, message, out };
  }

  /** A copy of the whole data directory, whose journal is changed. */
  async damaged(change: (database: DatabaseSync) => void): Promise<string> {
    return damagedCopy(this.place, join('workspaces', 'main.journal'), change);
  }
}

const verifyAlone = (kept: Kept, dataDir: string) =>
  kept.place.run(['verify', '--data-dir', dataDir], { env });

describe('signalbox checkpoint', () => {
  it('writes what the journal is, how far it came and who signs that, with a key for its owner alone', async (t) => {
    const kept = await Kept.open(t);
    const { seq, chain, workspace, generation, public_key: key } = kept.checkpoint;
    assert.deepEqual([workspace, generation], ['main', 1]);
    const path = join(kept.place.dataDir, 'workspaces', 'main.journal');
    const database = new DatabaseSync(path, { readOnly: true });
    assert.equal(database.prepare('select chain from entries where seq = ?').get(seq)?.['chain'], chain);
    assert.equal(database.prepare('select id from journal').get()?.['id'], kept.checkpoint.journal);
    database.close();
    const keyFile = join(kept.place.dataDir, 'signing-key');
    assert.equal(statSync(keyFile).mode & 0o777, 0o600);
    const second = checkpointSchema.parse(JSON.parse(await kept.good(['checkpoint'])));
    assert(second.seq > seq);
    assert.equal(second.public_key, key, 'the key is made once');
  });

  it('overwrites no checkpoint', async (t) => {
    const kept = await Kept.open(t);
    const before = readFileSync(kept.file, 'utf8');
    const again = await kept.place.run(['checkpoint', '--out', 'main.checkpoint'], { env });
    assert.equal(again.status, 4);
    assert.match(again.err, /is there already/);
    assert.equal(readFileSync(kept.file, 'utf8'), before);
  });

  it('signs with no key that others can read, and signs no damaged journal', async (t) => {
    const kept = await Kept.open(t);
    const keyFile = join(kept.place.dataDir, 'signing-key');
    chmodSync(keyFile, 0o644);
    const refused = await kept.place.run(['checkpoint'], { env });
    assert.equal(refused.status, 4);
    assert.match(refused.err, /chmod 600/);
    chmodSync(keyFile, 0o600);
    const copy = await kept.damaged((database) =>
      database.exec(`update entries set text = replace(text, '"T-3"', '"T-9"')`),
    );
    const out = join(kept.place.cwd, 'damaged.checkpoint');
    const damaged = await kept.place.run(['checkpoint', '--data-dir', copy, '--out', out], { env });
    assert.equal(damaged.status, 6);
    assert(!existsSync(out));
  });
});

describe('signalbox verify --checkpoint', () => {
  it('holds while the journal only goes on, and says whose key that is', async (t) => {
    const kept = await Kept.open(t);
    const { public_key: key, seq } = kept.checkpoint;
    const held = await kept.verify();
    assert.equal(held.finding, 'good', held.message);
    assert.match(held.out, /"key_from":"data directory"/);
    assert.match((await kept.verify(undefined, '--key', key)).out, /"key_from":"given"/);
    const text = await kept.good(['verify', '--checkpoint', kept.file]);
    assert.match(text, new RegExp(`up to its entry ${seq} nothing was cut or changed`));
    const copy = await kept.damaged(() => {});
    rmSync(join(copy, 'signing-key'));
    const elsewhere = await kept.verify(copy);
    assert.match(elsewhere.out, /"key_from":"checkpoint"/);
    assert(!existsSync(join(copy, 'signing-key')), 'looking makes no key');
  });

  it('finds that the journal was cut, which the journal alone does not show', async (t) => {
    const kept = await Kept.open(t);
    const { seq } = kept.checkpoint;
    const toIt = await kept.damaged((database) =>
      database.prepare('delete from entries where seq > ?').run(seq),
    );
    assert.equal((await kept.verify(toIt)).finding, 'good', 'nothing up to the checkpoint is gone');
    const cut = await kept.damaged((database) =>
      database.prepare('delete from entries where seq >= ?').run(seq),
    );
    assert.equal((await verifyAlone(kept, cut)).status, 0);
    const found = await kept.verify(cut);
    assert.deepEqual([found.status, found.finding], [6, 'cut']);
    assert.match(found.message, new RegExp(`ends at entry ${seq - 1}.*signed at entry ${seq}`));
    const torn = await kept.damaged((database) =>
      database.prepare('delete from entries where seq >= ?').run(seq - 1),
    );
    assert.equal((await verifyAlone(kept, torn)).status, 6, 'it ends in the middle of a change');
  });

  it('finds that an entry was changed, also when the chain was computed anew', async (t) => {
    const kept = await Kept.open(t);
    const rewrite = `update entries set text = replace(text, '"T-3"', '"T-9"')`;
    const clumsy = await kept.verify(await kept.damaged((database) => database.exec(rewrite)));
    assert.deepEqual([clumsy.status, clumsy.finding], [6, 'journal_corrupt']);
    assert.match(clumsy.message, /damaged at entry \d+/);
    const skilled = await kept.damaged((database) => {
      database.exec(rewrite);
      chainAnew(database);
    });
    assert.equal((await verifyAlone(kept, skilled)).status, 0);
    const found = await kept.verify(skilled);
    assert.deepEqual([found.status, found.finding], [6, 'changed']);
    // Behind the checkpoint it proves nothing.
    const later = await kept.damaged((database) => {
      database.exec(`update entries set text = replace(text, '"T-6"', '"T-7"')`);
      chainAnew(database);
    });
    assert.equal((await kept.verify(later)).finding, 'good');
  });

  it('finds that it is another journal', async (t) => {
    const kept = await Kept.open(t);
    await kept.good(['workspace', 'add', 'other']);
    await kept.good(['task', 'add', 'else', '--workspace', 'other']);
    const found = await kept.verify(undefined, '--workspace', 'other');
    assert.deepEqual([found.status, found.finding], [4, 'other journal']);
  });
});

describe('a checkpoint that proves nothing', () => {
  it('is one that was forged, or signed by somebody else', async (t) => {
    const kept = await Kept.open(t);
    const { signature: _signature, ...said } = kept.checkpoint;
    const mine = kept.checkpoint.public_key;
    const write = (value: unknown): void => writeFileSync(kept.file, JSON.stringify(value));
    const genuine = kept.checkpoint;
    for (const change of [
      { seq: said.seq - 1 },
      { chain: '0'.repeat(64) },
      { journal: 'another' },
      { generation: 2 },
      { workspace: 'other' },
      { time: '2020-01-01T00:00:00.000Z' },
    ]) {
      write({ ...genuine, ...change });
      const found = await kept.verify();
      assert.deepEqual([found.status, found.finding], [2, 'bad signature'], JSON.stringify(change));
    }
    const { privateKey } = generateKeyPairSync('ed25519');
    const forged = signed(said, privateKey);
    write(forged);
    assert.equal((await kept.verify()).finding, 'other key');
    assert.equal((await kept.verify(undefined, '--key', mine)).finding, 'other key');
    assert.equal((await kept.verify(undefined, '--key', forged.public_key)).finding, 'good');
    write({ ...forged, public_key: mine });
    assert.equal((await kept.verify()).finding, 'bad signature');
  });

  it('is refused, as is what is no key, or not there', async (t) => {
    const kept = await Kept.open(t);
    const refused = async (...args: readonly string[]) => {
      const { status, err } = await kept.place.run(['verify', ...args], { env });
      return [status, err];
    };
    assert.deepEqual((await refused('--checkpoint', 'absent'))[0], 3);
    assert.deepEqual((await refused('--key', kept.checkpoint.public_key))[0], 2);
    assert.match(String((await refused('--checkpoint', kept.file, '--key', 'x'))[1]), /is no public key/);
    for (const text of [
      '',
      'x',
      '[]',
      '{}',
      JSON.stringify({ ...kept.checkpoint, more: 1 }),
      ' '.repeat(70_000),
    ]) {
      writeFileSync(kept.file, text);
      assert.match(String((await refused('--checkpoint', kept.file))[1]), /is no checkpoint/);
    }
  });
});
