/* What the keys of personal text of every store have to do. */
import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, describe, test } from 'node:test';
import type { FreshKey, Subject, SubjectKey, SubjectKeys } from '../journal/subject-keys.ts';

export interface SubjectKeysHarness {
  /** Opens the keys of one new journal, each time as another process would have them. */
  readonly create: (context: TestContext) => Promise<() => Promise<SubjectKeys>>;
  /** All bytes in which the keys are kept; absent where no secret is written anywhere. */
  readonly bytes?: (context: TestContext) => Promise<Buffer>;
}

const fresh = (id: string, subject: Subject): FreshKey & { readonly secret: Buffer } => ({
  id,
  subject,
  secret: randomBytes(32),
});

const owner: Subject = { principal: 'owner' };
const ada: Subject = { principal: 'owner', agent: 'ada' };
const bob: Subject = { principal: 'bob', agent: 'ada' };

const secretOf = (keys: readonly SubjectKey[], id: string): Buffer | undefined => {
  const secret = keys.find((key) => key.id === id)?.secret;
  return secret && Buffer.from(secret);
};

type Case = (open: () => Promise<SubjectKeys>) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  'a journal that nobody wrote into has no keys': async (open) => {
    const keys = await open();
    deepEqual(await keys.load(), []);
    deepEqual(await keys.retire({ principal: 'owner' }), []);
    await keys.destroy([]);
    deepEqual(await keys.load(), []);
  },

  'each subject has a key of its own, and keeps it': async (open) => {
    const wanted = [fresh('1', owner), fresh('2', ada), fresh('3', bob)];
    const made = await (await open()).ensure(wanted);
    deepEqual(
      made.map(({ id }) => id),
      ['1', '2', '3'],
    );
    const again = await (await open()).ensure([fresh('4', bob), fresh('5', owner)]);
    deepEqual(
      again.map(({ id }) => id),
      ['3', '1'],
    );
    const all = await (await open()).load();
    equal(all.length, 3);
    for (const { id, secret } of wanted) deepEqual(secretOf(all, id), secret);
  },

  'of several that make a key for one subject at once, all get the same': async (open) => {
    const processes = await Promise.all(Array.from({ length: 5 }, open));
    const made = await Promise.all(
      processes.map((keys, i) => keys.ensure([fresh(`a${i}`, ada), fresh(`o${i}`, owner)])),
    );
    for (const one of made) deepEqual(idsAndSecrets(one), idsAndSecrets(made[0] ?? []));
    equal((await (await open()).load()).length, 2);
  },

  'a retired key can be read and is given to nobody': async (open) => {
    const [one, other] = [await open(), await open()];
    await one.ensure([fresh('1', ada)]);
    deepEqual(await other.retire({ agent: 'ada' }), ['1']);
    deepEqual(
      (await one.ensure([fresh('2', ada)])).map(({ id }) => id),
      ['2'],
    );
    ok(secretOf(await other.load(), '1') !== undefined);
    deepEqual((await one.retire({ agent: 'ada' })).toSorted(), ['1', '2'], 'those retired before, too');
  },

  'a principal is meant with its agents, and an agent whomever it belongs to': async (open) => {
    const keys = await open();
    await keys.ensure([fresh('1', owner), fresh('2', ada), fresh('3', bob)]);
    deepEqual((await keys.retire({ agent: 'ada' })).toSorted(), ['2', '3']);
    deepEqual((await keys.retire({ principal: 'owner' })).toSorted(), ['1', '2']);
    deepEqual(await keys.retire({ principal: 'ada' }), []);
  },

  'a destroyed key is nowhere, and everybody sees that it was destroyed': async (open) => {
    const [one, other] = [await open(), await open()];
    await one.ensure([fresh('1', owner), fresh('2', ada)]);
    await one.destroy(['2', 'never here']);
    const all = await other.load();
    equal(secretOf(all, '2'), undefined);
    notDeepEqual(secretOf(all, '1'), undefined);
    deepEqual(all.map(({ id }) => id).toSorted(), ['1', '2', 'never here']);
    deepEqual(
      (await other.ensure([fresh('3', ada)])).map(({ id }) => id),
      ['3'],
    );
    deepEqual(await other.retire({ agent: 'ada' }), ['3']);
    await other.destroy(['2']);
  },

  'keys are taken over as they are, and what is here already stays': async (open) => {
    const keys = await open();
    await keys.ensure([fresh('1', owner)]);
    const moved: readonly SubjectKey[] = [
      { id: '1', subject: bob, secret: randomBytes(32), retired: false },
      { id: '2', subject: ada, secret: randomBytes(32), retired: false },
      { id: '3', subject: bob, secret: randomBytes(32), retired: true },
      { id: '4', subject: undefined, secret: undefined, retired: true },
    ];
    const [first] = await keys.load();
    await keys.adopt(moved);
    await keys.adopt(moved);
    const all = await (await open()).load();
    const byId = all.toSorted((a, b) => Number(a.id) - Number(b.id));
    deepEqual(plain(byId), plain([...(first === undefined ? [] : [first]), ...moved.slice(1)]));
    deepEqual(
      (await keys.ensure([fresh('5', ada), fresh('6', bob)])).map(({ id }) => id),
      ['2', '6'],
    );
  },
};

const plain = (keys: readonly SubjectKey[]) =>
  keys.map(({ secret, ...key }) => ({ ...key, secret: secret && Buffer.from(secret).toString('hex') }));

const idsAndSecrets = (keys: readonly SubjectKey[]) =>
  keys.map(({ id, secret }) => [id, secret && Buffer.from(secret).toString('hex')]);

/** Registers the tests that the keys of every store have to pass. */
export const subjectKeysContract = (name: string, harness: SubjectKeysHarness): void => {
  describe(`subject keys contract: ${name}`, () => {
    for (const [title, body] of Object.entries(cases)) {
      test(title, { timeout: 20_000 }, async (context) => body(await harness.create(context)));
    }
    const { bytes } = harness;
    if (bytes === undefined) return;
    test('of a destroyed key no byte is left', { timeout: 20_000 }, async (context) => {
      const keys = await (await harness.create(context))();
      const wanted = Array.from({ length: 50 }, (_, i) =>
        fresh(`${i}`, { principal: 'owner', agent: `a${i}` }),
      );
      await keys.ensure(wanted);
      const before = await bytes(context);
      for (const { secret } of wanted) ok(before.includes(secret), 'it is kept as bytes');
      await keys.destroy(wanted.map(({ id }) => id));
      const after = await bytes(context);
      for (const { secret } of wanted) {
        for (let at = 0; at < secret.length; at += 8)
          ok(!after.includes(Buffer.from(secret.subarray(at, at + 8))));
      }
    });
  });
};
