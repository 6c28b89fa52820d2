/* DNS rebinding: a page whose own name resolves to this machine is same-origin with the hub, but for its Host. */
import assert from 'node:assert/strict';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';
import { type WireRequest, answerIn, speak } from '../harness/wire.ts';

const task = '/v1/operations/task_add';

/** A call that would do something, with a good token: the strongest form. */
const adding = (range: Range, headers: readonly string[]): WireRequest => ({
  method: 'POST',
  target: task,
  headers: [range.authorization, ...headers],
  body: '{"title":"rebound"}',
});

const named = (name: string, hostOf: (port: number) => string): Attack => ({
  name,
  run: async (range) => {
    const before = await range.journals();
    const answer = await range.ask(adding(range, [`Host: ${hostOf(range.port)}`]));
    const reason = refusedBy(answer, 'forbidden', /Host/);
    assert.equal(await range.journals(), before);
    return reason;
  },
});

const hosts: readonly (readonly [string, (port: number) => string])[] = [
  ['the name of another site', (port) => `evil.example:${port}`],
  ['the name of another site without a port', () => 'evil.example'],
  ['a name that begins with localhost', (port) => `localhost.evil.example:${port}`],
  ['a name that begins with 127.0.0.1', (port) => `127.0.0.1.evil.example:${port}`],
  ['a name that ends with localhost', (port) => `evil-localhost:${port}`],
  ['a name below localhost', (port) => `evil.localhost:${port}`],
  ['a name with loopback inside, as nip.io has them', (port) => `127.0.0.1.nip.io:${port}`],
  ['localhost with a dot at its end', (port) => `localhost.:${port}`],
  ['127.0.0.1 in decimal', (port) => `2130706433:${port}`],
  ['127.0.0.1 in hex', (port) => `0x7f000001:${port}`],
  ['127.0.0.1 in octal', (port) => `0177.0.0.1:${port}`],
  ['127.0.0.1 shortened', (port) => `127.1:${port}`],
  ['another address of loopback', (port) => `127.0.0.2:${port}`],
  ['the address of no interface', (port) => `0.0.0.0:${port}`],
  ['IPv6 in full', (port) => `[0:0:0:0:0:0:0:1]:${port}`],
  ['IPv6 without brackets', () => '::1'],
  ['IPv4 within IPv6', (port) => `[::ffff:127.0.0.1]:${port}`],
  ['a zone of IPv6', (port) => `[::1%25lo]:${port}`],
  ['a user before the name', (port) => `127.0.0.1@evil.example:${port}`],
  ['another user before the right name', (port) => `evil@127.0.0.1:${port}`],
  ['two names with a comma', (port) => `127.0.0.1:${port},evil.example`],
  ['two names with a space', (port) => `127.0.0.1:${port} evil.example`],
  ['a path behind the name', (port) => `127.0.0.1:${port}/evil.example`],
  ['a port that is no number', () => '127.0.0.1:80x'],
  ['a port of six digits', () => '127.0.0.1:123456'],
  ['an empty name', () => ''],
  ['letters that look like localhost', (port) => `l\u00f6calhost:${port}`],
];

const routes: readonly (readonly [string, string])[] = [
  ['GET', '/'],
  ['GET', '/health'],
  ['GET', '/ready'],
  ['GET', '/openapi.json'],
  ['GET', '/v1/events'],
  ['GET', '/v1/changes'],
  ['DELETE', '/v1/connection'],
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['POST', '/mcp/full'],
  ['POST', task],
  ['GET', '/nothing/here'],
];

const everyRoute: Attack = {
  name: `every address, what needs no token included (${routes.length})`,
  run: async (range) => {
    const reasons: string[] = [];
    for (const [method, target] of routes) {
      const headers = [range.authorization, 'Host: evil.example'];
      reasons.push(refusedBy(await range.ask({ method, target, headers }), 'forbidden', /Host/));
    }
    return together(reasons);
  },
};

const noHost: Attack = {
  name: 'no Host at all, as in HTTP/1.0',
  run: async (range) => {
    const bytes = `GET /health HTTP/1.0\r\n${range.authorization}\r\n\r\n`;
    return refusedBy(answerIn(await speak(range, bytes)), 'forbidden', /Host/);
  },
};

const twice = (name: string, order: (own: string) => readonly string[]): Attack => ({
  name,
  run: async (range) => {
    const before = await range.journals();
    const answer = await range.ask(adding(range, order(`Host: 127.0.0.1:${range.port}`)));
    assert([400, 403].includes(answer.status), answer.text);
    assert.equal(await range.journals(), before);
    return `${answer.status} ${answer.code}`;
  },
});

/** Takes effect, as it may: what a header of a proxy says changes nothing. */
const ignored = (name: string, header: string): Attack => ({
  name,
  run: async (range) => {
    const evil = await range.ask(adding(range, ['Host: evil.example', `${header}: 127.0.0.1:${range.port}`]));
    return `is not looked at: ${refusedBy(evil, 'forbidden', /Host/)}`;
  },
});

const absolute = (
  name: string,
  targetOf: (port: number) => string,
  host: (port: number) => string,
): Attack => ({
  name,
  run: async (range) => {
    const before = await range.journals();
    const { port } = range;
    const answer = await range.ask({ ...adding(range, [`Host: ${host(port)}`]), target: targetOf(port) });
    assert([400, 403, 404].includes(answer.status), answer.text);
    assert(answer.code !== undefined, answer.text);
    assert.equal(await range.journals(), before);
    return `${answer.status} ${answer.code}`;
  },
});

export const rebinding: Family = {
  name: 'DNS rebinding',
  aim: 'a page of another site to be taken for one of this machine.',
  control: {
    name: 'the same call under 127.0.0.1, localhost and [::1]',
    run: async (range) => {
      for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
        const answer = await range.ask(adding(range, [`Host: ${name}:${range.port}`]));
        assert.equal(answer.status, 200, `${name}: ${answer.text}`);
      }
      return '200, and a task is added';
    },
  },
  attacks: [
    ...hosts.map(([name, hostOf]) => named(`Host: ${name}`, hostOf)),
    everyRoute,
    noHost,
    twice('a second Host of another site', (own) => [own, 'Host: evil.example']),
    twice('a first Host of another site', (own) => ['Host: evil.example', own]),
    ignored('X-Forwarded-Host with a good name', 'X-Forwarded-Host'),
    ignored('X-Host with a good name', 'X-Host'),
    ignored('Forwarded with a good name', 'Forwarded'),
    absolute(
      'an address with another site in the request line',
      () => `http://evil.example${task}`,
      (port) => `127.0.0.1:${port}`,
    ),
    absolute(
      'an address with this hub in the request line, and another Host',
      (port) => `http://127.0.0.1:${port}${task}`,
      () => 'evil.example',
    ),
    absolute(
      'an address that begins with two slashes',
      () => `//evil.example${task}`,
      (port) => `127.0.0.1:${port}`,
    ),
  ],
};
