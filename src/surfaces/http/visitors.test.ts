import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Exposure, onThisMachine } from './exposure.ts';
import { Visitors } from './visitors.ts';

const tls = { cert: '', key: '' };

type Row = readonly [
  how: Partial<Exposure>,
  host: string,
  said: { readonly origin?: string; readonly site?: string },
  comesIn: boolean,
];

const rows: readonly Row[] = [
  [{}, 'localhost:8321', {}, true],
  [{}, 'localhost:8321', { site: 'none' }, true],
  [{}, 'localhost:8321', { site: 'same-origin' }, true],
  [{}, 'localhost:8321', { site: 'same-site' }, false],
  [{}, 'localhost:8321', { site: 'cross-site' }, false],
  [{}, 'localhost:8321', { origin: 'http://localhost:8321' }, true],
  [{}, 'LOCALHOST:8321', { origin: 'http://localhost:8321', site: 'same-origin' }, true],
  [{}, 'localhost:8321', { origin: 'http://localhost:8321', site: 'cross-site' }, false],
  [{}, 'localhost:8321', { origin: 'http://127.0.0.1:8321' }, false],
  [{}, 'localhost:8321', { origin: 'http://localhost' }, false],
  [{}, 'localhost:8321', { origin: 'https://localhost:8321' }, false],
  [{}, 'hub.example', {}, false],
  [{ hosts: ['hub.example'] }, 'hub.example', {}, true],
  [{ hosts: ['hub.example'] }, 'Hub.Example:99', {}, true],
  [{ hosts: ['hub.example'] }, 'x.hub.example', {}, false],
  [{ hosts: ['hub.example'] }, 'hub.example.', {}, false],
  [{ hosts: ['hub.example'] }, 'hub.example@evil.example', {}, false],
  [{ hosts: ['hub.example:99'] }, 'hub.example:99', {}, true],
  [{ hosts: ['hub.example:99'] }, 'hub.example', {}, false],
  [{ hosts: ['hub.example:99'] }, 'hub.example:98', {}, false],
  [{ hosts: ['hub.example:99'] }, 'hub.example:99:99', {}, false],
  [{ hosts: ['[2001:db8::1]'] }, '[2001:db8::1]:8321', {}, true],
  [{ hosts: ['hub.example'], tls }, 'hub.example', { origin: 'https://hub.example' }, true],
  [{ hosts: ['hub.example'], tls }, 'hub.example', { origin: 'http://hub.example' }, false],
  [{ hosts: ['hub.example'], behindProxy: true }, 'hub.example', { origin: 'https://hub.example' }, true],
  [{ hosts: ['hub.example'], behindProxy: true }, 'hub.example', { origin: 'http://hub.example' }, false],
  [{ behindProxy: true }, '127.0.0.1:8321', { origin: 'http://127.0.0.1:8321' }, true],
  [
    { origins: ['https://hub.example'] },
    'localhost',
    { origin: 'https://hub.example', site: 'cross-site' },
    true,
  ],
  [{ origins: ['https://hub.example'] }, 'localhost', { origin: 'https://hub.example:444' }, false],
  [{ origins: ['https://hub.example'] }, 'evil.example', { origin: 'https://hub.example' }, false],
];

for (const [how, host, { origin, site }, comesIn] of rows) {
  it(`${host} ${origin ?? '-'} ${site ?? '-'} with ${JSON.stringify(how)}: ${comesIn}`, () => {
    const visitors = new Visitors({ ...onThisMachine, ...how });
    const headers = { host, ...(origin && { origin }), ...(site && { 'sec-fetch-site': site }) };
    // What was found to be good is remembered.
    for (const _ of [1, 2]) assert.equal(visitors.refusal(headers) === undefined, comesIn);
    const isAllowed = origin !== undefined && how.origins?.includes(origin) === true;
    assert.equal(visitors.isOwnPage(headers) && comesIn, comesIn && origin !== undefined && !isAllowed);
  });
}
