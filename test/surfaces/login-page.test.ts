import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { loginPage } from '../../src/surfaces/http/login-page.ts';
import { onThisMachine } from '../../src/surfaces/http/exposure.ts';
import { ok, refuse } from '../../src/kernel/errors.ts';
import { errorOf, parseAnswer, requestText, serve, speak } from './serving.ts';

const login = {
  desk: { offer: () => refuse('internal', 'No.'), redeem: () => refuse('internal', 'No.'), end: () => {} },
  hubUrl: () => '',
};

const partOf = (tag: string): string =>
  new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(loginPage)?.[1] ?? assert.fail(`no ${tag}`);

/** As much of a browser as the page needs. */
const openPage = (
  fragment: string,
  answer: (method: string, path: string, body: unknown) => [number, unknown],
) => {
  const elements = new Map<string, { textContent: string; hidden: boolean; click: () => unknown }>();
  const element = (id: string) => {
    assert(loginPage.includes(`id="${id}"`), id);
    const known = elements.get(id) ?? {
      textContent: '',
      hidden: new RegExp(`id="${id}"[^>]* hidden`).test(loginPage),
      click: () => {},
      addEventListener: (_type: string, work: () => unknown) => void (known.click = work),
    };
    elements.set(id, known);
    return known;
  };
  const addresses: string[] = [];
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));
  runInContext(
    partOf('script'),
    createContext({
      document: { getElementById: element },
      location: { hash: fragment, pathname: '/login' },
      history: {
        replaceState: (_state: unknown, _title: string, address: string) => addresses.push(address),
      },
      fetch: async (path: string, { method, body }: { method: string; body?: string }) => {
        const [status, value] = answer(method, path, body === undefined ? undefined : JSON.parse(body));
        return { ok: status === 200, status, json: async () => value };
      },
    }),
  );
  const seen = () => [
    element('state').textContent,
    ['in', 'out', 'links'].filter((id) => !element(id).hidden),
  ];
  return {
    seen,
    addresses,
    settle,
    click: async (id: string) => {
      await element(id).click();
    },
  };
};

const mia = { principal: 'mia', role: 'worker', kind: 'person', workspaces: ['*'] };

describe('the page to log in', () => {
  it('runs its own script and style, and nothing else', async (t) => {
    const { url } = await serve(t, undefined, { surface: { login } });
    const response = await fetch(`${url}/login`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(await response.text(), loginPage);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    for (const tag of ['script', 'style'])
      assert(policy.includes(`${tag}-src 'sha256-${hash('sha256', partOf(tag), 'base64')}'`), tag);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    // Nothing is loaded from anywhere, nothing runs but the one script, and tags are closed.
    assert.equal(loginPage.match(/<script/g)?.length, 1);
    assert.doesNotMatch(loginPage, /\ssrc=|<link|@import|\son\w+=|javascript:/);
    assert.equal((await fetch(`${url}/login`, { method: 'HEAD' })).status, 200);
  });

  it('lets a person in by a button, and takes the code out of sight before', async () => {
    const asked: unknown[] = [];
    const page = openPage('#the-code', (...call) => {
      asked.push(call);
      return [200, { ...mia, expires_in_s: 1 }];
    });
    assert.deepEqual([page.addresses, asked], [['/login'], []]);
    assert.deepEqual(page.seen()[1], ['in']);
    await page.click('in');
    assert.deepEqual(asked, [['POST', '/login', { code: 'the-code' }]]);
    assert.deepEqual(page.seen(), ['You are logged in as mia (worker).', ['out', 'links']]);
    await page.click('out');
    assert.deepEqual(asked[1], ['POST', '/logout', {}]);
    assert.deepEqual(page.seen()[1], []);
  });

  it('says why somebody is not let in', async () => {
    const page = openPage('#old', () => [401, { error: { message: 'This link does not hold.' } }]);
    await page.click('in');
    assert.deepEqual(page.seen(), ['This link does not hold.', []]);
  });

  it('says who is logged in, and how nobody comes to be', async () => {
    const known = openPage('', () => [200, { ...mia, workspaces: ['shop', 'main'] }]);
    await known.settle();
    assert.deepEqual(known.seen(), ['You are logged in as mia (worker, for shop, main).', ['out', 'links']]);
    const strange = openPage('', () => [401, {}]);
    await strange.settle();
    assert.match(String(strange.seen()[0]), /^Nobody is logged in here\. Run signalbox login/);
    const gone = openPage('', () => assert.fail('refused'));
    await gone.settle();
    assert.match(String(gone.seen()[0]), /^The hub does not answer/);
  });

  it('leads to addresses that there are', async (t) => {
    const { url } = await serve(t, undefined, { surface: { login } });
    const links = [...loginPage.matchAll(/href="([^"]+)"/g)].map(([, path = '']) => path);
    assert.equal(links.length, 3);
    for (const path of links) {
      const response = await fetch(`${url}${path}`);
      assert.equal(response.status, 200, path);
      await response.body?.cancel();
    }
  });
});

describe('a login', () => {
  it('is of no use where nobody is asked who they are', async (t) => {
    const { url } = await serve(t);
    for (const [method, path] of [
      ['GET', '/login'],
      ['POST', '/login'],
      ['POST', '/logout'],
      ['GET', '/v1/login'],
      ['POST', '/v1/login'],
    ] as const) {
      const response = await fetch(`${url}${path}`, { method });
      assert.equal(response.status, 409, path);
      assert.equal(errorOf(await response.json()).code, 'invalid_state');
    }
  });

  it('is kept to TLS where browsers come by it', async (t) => {
    const caller = {
      principal: 'mia',
      role: 'worker',
      kind: 'person',
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    } as const;
    const desk = { ...login.desk, redeem: () => ok({ secret: 'x', caller, lastsS: 5 }) };
    const exposure = { ...onThisMachine, behindProxy: true, hosts: ['hub.example'] };
    const { port } = await serve(t, undefined, { surface: { exposure, login: { ...login, desk } } });
    const cookieFor = async (host: string, origin: string): Promise<unknown> => {
      const sent = request({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/login',
        headers: { host, origin },
      });
      sent.end('{"code": "c"}');
      const [response] = await once(sent, 'response');
      response.resume();
      return response.headers['set-cookie'];
    };
    const plain = 'x; Path=/; Max-Age=5; HttpOnly; SameSite=Strict';
    assert.deepEqual(await cookieFor('hub.example', 'https://hub.example'), [`signalbox=${plain}; Secure`]);
    assert.deepEqual(await cookieFor(`127.0.0.1:${port}`, `http://127.0.0.1:${port}`), [
      `signalbox-${port}=${plain}`,
    ]);
  });
});

describe('what is sent to log in', () => {
  it('is no more than a code needs, from who is not known', async (t) => {
    const { port, url } = await serve(t, undefined, { surface: { login } });
    const head = [`Host: 127.0.0.1:${port}`, `Origin: ${url}`, 'Content-Type: application/json'];
    // Nothing of what is announced has come yet.
    for (const [path, status] of [
      ['/login', 413],
      ['/logout', 200],
    ] as const) {
      const answer = await speak(port, requestText(`POST ${path}`, [...head, 'Content-Length: 1025']));
      assert.equal(parseAnswer(answer).status, status, path);
    }
    const inPieces = requestText('POST /login', [...head, 'Transfer-Encoding: chunked'], '401\r\n');
    const answer = parseAnswer(await speak(port, `${inPieces}${'x'.repeat(1025)}\r\n`));
    assert.deepEqual([answer.status, errorOf(answer.body).details], [413, { bytesMax: 1024 }]);
    const most = await fetch(`${url}/login`, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/json' },
      body: '{"code": 7}'.padEnd(1024),
    });
    assert.equal(errorOf(await most.json()).code, 'invalid_input');
  });
});
