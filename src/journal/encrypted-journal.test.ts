/* An encrypted journal as an engine has it: what is stored, who can read it, and what is refused. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { identify } from '../areas/agents/model.ts';
import { Engine } from '../engine/engine.ts';
import type { Outcome } from '../kernel/errors.ts';
import { present } from '../kernel/assert.ts';
import { type MemoryVault, createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { answerOver, callOver, keepBusy } from '../testing/busy-workspace.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { caller, open, starting } from '../testing/engine-harness.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { chainLink, chainStart } from './chain.ts';
import { type Cipher, type EncryptionKey, Keyring, keyOf, sealedWith } from './cipher.ts';
import { verify } from './journal.ts';

const identity = { id: 'journal', generation: 1 };
const keyFrom = (seed: string): EncryptionKey => keyOf(createHash('sha256').update(seed).digest(), seed);
const [first, second] = [keyFrom('first'), keyFrom('second')];
const cipherOf = (...keys: readonly EncryptionKey[]): Cipher => new Keyring(keys).cipher(identity.id);

const busyVault = async (cipher: Cipher): Promise<MemoryVault> => {
  const vault = createMemoryVault(identity);
  const { engine, clock } = await open(vault, { cipher });
  await keepBusy(engine, clock);
  await engine.close();
  return vault;
};

const openWith = (vault: MemoryVault, cipher: Cipher | undefined): Promise<Outcome<Engine>> =>
  Engine.open({
    workspace: 'test',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store: openMemoryStore(vault),
    clock: new ManualClock(),
    log: new CollectedLog(),
    identify,
    cipher,
  });

const refusalOf = async (vault: MemoryVault, cipher: Cipher | undefined): Promise<string> => {
  const outcome = await openWith(vault, cipher);
  return outcome.ok ? 'opened' : `${outcome.code}: ${outcome.message}`;
};

/** The same journal with other texts, and a chain that fits them: what somebody can make who has the disk and no key. */
const forged = ({ rows }: MemoryVault, change: (text: string, seq: number) => string): MemoryVault => {
  const vault = createMemoryVault(identity);
  let chain = chainStart(identity.id);
  for (const { seq, batch, text: before } of rows) {
    const text = change(before, seq);
    chain = chainLink(chain, text);
    vault.rows.push({ seq, batch, text, chain });
  }
  return vault;
};

describe('an encrypted journal', () => {
  it('holds no entry in plain text, and gives the same state to whoever has the key', async () => {
    const vault = await busyVault(cipherOf(first));
    assert(vault.rows.length > 20);
    assert(vault.rows.every(({ text }) => sealedWith(text) === first.id));
    const plain = createMemoryVault(identity);
    const { engine, clock } = await open(plain);
    await keepBusy(engine, clock);
    assert.equal(plain.rows.length, vault.rows.length);
    const opened = await openWith(vault, cipherOf(first));
    assert(opened.ok);
    const tasks = [...opened.value.slices.tasks.tasks.values()].map(({ id, title }) => ({ id, title }));
    assert(tasks.length > 3);
    assert.deepEqual(
      tasks.map(({ title }) => title),
      [...engine.slices.tasks.tasks.values()].map(({ title }) => title),
    );
    const body = await answerOver(opened.value, 'x', { operation: 'task_get', input: { id: tasks[0]?.id } });
    assert.match(JSON.stringify(body), new RegExp(String(tasks[0]?.title)));
  });

  it('is verified without a key', async () => {
    const vault = await busyVault(cipherOf(first));
    const verified = await verify(openMemoryStore(vault));
    assert(verified.ok);
    assert.equal(verified.value.entries, vault.rows.length);
  });

  it('is refused without its key, and with another, and stays as it was', async () => {
    const vault = await busyVault(cipherOf(first));
    const before = JSON.stringify(vault.rows);
    const none = await refusalOf(vault, undefined);
    assert.match(none, /^encryption_key_missing: Entry 1 .*key first\.\w{8}, and this process has no key/);
    assert.match(none, /SIGNALBOX_ENCRYPTION_KEY/);
    assert.match(
      await refusalOf(vault, cipherOf(second)),
      /^encryption_key_missing: .*only has second\.\w{8}\./,
    );
    const namesake = keyOf(second.bytes, 'first');
    assert.notEqual(namesake.id, first.id);
    assert.match(
      await refusalOf(vault, cipherOf(namesake)),
      /^encryption_key_missing: .*only has first\.\w{8}\./,
    );
    assert.equal(JSON.stringify(vault.rows), before);
  });

  it('may begin in plain text, and go on under one key after the other', async () => {
    const vault = createMemoryVault(identity);
    for (const cipher of [undefined, cipherOf(first), cipherOf(second, first)]) {
      const opened = await openWith(vault, cipher);
      assert(opened.ok);
      const added = await opened.value.execute(caller, starting(`agent-${vault.rows.length}`, 'x'));
      assert(added.ok, JSON.stringify(added));
      await opened.value.close();
    }
    const used = new Set(vault.rows.map(({ text }) => sealedWith(text)));
    assert.deepEqual([...used], [undefined, first.id, second.id]);
    assert.equal(await refusalOf(vault, cipherOf(first, second)), 'opened');
    assert.match(await refusalOf(vault, cipherOf(second)), /^encryption_key_missing: .*first\./);
  });
});

describe('somebody who can write the disk and has no key', () => {
  it('cannot move, exchange or change an entry, though the chain was made to fit', async () => {
    const vault = await busyVault(cipherOf(first));
    const texts = vault.rows.map(({ text }) => text);
    const foreign = new Keyring([first]).cipher('another journal');
    const other = foreign.seal('{"seq":5}', 5);
    const changes: Readonly<Record<string, (text: string, seq: number) => string>> = {
      moved: (text, seq) => (seq === 5 ? present(texts[3], 'there are more') : text),
      'of another journal': (text, seq) => (seq === 5 ? other : text),
      'a bit flipped': (text, seq) =>
        seq === 5 ? text.replace(/.(?=.{20}$)/, (letter) => (letter === 'A' ? 'B' : 'A')) : text,
    };
    for (const [what, change] of Object.entries(changes)) {
      assert.match(
        await refusalOf(forged(vault, change), cipherOf(first)),
        /^journal_corrupt: The journal is damaged at entry 5: it is not what was encrypted there/,
        what,
      );
    }
    assert.equal(
      await refusalOf(
        forged(vault, (text) => text),
        cipherOf(first),
      ),
      'opened',
    );
  });
});

describe('a process that meets a key of which it does not know', () => {
  const rotated = async () => {
    const vault = createMemoryVault(identity);
    const found: EncryptionKey[] = [];
    const ring = new Keyring([first], async () => found);
    const here = await open(vault, { cipher: ring.cipher(identity.id) });
    assert((await here.engine.execute(caller, starting('ada', 'a'))).ok);
    const there = await open(vault, { cipher: cipherOf(second, first) });
    return { vault, found, ring, here: here.engine, there: there.engine };
  };

  it('asks for it, and goes on with it: reading, and writing on top of what others wrote', async () => {
    const { vault, found, ring, here, there } = await rotated();
    assert((await there.execute(caller, starting('ben', 'b'))).ok);
    found.push(second, first);
    assert((await here.execute(caller, starting('cleo', 'c'))).ok);
    assert.equal(ring.active, second.id);
    assert((await there.execute(caller, starting('dora', 'd'))).ok);
    assert.equal(here.stopped, undefined);
    const used = vault.rows.map(({ text }) => sealedWith(text));
    assert.equal(used[0], first.id);
    assert.equal(used.at(-1), second.id);
    assert.equal(await refusalOf(vault, cipherOf(first, second)), 'opened');
  });

  it('stops the workspace when nobody has it, and writes nothing', async () => {
    const { vault, here, there } = await rotated();
    assert((await there.execute(caller, starting('ben', 'b'))).ok);
    const rows = vault.rows.length;
    const refused = await callOver(here, 'c', { operation: 'agent_list' });
    assert(!refused.ok);
    assert.equal(refused.code, 'encryption_key_missing');
    assert.equal(here.stopped?.code, 'encryption_key_missing');
    assert(!(await here.execute(caller, starting('cleo', 'c'))).ok);
    assert.equal(vault.rows.length, rows);
  });
});
