import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { it } from 'node:test';
import type { ProxyHeader } from './exposure.ts';
import { forwardedAddress } from './forwarded.ts';

const proxy = undefined;
const usual = 'x-forwarded-for';

type Row = readonly [by: ProxyHeader, headers: Readonly<Record<string, string>>, address: string | undefined];

const rows: readonly Row[] = [
  [usual, {}, proxy],
  [usual, { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  [usual, { 'x-forwarded-for': '127.0.0.1, 192.0.2.1' }, '192.0.2.1'],
  [usual, { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1'],
  [usual, { 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
  [usual, { 'x-forwarded-for': '[2001:db8::1]:80' }, '2001:db8::1'],
  [usual, { 'x-forwarded-for': '192.0.2.1, unknown' }, proxy],
  [usual, { 'x-forwarded-for': '192.0.2.1,' }, proxy],
  [usual, { forwarded: 'for=192.0.2.9', 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  [usual, { forwarded: 'for=192.0.2.9' }, proxy],
  ['forwarded', {}, proxy],
  ['forwarded', { forwarded: 'for=192.0.2.9, for=192.0.2.1;proto=https' }, '192.0.2.1'],
  ['forwarded', { forwarded: 'by=10.0.0.1; For="[2001:db8::1]:80"' }, '2001:db8::1'],
  ['forwarded', { forwarded: 'for=_hidden' }, proxy],
  ['forwarded', { forwarded: 'notfor=192.0.2.1' }, proxy],
  ['forwarded', { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '192.0.2.9' }, '192.0.2.1'],
  ['forwarded', { 'x-forwarded-for': '192.0.2.9' }, proxy],
];

for (const [by, headers, address] of rows) {
  it(`${JSON.stringify(headers)} by ${by} came from ${address ?? 'the proxy'}`, () => {
    const request = new IncomingMessage(new Socket());
    Object.assign(request.headers, headers);
    assert.equal(forwardedAddress(request, by), address);
  });
}
