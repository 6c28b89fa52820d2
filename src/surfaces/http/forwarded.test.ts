import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { it } from 'node:test';
import { forwardedAddress } from './forwarded.ts';

const proxy = undefined;

const rows: readonly [headers: Readonly<Record<string, string>>, address: string | undefined][] = [
  [{}, proxy],
  [{ 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  [{ 'x-forwarded-for': '127.0.0.1, 192.0.2.1' }, '192.0.2.1'],
  [{ 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1'],
  [{ 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
  [{ 'x-forwarded-for': '[2001:db8::1]:80' }, '2001:db8::1'],
  [{ 'x-forwarded-for': '192.0.2.1, unknown' }, proxy],
  [{ 'x-forwarded-for': '192.0.2.1,' }, proxy],
  [{ forwarded: 'for=192.0.2.9, for=192.0.2.1;proto=https' }, '192.0.2.1'],
  [{ forwarded: 'by=10.0.0.1; For="[2001:db8::1]:80"' }, '2001:db8::1'],
  [{ forwarded: 'for=_hidden' }, proxy],
  [{ forwarded: 'notfor=192.0.2.1' }, proxy],
  [{ forwarded: 'for=192.0.2.9', 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
];

for (const [headers, address] of rows) {
  it(`${JSON.stringify(headers)} came from ${address ?? 'the proxy'}`, () => {
    const request = new IncomingMessage(new Socket());
    Object.assign(request.headers, headers);
    assert.equal(forwardedAddress(request), address);
  });
}
