/* A hub on a Unix socket: who can open it, who finds it, and what is left of it. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, describe, it } from 'node:test';
import { readHubFile } from '../../src/host/hub-file.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { type Place, type Started, openPlace } from '../cli/program.ts';
import { valueIn } from '../surfaces/serving.ts';
import { sources } from './processes.ts';

interface Served {
  readonly place: Place;
  readonly hub: Started;
  readonly path: string;
  readonly url: string;
  readonly said: string;
}

const serveOnSocket = async (context: TestContext): Promise<Served> => {
  const place = await openPlace(context, sources);
  const path = join(place.cwd, 'hub.sock');
  const hub = place.start(['serve', '--listen', 'unix:hub.sock', '--workspace', 'main']);
  const said = await hub.says('Ctrl-C');
  return { place, hub, path, url: `unix:${path}`, said };
};

const answerOver = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request({ socketPath, path, host: 'localhost' }, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });

/** For programs of the data directory. */
const tokenOf = async ({ dataDir }: Place): Promise<string | undefined> =>
  (await readHubFile(dataDir))?.token;

const titlesIn = (out: string): readonly string[] =>
  [...out.matchAll(/"title":"([^"]*)"/g)].map(([, title = '']) => title);

describe('a hub on a socket', () => {
  it('is its owner’s alone, says how it is reached, and takes the socket away', async (t) => {
    const { hub, path, url, said } = await serveOnSocket(t);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert(said.startsWith(`Signalbox is ready on ${url} `));
    assert(said.includes('signalbox mcp --workspace main'));
    assert(said.includes('task add "Say hello to the other agents" --workspace main'));
    assert(!said.includes('http://127'));
    assert(said.trimEnd().split('\n').length <= 24);
    assert.match(await answerOver(path, '/ready'), /"ready":true/);
    hub.kill('SIGTERM');
    assert.equal((await hub.ended).status, 0);
    assert.equal(existsSync(path), false);
  });

  it('is found by other commands, or named to them', async (t) => {
    const { place, url } = await serveOnSocket(t);
    const calls: readonly (readonly [args: readonly string[], env: Record<string, string>])[] = [
      [[], {}],
      [['--url', url], {}],
      [['--url', 'unix:hub.sock'], {}],
      [[], { SIGNALBOX_URL: url }],
    ];
    for (const [index, [args, env]] of calls.entries()) {
      const added = await place.run(['task', 'add', `task ${index}`, '--workspace', 'main', ...args], {
        env,
      });
      assert.equal(added.status, 0, added.err);
    }
    const hub = valueIn(await connectHub(url, { token: await tokenOf(place) }));
    assert.equal(hub.url, url);
    const caller = {
      principal: 'p',
      role: 'admin',
      kind: 'person',
      agent: undefined,
      session: undefined,
    } as const;
    const reply = valueIn(
      await hub.call({
        operation: 'task_list',
        input: {},
        caller: { ...caller, connection: undefined, client: undefined },
        workspace: 'main',
        requestId: undefined,
        signal: undefined,
      }),
    );
    hub.close();
    assert.deepEqual(
      titlesIn(JSON.stringify(reply.value)).toSorted(),
      calls.map((_, index) => `task ${index}`),
    );
  });
});

describe('a hub on a socket, as others see it,', () => {
  it('tells over it what changes', async (t) => {
    const { place, url } = await serveOnSocket(t);
    const hub = valueIn(await connectHub(url, { token: await tokenOf(place) }));
    const heard = Promise.withResolvers<ReadonlySet<string>>();
    const end = valueIn(await hub.changes('main', (keys) => heard.resolve(keys)));
    const added = await place.run(['task', 'add', 'x', '--workspace', 'main']);
    assert.equal(added.status, 0, added.err);
    assert((await heard.promise).size > 0);
    end();
    hub.close();
  });

  it('that was killed leaves a socket which the next one takes over', async (t) => {
    const { place, hub, path } = await serveOnSocket(t);
    hub.kill('SIGKILL');
    await hub.ended;
    assert(lstatSync(path).isSocket());
    const next = place.start(['serve', '--listen', `unix:${path}`]);
    await next.says('Ctrl-C');
    assert.match(await answerOver(path, '/ready'), /"ready":true/);
  });

  it('names itself to a second one', async (t) => {
    const { place, hub, path, url } = await serveOnSocket(t);
    const { status, err } = await place.run(['serve', '--listen', url]);
    assert.equal(status, 4);
    assert(err.includes(`The socket ${path} is in use by a Signalbox hub already: version `), err);
    assert(err.includes(`process ${hub.pid}, `) && err.includes('--listen'));
  });

  it('that is not there is said to be away', async (t) => {
    const place = await openPlace(t);
    const outcome = await connectHub(`unix:${join(place.cwd, 'none.sock')}`);
    assert(!outcome.ok && outcome.code === 'stopping');
    assert(outcome.message.includes(`unix:${join(place.cwd, 'none.sock')} does not answer (ENOENT)`));
  });
});
