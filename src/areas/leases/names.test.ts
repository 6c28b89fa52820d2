import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockYard } from '../../testing/lock-yard.ts';
import { readLockName, readWork } from './model/names.ts';

const textOf = (name: string): string => {
  const reading = readLockName(name);
  return reading.ok ? reading.lock.text : 'refused';
};

const workOn = (branch: string | undefined): string => {
  const reading = readWork(branch);
  return reading.ok ? reading.lock.text : 'refused';
};

describe('the name of a lock', () => {
  for (const [given, text, segments] of [
    ['pytest', 'pytest', ['resource', 'pytest']],
    ['resource:pytest', 'pytest', ['resource', 'pytest']],
    [' PyTest ', 'pytest', ['resource', 'pytest']],
    ['pr-create', 'pr-create', ['resource', 'pr-create']],
    ['db/users', 'db/users', ['resource', 'db', 'users']],
    ['Issue:042', 'issue:42', ['issue', '42']],
    ['issue:0', 'issue:0', ['issue', '0']],
    ['issue:shop/007', 'issue:shop/7', ['issue', 'shop', '7']],
    ['WAVE:5C', 'wave:5c', ['wave', '5c']],
    ['wave:5c.01', 'wave:5c.1', ['wave', '5c', '1']],
    ['wave:5c-1', 'wave:5c.1', ['wave', '5c', '1']],
    ['wave:5c-01.2', 'wave:5c.1.2', ['wave', '5c', '1', '2']],
    ['role:Reviewer', 'role:reviewer', ['role', 'reviewer']],
    ['role:5c.reviewer', 'role:5c.reviewer', ['role', '5c', 'reviewer']],
    ['branch:feature/X', 'branch:feature/X', ['branch', 'feature/X']],
    ['file:./src/', 'file:src/**', ['file', 'src/**']],
    ['file:Src/*.ts', 'file:Src/*.ts', ['file', 'Src/*.ts']],
    ['file: src/a.ts', 'file:src/a.ts', ['file', 'src/a.ts']],
    ['file:cafe\u0301', 'file:caf\u00e9', ['file', 'caf\u00e9']],
    ['file:src/a b~.ts', 'file:src/a b~.ts', ['file', 'src/a b~.ts']],
    ['file:src/{a,b/c}.ts', 'file:src/{a,b/c}.ts', ['file', 'src/{a,b/c}.ts']],
    ['file:src{,/**}', 'file:src{,/**}', ['file', 'src{,/**}']],
    ['file:app/[...slug]/{a,b}.*', 'file:app/[...slug]/{a,b}.*', ['file', 'app/[...slug]/{a,b}.*']],
    ['file:app/[[...slug]]/a', 'file:app/[[...slug]]/a', ['file', 'app/[[...slug]]/a']],
    ['file:.[!.]*/.*', 'file:.[!.]*/.*', ['file', '.[!.]*/.*']],
    ['branch:v1.x/a.locked', 'branch:v1.x/a.locked', ['branch', 'v1.x/a.locked']],
    ['branch:x/HEAD', 'branch:x/HEAD', ['branch', 'x/HEAD']],
    ['branch:a./@', 'branch:a./@', ['branch', 'a./@']],
    ['deploy:prod/eu', 'deploy:prod/eu', ['deploy', 'prod', 'eu']],
    ['resource:work', 'resource:work', ['resource', 'work']],
  ] as const) {
    it(`LE1 LE2 LE3 is ${text} when it is written ${JSON.stringify(given)}`, () => {
      const reading = readLockName(given);
      assert.ok(reading.ok);
      assert.deepEqual(reading.lock, { text, segments });
    });
  }
});

/** What LE4 refuses. */
const faulty: readonly string[] = [
  '',
  'a b',
  'issue:',
  'issue:#42',
  'wave:5c..1',
  'wave:5c/1',
  'a/b/c/d/e/f/g',
  'x'.repeat(65),
  'branch:a b',
  'branch:/x',
  'branch:a..b',
  'branch:a\u200bb',
  'file:src/{a..c}.ts',
  'file:src/+(a|b).ts',
  'file:src/[[:alpha:]].ts',
  'file:/etc/passwd',
  'file:../x',
  'file:a//b',
  'file:a\\b',
  'file:a\u0007',
  'file:a\u200bb',
  'file:a\u00adb',
  'file:\u3164',
  'file:src/ a.ts',
  'file:./ a.ts',
  'file:C:/x',
  'file:./c:x',
  'file:~/x',
  'file:src/{../lib,x}/a.ts',
  'file:src/{.,}./lib/a.ts',
  'file:src/{a,.{.,b}}/c',
  'file:{/etc,a}/x',
  'file:{~,a}/x',
  'file:{C:,a}/x',
  'file:{./,}a',
  'file:{src/,test/}',
  'file:src/{a, b}',
  'file:src/.[.]/a',
  'file:src/[.]./a',
  'file:src/.[!a]/a',
  'file:src/.?/a',
  'file:src/{+,x}(a)',
  'file:src/[a[:digit:]].ts',
  'file:src/[[=a=]].ts',
  'file:src/[[.a.]].ts',
  'file:src/[!]a].ts',
  'file:{b[,x}a]',
  'file:{b[a],x}',
  'file:b[{a,c}]',
  'file:b[a{,/}c]',
  'branch:a.lock',
  'branch:feature/.x',
  'branch:foo.',
  'branch:a/b.lock/c',
  'branch:.x',
  'branch:HEAD',
  'pytest\u001b[2J',
  'größe',
  'a..b',
];

describe('what is no name of a lock', () => {
  for (const given of faulty) {
    it(`LE4 is none when it is written ${JSON.stringify(given.slice(0, 20))}`, () => {
      const reading = readLockName(given);
      assert.ok(!reading.ok && reading.fault.length > 20);
      const yard = new LockYard();
      yard.refused(yard.join('ada'), 'lock_acquire', { code: 'invalid_input', input: { name: given } });
    });
  }

  it('LE3 read again is the same, whatever it was', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9._/*-]{1,12}$/);
    const kind = fc.constantFrom('', 'wave:', 'Issue:', 'role:', 'branch:', 'file:', 'resource:', 'x:');
    const seen = { ok: 0 };
    fc.assert(
      fc.property(kind, part, (of, rest) => {
        const reading = readLockName(`${of}${rest}`);
        if (!reading.ok) return;
        seen.ok += 1;
        assert.deepEqual(readLockName(reading.lock.text), reading);
        assert.ok(reading.lock.segments.every((segment) => segment !== '' && !segment.includes('\n')));
      }),
      { numRuns: 2_000 },
    );
    assert.ok(seen.ok > 300);
  });
});

describe('the lock called work', () => {
  for (const [branch, text] of [
    ['issue-42', 'issue:42'],
    ['issue-007-x', 'issue:7'],
    ['issue-42abc', 'branch:issue-42abc'],
    ['feature/issue-42', 'issue:42'],
    ['Feature/Issue-42-login', 'issue:42'],
    ['a/b/issue-42', 'branch:a/b/issue-42'],
    ['wave-5c.1', 'wave:5c.1'],
    ['wave-5C-1-cleanup', 'wave:5c.1'],
    ['wave-3-2024-cleanup', 'wave:3.2024'],
    ['wave-5c', 'wave:5c'],
    ['wave-5c-cleanup', 'wave:5c'],
    ['wave-5cd-1', 'branch:wave-5cd-1'],
    ['wave-5c.1x', 'branch:wave-5c.1x'],
    ['wave-5c-1x', 'branch:wave-5c-1x'],
    ['issue-4\uff12', 'branch:issue-4\uff12'],
    ['wave-5c-\uff11', 'wave:5c'],
    ['wave-12', 'wave:12'],
    ['main', 'branch:main'],
    ['my-issue-42', 'branch:my-issue-42'],
    ['refs/heads/issue-42', 'issue:42'],
    ['refs/heads/main', 'branch:main'],
  ] as const) {
    it(`LE5 is ${text} on the branch ${branch}`, () => assert.equal(workOn(branch), text));
  }

  for (const branch of [
    undefined,
    '',
    '  ',
    'HEAD',
    'refs/heads/',
    'feature/issue-42/../x',
    'issue-42/',
    '-x',
    'issue-42.lock',
    'feature/.issue-42',
    'issue-42.',
    'a.lock/issue-42',
  ]) {
    it(`LE5 is refused on the branch ${JSON.stringify(branch)}`, () =>
      assert.equal(workOn(branch), 'refused'));
  }

  it('10. LE5 of two worktrees is two locks, and none where no branch is checked out', () => {
    const yard = new LockYard();
    const [ada, bob] = [yard.join('ada'), yard.join('bob')];
    yard.lock(ada, 'work', { branch: 'feature/issue-42' });
    yard.lock(bob, 'work', { branch: 'issue-43-search' });
    yard.blocked(bob, 'work', { branch: 'issue-42' });
    assert.deepEqual(yard.held, ['ada issue:42 exclusive', 'bob issue:43 exclusive']);
    const refusal = yard.refused(bob, 'lock_acquire', { code: 'invalid_input', input: { name: 'work' } });
    assert.match(refusal.message, /pass branch/);
    assert.deepEqual(yard.do(ada, 'lock_release', { name: 'Work', branch: 'issue-42' })['released'], [
      'issue:42',
    ]);
    assert.equal(textOf('work'), 'resource:work');
  });
});
