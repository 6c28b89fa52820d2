import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalisedOrigin, originSchema } from './origin.ts';

describe('WO9 the address of a repository', () => {
  for (const [normal, spellings] of Object.entries({
    'git.example/web/shop': [
      'https://git.example/web/shop',
      'https://git.example/web/shop.git',
      'https://git.example/web/shop.git/',
      'HTTPS://Git.Example:443/web/shop',
      'https://ada:secret@git.example/web/shop.git',
      'https://token@git.example/web/shop',
      'http://git.example:80/web/shop',
      'ssh://git@git.example/web/shop.git',
      'ssh://git@git.example:22/web/shop.git',
      'git+ssh://git.example/web/shop',
      'git://git.example:9418/web/shop.git',
      'git@git.example:web/shop.git',
      'git@GIT.example:/web/shop',
      'git.example:web/shop.git',
      '  https://git.example/web/shop.git\n',
    ],
    'git.example:2222/web/shop': [
      'ssh://git@git.example:2222/web/shop.git',
      'https://a:b@git.example:2222/web/shop',
    ],
    '[2001:db8::1]/shop': ['https://[2001:DB8::1]/shop.git', 'git@[2001:db8::1]:shop.git'],
    '/srv/git/shop': ['/srv/git/shop.git', '/srv/git/shop/', 'file:///srv/git/shop.git'],
    'C:/git/shop': ['C:/git/shop.git'],
    'git.example/Web/Shop': ['https://git.example/Web/Shop.git'],
  })) {
    it(`is ${normal} however it is written`, () => {
      for (const spelling of [normal, ...spellings])
        assert.equal(normalisedOrigin(spelling), normal, spelling);
    });
  }
});

describe('WO9 an origin', () => {
  it('is in its one form already once it is', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9:@/.~%_-]{0,30}$/);
    const address = fc
      .tuple(fc.constantFrom('https://', 'ssh://', 'git@', 'u:p@', 'file://', '/', ''), part)
      .map(([begin, rest]) => begin + rest);
    fc.assert(
      fc.property(address, (text) => {
        const once = normalisedOrigin(text);
        assert.equal(normalisedOrigin(once), once);
      }),
    );
  });

  it('keeps no user and no password of a URL, also with odd signs in them', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9:%!$&'()*+,;=@._~-]{1,30}$/);
    fc.assert(
      fc.property(fc.constantFrom('https', 'ssh', 'http', 'git'), word, (scheme, secret) => {
        assert.equal(normalisedOrigin(`${scheme}://${secret}@git.example/shop.git`), 'git.example/shop');
      }),
    );
  });

  it('is refused when it is none, and a path is none', () => {
    for (const text of [
      '/srv/git/shop',
      'file:///srv/shop',
      '../shop',
      'a/../b',
      'C:\\shop',
      'C:/shop',
      'shop',
      '.',
      ' ',
    ])
      assert(!originSchema.safeParse(text).success, text);
    for (const text of [
      'https://git.example/shop',
      'git@git.example:web/shop.git',
      'git.example:2222/shop',
      '[::1]/shop',
      'local/0123456789abcdef',
      'https://git.example/a..b/.shop',
    ])
      assert(originSchema.safeParse(text).success, text);
  });
});
