/*
 * Every operation, as every role and kind, over every surface: refused or not exactly as docs/reference/permissions.md
 * says. The table itself is proven against the hub alone in src/areas/access/permissions.test.ts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, describe, it } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { kinds, roles } from '../../src/areas/access/model.ts';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { callByName } from '../../src/host/call-by-name.ts';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import type { Kind, Role } from '../../src/kernel/entry.ts';
import type { Operation } from '../../src/kernel/operation.ts';
import { roleAtLeast } from '../../src/kernel/entry.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { type Site, openSite, startHub, stdioClient } from './processes.ts';

const catalogue = new Catalogue(operations);

interface Visitor {
  readonly role: Role;
  readonly kind: Kind;
  readonly token: string;
}

/** Makes one call, and gives back all that is said of it. */
type Say = (operation: string, input: object) => Promise<string>;

/** Opens a surface for a visitor. */
type Open = (visitor: Visitor) => Promise<Say>;

/** What an answer says of who called, whatever stands around it. */
const refusalIn = (text: string, name: string): 'role' | 'person' | undefined => {
  if (text.includes(`${name} needs the role `)) return 'role';
  return text.includes(`${name} needs a person`) ? 'person' : undefined;
};

const expected = ({ role, person }: Operation, visitor: Visitor, asPerson: boolean) => {
  if (!roleAtLeast(visitor.role, role)) return 'role';
  return person === true && !(asPerson && visitor.kind === 'person') ? 'person' : undefined;
};

/** The first example, but nobody waits, and no limit gets in the way of the next. */
const inputOf = (operation: Operation): object => {
  if (operation.name === 'rate_limit_update') return { profile: 'laptop' };
  const { input } = z.object({ input: z.looseObject({}) }).parse(operation.examples[0]);
  return catalogue.accepts(operation, 'wait_ms') ? { ...input, wait_ms: 1 } : input;
};

const made = z.object({ token: z.string() });

/** A visitor of every role and kind, each with a token of its own. */
const visitorsOf = async (url: string, owner: string): Promise<readonly Visitor[]> => {
  const headers = { Authorization: `Bearer ${owner}` };
  const visitors: Visitor[] = [];
  for (const role of roles) {
    for (const kind of kinds) {
      const name = `${role}-${kind}`;
      const answers = [];
      for (const [operation, input] of [
        ['principal_add', { name, kind, role }],
        ['token_create', { principal: name, role }],
      ] as const) {
        const body = JSON.stringify(input);
        const response = await fetch(`${url}/v1/operations/${operation}`, { method: 'POST', body, headers });
        answers.push(await response.json());
      }
      visitors.push({ role, kind, token: made.parse(answers[1]).token });
    }
  }
  return visitors;
};

const overHttp =
  (url: string): Open =>
  async ({ token }) =>
  async (operation, input) => {
    const body = JSON.stringify(input);
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/v1/operations/${operation}`, { method: 'POST', body, headers });
    return response.text();
  };

const overMcp =
  (context: TestContext, url: string, mode: string): Open =>
  async ({ token }) => {
    const client = new Client({ name: 'Visitor', version: '1' });
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`/mcp/${mode}`, url), { requestInit }));
    context.after(() => client.close());
    return sayWith(client);
  };

const overStdio =
  (site: Site): Open =>
  async ({ token }) =>
    sayWith(await stdioClient(site, { flags: ['--mode', 'full'], env: { SIGNALBOX_TOKEN: token } }));

/** Directly where there is such a tool, else through the tool that calls any operation. */
const sayWith = async (client: Client): Promise<Say> => {
  const { tools } = await client.listTools();
  const names = new Set(tools.map(({ name }) => name));
  return async (operation, input) => {
    const asked = names.has(operation)
      ? { name: operation, arguments: { ...input } }
      : { name: 'tool_call', arguments: { name: operation, arguments: input } };
    const { content } = await client.callTool(asked);
    return z.array(z.looseObject({ text: z.string().default('') })).parse(content)[0]?.text ?? '';
  };
};

/** The command line without a process of its own: what stands behind `signalbox call`, off a terminal. */
const onCommandLine =
  ({ dataDir }: Site): Open =>
  async ({ token }) => {
    const env = { SIGNALBOX_TOKEN: token, SIGNALBOX_WORKSPACE: 'main' };
    const configuration = await readConfiguration({ 'data-dir': dataDir }, { env, cwd: dataDir });
    assert.ok(configuration.ok);
    return async (operation, input) => {
      const [out, err] = [new PassThrough().resume(), new PassThrough().resume()];
      const outcome = await callByName({
        words: [operation, JSON.stringify(input)],
        flags: new Map(),
        lists: new Map(),
        configuration: configuration.value,
        faults: [],
        terminal: { out, err, columns: undefined, colour: false, wide: false, json: true },
        log: new CollectedLog(),
      });
      return outcome.ok ? '' : outcome.message;
    };
  };

describe('AC17 who may call what', () => {
  it('is the same on every surface, for every operation and role, and over HTTP for every kind', async (t) => {
    const site = await openSite(t);
    const { url } = await startHub(site, { auth: true });
    const owner = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    const visitors = await visitorsOf(url, owner);
    // Whatever is not HTTP alone is a program's, and never a person.
    const surfaces: readonly [surface: string, asPerson: boolean, open: Open][] = [
      ['HTTP', true, overHttp(url)],
      ['MCP', false, overMcp(t, url, 'full')],
      ['MCP by tool_call', false, overMcp(t, url, 'minimal')],
      ['stdio', false, overStdio(site)],
      ['command line', false, onCommandLine(site)],
    ];
    const persons = visitors.filter(({ kind }) => kind === 'person');
    let calls = 0;
    for (const [surface, asPerson, open] of surfaces) {
      // Where nobody is a person, those are looked at who are one elsewhere.
      for (const visitor of asPerson ? visitors : persons) {
        const say = await open(visitor);
        for (const operation of catalogue.operations) {
          const text = await say(operation.name, inputOf(operation));
          const where = `${operation.name} as ${visitor.role} and ${visitor.kind} over ${surface}: ${text}`;
          assert.equal(
            refusalIn(text, operation.name),
            expected(operation, visitor, asPerson),
            where.slice(0, 500),
          );
          calls += 1;
        }
      }
    }
    const visits = roles.length * kinds.length + (surfaces.length - 1) * roles.length;
    assert.equal(calls, visits * catalogue.operations.length);
  });
});
