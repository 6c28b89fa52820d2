/* What doctor says of tokens, and of the one call of MCP that it makes with them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { newTokenText } from '../../src/host/access/token-text.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';
import { type Findings, examine, mend, of, withBoard } from './examine.ts';

interface Asking {
  readonly ground: Ground;
  readonly url: string;
  /** The file with the token of the owner. */
  readonly path: string;
  readonly owner: string;
}

/** A hub that asks who calls, and where its first start has left the token of its owner. */
const withAskingHub = async (context: TestContext): Promise<Asking> => {
  const ground = await openGround(context);
  const hub = ground.start(['serve', '--port', '0']);
  const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
  const path = join(ground.dataDir, 'token');
  return { ground, url, path, owner: readFileSync(path, 'utf8').trim() };
};

const look = async (
  ground: Ground,
  check: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Findings> => of(await examine(ground, 'work', { env }), check);

const made = z.object({ id: z.string(), token: z.string() });

const makeToken = async (ground: Ground, ...words: readonly string[]) => {
  const { out, err } = await ground.person(['token', 'create', ...words, '--json']);
  assert.match(out, /^\{/, err);
  return made.parse(JSON.parse(out));
};

const revoke = async (ground: Ground, id: string): Promise<void> => {
  const { status, err } = await ground.person(['token', 'revoke', id]);
  assert.equal(status, 0, err);
};

const found = (findings: Findings): readonly (readonly [string, string | undefined])[] =>
  findings.map(({ state, mend: command }) => [state, command] as const);

describe('the token of the owner in the data directory', () => {
  it('is good when it is theirs alone and the hub knows it', async (t) => {
    const { ground, path } = await withAskingHub(t);
    const [token, ...others] = await look(ground, 'tokens');
    assert.deepEqual([token?.state, others], ['good', []]);
    assert.match(
      token?.what ?? '',
      /\/token is yours alone, and the token in it holds: tk_\w+ of owner, kind person, role admin, until it is revoked\.$/,
    );
    assert(!JSON.stringify(token).includes(readFileSync(path, 'utf8').trim()));
    const [mcp] = await look(ground, 'MCP');
    assert.equal(mcp?.state, 'good');
    assert.match(mcp?.what ?? '', /answers it with \d+ tools, by the token in hub\.json\.$/);
  });

  it('is bad when others can read it, or it is none, which its command mends', async (t) => {
    const { ground, path } = await withAskingHub(t);
    chmodSync(path, 0o644);
    const [open] = await look(ground, 'tokens');
    assert.deepEqual([open?.state, open?.mend], ['bad', `chmod 600 ${path}`]);
    mend(ground, open);
    assert.equal((await look(ground, 'tokens'))[0]?.state, 'good');
    writeFileSync(path, 'sbx_short\n');
    const [none] = await look(ground, 'tokens');
    assert.deepEqual([none?.state, none?.mend], ['bad', `mv ${path} ${path}.aside`]);
    mend(ground, none);
    const [after] = await look(ground, 'tokens');
    assert.match(after?.what ?? '', /^Commands of this data directory come in to the hub/);
  });

  it('is warned about when it was revoked, and is asked of the journals where no hub runs', async (t) => {
    const { ground, path, url, owner } = await withAskingHub(t);
    const answer = await fetch(`${url}/v1/operations/auth_status`, {
      method: 'POST',
      body: '{}',
      headers: { Authorization: `Bearer ${owner}`, 'Content-Type': 'application/json' },
    });
    const { token: id } = z.object({ token: z.string() }).parse(await answer.json());
    await revoke(ground, id);
    const [revoked] = await look(ground, 'tokens');
    assert.deepEqual([revoked?.state, revoked?.mend], ['warn', `mv ${path} ${path}.aside`]);
    assert.match(revoked?.what ?? '', /was revoked.*the next start of the hub makes another/);
    mend(ground, revoked);
    assert(!existsSync(path));
  });
});

describe('SIGNALBOX_TOKEN', () => {
  it('is good when the hub knows it, and told with its kind and its end', async (t) => {
    const { ground } = await withAskingHub(t);
    const { id, token } = await makeToken(ground, 'ci', '--kind', 'agent');
    const env = { SIGNALBOX_TOKEN: token };
    const [good] = await look(ground, 'tokens', env);
    assert.equal(good?.state, 'good');
    assert.match(
      good?.what ?? '',
      new RegExp(
        `^SIGNALBOX_TOKEN holds: ${id} of owner, kind agent, role worker, until 2\\d{3}-\\d\\d-\\d\\dT\\S+Z\\.$`,
      ),
    );
    assert.match((await look(ground, 'MCP', env))[0]?.what ?? '', /by the token in SIGNALBOX_TOKEN\.$/);
    await revoke(ground, id);
    const [revoked] = await look(ground, 'tokens', env);
    assert.deepEqual([revoked?.state, revoked?.mend], ['bad', 'unset SIGNALBOX_TOKEN']);
    assert.match(revoked?.what ?? '', new RegExp(`${id}\\) was revoked`));
  });

  it('is bad when it is no token, or none that the hub knows, and so is the call', async (t) => {
    for (const [token, why] of [
      ['sbx_short', /is no token of Signalbox, which is sbx_ and 43 characters/],
      [newTokenText(), /does not know this token/],
      ['hunter2', /is no token of this hub/],
    ] as const) {
      const { ground } = await withAskingHub(t);
      const examined = await examine(ground, 'work', { env: { SIGNALBOX_TOKEN: token } });
      const [bad] = of(examined, 'tokens');
      assert.deepEqual([bad?.state, bad?.mend], ['bad', 'unset SIGNALBOX_TOKEN'], token);
      assert.match(bad?.what ?? '', why);
      const [mcp] = of(examined, 'MCP');
      assert.deepEqual([mcp?.state, mcp?.mend], ['bad', 'unset SIGNALBOX_TOKEN']);
      assert.match(mcp?.what ?? '', /does not answer initialize by the token in SIGNALBOX_TOKEN: /);
      assert(!JSON.stringify(examined).includes(token));
    }
  });

  it('is asked of the journals where no hub runs, and of nobody where there is nothing', async (t) => {
    const empty = await openGround(t);
    const env = { SIGNALBOX_TOKEN: newTokenText() };
    assert.match((await look(empty, 'tokens', env))[0]?.what ?? '', /is not known: there is no hub yet/);
    assert(!existsSync(empty.dataDir));
    const ground = await withBoard(t);
    assert.match((await look(ground, 'tokens', env))[0]?.what ?? '', /does not know it/);
    const { id, token } = await makeToken(ground, 'ci');
    const own = { SIGNALBOX_TOKEN: token };
    assert.match((await look(ground, 'tokens', own))[0]?.what ?? '', new RegExp(`holds: ${id} of owner`));
    await revoke(ground, id);
    assert.match((await look(ground, 'tokens', own))[0]?.what ?? '', new RegExp(`${id} was revoked`));
  });
});

describe('a hub that asks for no token', () => {
  it('is good, whether a token is shown to it or not', async (t) => {
    const ground = await openGround(t);
    await ground
      .start(['serve', '--port', '0'], { env: { SIGNALBOX_INSECURE_NO_AUTH: 'true' } })
      .says('Ctrl-C');
    assert.match(
      (await look(ground, 'tokens'))[0]?.what ?? '',
      /token is yours alone, and the token in it holds: /,
    );
    assert.match(
      (await look(ground, 'MCP'))[0]?.what ?? '',
      /answers it with \d+ tools, by the token in hub\.json\.$/,
    );
    const env = { SIGNALBOX_TOKEN: newTokenText() };
    assert.match((await look(ground, 'tokens', env))[0]?.what ?? '', /does not know this token/);
  });

  it('is bad when it asks, and says what to give', async (t) => {
    const ground = await openGround(t);
    const token = newTokenText();
    const hub = ground.start(['serve', '--port', '0'], { env: { SIGNALBOX_TOKEN: token } });
    await hub.says('Ctrl-C');
    for (const check of ['tokens', 'MCP']) {
      const [bad] = await look(ground, check);
      assert.deepEqual([bad?.state, bad?.mend], ['bad', 'export SIGNALBOX_TOKEN=sbx_...'], check);
      const [good] = await look(ground, check, { SIGNALBOX_TOKEN: token });
      assert.equal(good?.state, 'good', good?.what);
    }
  });
});

/** What answers as a hub does that is well, and everything else so. */
const listening = async (context: TestContext, status: number, body: string): Promise<string> => {
  const health = { status: 'ok', id: 'the-hub', version: '0.0.1', store: 'sqlite', workspaces: [] };
  const server: Server = createServer(({ url }, response) => {
    if (url === '/health') return void response.end(JSON.stringify(health));
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}`;
};

describe('a hub whose address is given', () => {
  it('that says that the token has expired is mended by refreshing that', async (t) => {
    const ground = await openGround(t);
    const details = { token: 'tk_0123456789', standing: 'expired' };
    const error = { code: 'unauthenticated', message: 'It expired.', details };
    const url = await listening(t, 401, JSON.stringify({ error }));
    const [bad] = await look(ground, 'tokens', { SIGNALBOX_TOKEN: newTokenText(), SIGNALBOX_URL: url });
    assert.deepEqual([bad?.state, bad?.mend], ['bad', 'signalbox token refresh tk_0123456789'], bad?.what);
  });

  it('that does not speak MCP is told with what it answers', async (t) => {
    const ground = await openGround(t);
    const url = await listening(t, 200, 'hello');
    const [bad] = await look(ground, 'MCP', { SIGNALBOX_URL: url });
    assert.equal(bad?.state, 'bad');
    assert.match(bad?.what ?? '', /does not answer initialize: status 200, and nothing that is MCP$/);
  });
});

describe('the token of a client', () => {
  it('holds until it is revoked, and connecting again mends that', async (t) => {
    const { ground } = await withAskingHub(t);
    const { status, err } = await ground.person(['connect', 'claude']);
    assert.equal(status, 0, err);
    const file = ground.at('.claude.json');
    const [good] = await look(ground, 'clients');
    assert.equal(good?.state, 'good');
    const id = /Its token holds: (tk_\w+) of owner, kind agent, role worker, until it is revoked\.$/.exec(
      good?.what ?? '',
    )?.[1];
    assert(id !== undefined, good?.what);
    chmodSync(file, 0o644);
    const open = await look(ground, 'clients');
    assert.deepEqual(found(open), [['warn', `chmod 600 ${file}`]]);
    mend(ground, open[0]);
    await revoke(ground, id);
    const revoked = await look(ground, 'clients');
    assert.deepEqual(found(revoked), [['warn', 'signalbox connect claude']]);
    assert.equal((await ground.person(['connect', 'claude'])).status, 0);
    assert.equal((await look(ground, 'clients'))[0]?.state, 'good');
  });
});
