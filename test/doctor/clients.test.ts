import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { main } from '../host/processes.ts';
import { type Ground, openGround } from '../workspaces/repositories.ts';
import { type Findings, examine, of, write } from './examine.ts';

const inClients = async (ground: Ground, folder = 'shop'): Promise<Findings> =>
  of(await examine(ground, folder), 'clients');

/** A repository in which somebody works, and a hub that runs and asks nobody. */
const withHub = async (context: Parameters<typeof openGround>[0]) => {
  const ground = await openGround(context);
  ground.repository('shop');
  const hub = ground.start(['serve', '--port', '0', '--insecure-no-auth']);
  return { ground, url: /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '' };
};

const jsonOf = (member: string, server: unknown): string =>
  JSON.stringify({ [member]: { github: { command: 'npx' }, signalbox: server } });

/** Where each client has it, and how it writes the address of a server. */
const files: readonly {
  readonly client: string;
  readonly path: string;
  readonly text: (url: string) => string;
}[] = [
  {
    client: 'Claude Code',
    path: 'shop/.mcp.json',
    text: (url) => jsonOf('mcpServers', { type: 'http', url }),
  },
  { client: 'Claude Code', path: '.claude.json', text: (url) => jsonOf('mcpServers', { type: 'http', url }) },
  {
    client: 'Codex',
    path: '.codex/config.toml',
    text: (url) => `model = "x" # a comment\n[mcp_servers.signalbox]\nurl = '${url}'\n`,
  },
  {
    client: 'Codex',
    path: 'shop/.codex/config.toml',
    text: (url) => `[mcp_servers]\nsignalbox = { url = "${url}" }\n`,
  },
  {
    client: 'Gemini CLI',
    path: '.gemini/settings.json',
    text: (httpUrl) => `// mine\n${jsonOf('mcpServers', { httpUrl })}`,
  },
  {
    client: 'Gemini CLI',
    path: 'shop/.gemini/settings.json',
    text: (httpUrl) => jsonOf('mcpServers', { httpUrl }),
  },
  {
    client: 'VS Code',
    path: 'shop/.vscode/mcp.json',
    text: (url) => `{ /* ours */ "servers": { "signalbox": { "type": "http", "url": "${url}", }, }, }`,
  },
  { client: 'VS Code', path: '.config/Code/User/mcp.json', text: (url) => jsonOf('servers', { url }) },
  { client: 'Cursor', path: 'shop/.cursor/mcp.json', text: (url) => jsonOf('mcpServers', { url }) },
  { client: 'Cursor', path: '.cursor/mcp.json', text: (url) => `\ufeff${jsonOf('mcpServers', { url })}` },
];

describe('the configuration of clients', () => {
  it('is found wherever each client has it, and good with the address of the hub', async (t) => {
    const { ground, url } = await withHub(t);
    await ground.arrive('shop');
    for (const { path, text } of files) write(ground.at(path), text(`${url}/mcp?workspace=shop`));
    const found = await inClients(ground);
    for (const { client, path } of files) {
      const finding = found.find(({ what }) => what.startsWith(`${client} (${ground.at(path)})`));
      assert.equal(finding?.state, 'good', `${client} ${path}`);
      assert.match(
        finding.what,
        /has the address of the hub, http:\S+\/mcp\?workspace=shop, which leads to the workspace "shop"\.$/,
      );
    }
    assert.equal(found.length, files.length);
  });

  it('is warned about with another address, and the command sets the right one', async (t) => {
    const { ground, url } = await withHub(t);
    // From here on this repository has a workspace.
    assert.equal((await ground.arrive('shop')).workspace, 'shop');
    for (const { path, text } of files)
      write(ground.at(path), text('http://ada:secret@127.0.0.1:9/mcp?token=x'));
    const found = await inClients(ground);
    assert.equal(found.length, files.length);
    for (const { state, what, mend = '' } of found) {
      assert.equal(state, 'warn');
      assert.match(what, /has the address http:\/\/127\.0\.0\.1:9\/mcp, where no hub answers/);
      assert(
        mend.endsWith(` '${url}/mcp?workspace=shop'`) ||
          mend.endsWith(`--url '${url}/mcp?workspace=shop'`) ||
          mend.startsWith('${EDITOR:-vi} '),
      );
      assert.doesNotMatch(`${what}${mend}`, /secret|token/);
    }
    assert(
      found.some(
        ({ mend }) =>
          mend ===
          `claude mcp remove --scope project signalbox && claude mcp add --scope project --transport http signalbox '${url}/mcp?workspace=shop'`,
      ),
    );
  });

  it('is good by any name of this machine and in any mode, and warned about at another path', async (t) => {
    const { ground, url } = await withHub(t);
    const { port } = new URL(url);
    await ground.arrive('shop');
    for (const [address, state] of [
      [`http://localhost:${port}/mcp?workspace=shop`, 'good'],
      [`${url}/mcp/full?workspace=shop`, 'good'],
      [`${url}/`, 'warn'],
      [`${url}/mcpx`, 'warn'],
      ['nonsense', 'warn'],
    ] as const) {
      write(ground.at('shop/.mcp.json'), jsonOf('mcpServers', { url: address }));
      assert.deepEqual(
        (await inClients(ground)).map((finding) => finding.state),
        [state],
        address,
      );
    }
  });
});

describe('an address that the hub answers and refuses', () => {
  it('is warned about with what is wrong, and the command keeps what is right', async (t) => {
    const { ground, url } = await withHub(t);
    const here = '?workspace=main';
    for (const [address, words, right] of [
      ['/mcp?workspace=nope', /no workspace "nope", so it refuses every call/, `/mcp${here}`],
      ['/mcp/full?workspace=nope', /no workspace "nope"/, `/mcp/full${here}`],
      ['/mcp?workspace=a%20b', /The workspace in the address is not valid/, `/mcp${here}`],
      ['/mcp/bogusmode', /the hub refuses it\. There is no mode "bogusmode"/, '/mcp'],
      [`/mcp/bogusmode${here}`, /There is no mode "bogusmode"/, `/mcp${here}`],
    ] as const) {
      write(ground.at('shop/.mcp.json'), jsonOf('mcpServers', { url: `${url}${address}` }));
      const [found] = of(await examine(ground, 'shop', { env: { SIGNALBOX_WORKSPACE: 'main' } }), 'clients');
      assert.equal(found?.state, 'warn', address);
      assert.match(found.what, words);
      assert.equal(/ (\S+)$/.exec(found.mend ?? '')?.[1]?.replaceAll("'", ''), `${url}${right}`);
    }
    await ground.arrive('shop');
    write(ground.at('shop/.mcp.json'), jsonOf('mcpServers', { url: `${url}/mcp/tasks/?workspace=shop` }));
    assert.equal((await inClients(ground))[0]?.state, 'good');
  });

  it('is warned about when it leads a project to another board than its commands', async (t) => {
    const { ground, url } = await withHub(t);
    const entry = jsonOf('mcpServers', { type: 'http', url: `${url}/mcp/full` });
    write(ground.at('shop/.mcp.json'), entry);
    const [none] = await inClients(ground);
    assert.deepEqual([none?.state, none?.mend], ['warn', 'signalbox status']);
    assert.match(none?.what ?? '', /leads to the workspace "main"\. This repository has none of its own yet/);
    await ground.arrive('shop');
    const [other] = await inClients(ground);
    assert.equal(other?.state, 'warn');
    assert.match(other.what, /leads to the workspace "main"; calls from here go to "shop"/);
    assert.match(other.mend ?? '', /\/mcp\/full\?workspace=shop'$/);
    rmSync(ground.at('shop/.mcp.json'));
    write(ground.at('.claude.json'), entry);
    const [user] = await inClients(ground);
    assert.equal(user?.state, 'good', 'what a user has for all folders may lead to one board on purpose');
    assert.match(user.what, /which leads to the workspace "main"\.$/);
  });

  it('is told with the entry where a person writes the file', async (t) => {
    const { ground, url } = await withHub(t);
    write(ground.at('shop/.cursor/mcp.json'), jsonOf('mcpServers', { url: `${url}/mcp/x` }));
    write(ground.at('shop/.codex/config.toml'), `[mcp_servers.signalbox]\nurl = "${url}/mcp/x"\n`);
    assert.deepEqual(
      (await inClients(ground)).map(({ what }) => what.split(' Its entry should be ')[1]),
      [`mcp_servers."signalbox" = { url = "${url}/mcp" }`, `"signalbox": {"url":"${url}/mcp"}`],
    );
  });
});

describe('the files of clients', () => {
  it('that are for one project are found from any of its folders', async (t) => {
    const { ground, url } = await withHub(t);
    await ground.arrive('shop');
    const projects = {
      [ground.at('shop')]: { mcpServers: { signalbox: { type: 'http', url: `${url}/mcp?workspace=shop` } } },
    };
    write(ground.at('.claude.json'), JSON.stringify({ projects }));
    write(ground.at('shop/src/index.ts'), '');
    for (const [folder, state] of [
      ['shop', 'good'],
      ['shop/src', 'good'],
      ['work', 'warn'],
    ] as const)
      assert.deepEqual(
        (await inClients(ground, folder)).map((finding) => finding.state),
        [state],
        folder,
      );
  });

  it('that cannot be read is warned about, whatever is in it, and the others are told', async (t) => {
    const { ground, url } = await withHub(t);
    await ground.arrive('shop');
    write(ground.at('shop/.mcp.json'), '{ "mcpServers": ');
    write(ground.at('.codex/config.toml'), '[mcp_servers\n');
    write(ground.at('.cursor/mcp.json'), JSON.stringify([1, { mcpServers: 3 }]));
    write(ground.at('.gemini/settings.json'), '');
    write(ground.at('shop/.cursor/mcp.json'), jsonOf('mcpServers', { url: `${url}/mcp?workspace=shop` }));
    const found = await inClients(ground);
    assert.deepEqual(
      found.map(({ state, what }) => [state, what.split(' (')[0]]),
      [
        ['warn', 'Claude Code'],
        ['warn', 'Codex'],
        ['good', 'Cursor'],
      ],
    );
    assert.equal(found[0]?.mend, `\${EDITOR:-vi} ${ground.at('shop/.mcp.json')}`);
  });
});

describe('the configuration of clients without a hub', () => {
  it('that starts a program is looked at for the program, its word and its data', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    for (const [server, state, words] of [
      [{ command: process.execPath, args: ['/x/signalbox', 'mcp'] }, 'good', /starts/],
      [{ command: [process.execPath, '/x/signalbox', 'mcp'] }, 'good', /starts/],
      [{ command: '/nowhere/signalbox', args: ['mcp'] }, 'warn', /there is no program \/nowhere\/signalbox/],
      [{ command: process.execPath, args: ['serve'] }, 'warn', /that is signalbox mcp/],
      [
        { command: process.execPath, args: ['mcp'], env: { SIGNALBOX_DATA_DIR: '/elsewhere' } },
        'warn',
        /data directory \/elsewhere; here it is /,
      ],
      [{ command: process.execPath, args: ['mcp', `--data-dir=${ground.dataDir}`] }, 'good', /starts/],
    ] as const) {
      write(ground.at('shop/.cursor/mcp.json'), jsonOf('mcpServers', server));
      const [finding, ...others] = await inClients(ground);
      assert.equal(finding?.state, state, JSON.stringify(server));
      assert.match(finding.what, words);
      assert.deepEqual(others, []);
    }
  });

  it('that starts the wrong thing is told with the right one', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    const node = process.execPath;
    const elsewhere = { SIGNALBOX_DATA_DIR: '/elsewhere' };
    const here = ground.at('board');
    for (const [server, args, line] of [
      [{ command: '/nowhere/signalbox', args: ['mcp'] }, [], [node, main, 'mcp']],
      [{ command: node, args: ['x.js', 'serve'] }, [], [node, 'x.js', 'mcp']],
      [{ command: node, args: ['x.js', 'mcp'], env: elsewhere }, [], [node, 'x.js', 'mcp']],
      [
        { command: node, args: ['x.js', 'mcp', '--data-dir', '/elsewhere'] },
        ['--data-dir', here],
        [node, 'x.js', 'mcp', '--data-dir', here],
      ],
    ] as const) {
      const [command, ...rest] = line;
      write(ground.at('.claude.json'), jsonOf('mcpServers', server));
      write(ground.at('.cursor/mcp.json'), jsonOf('mcpServers', server));
      const found = of(await examine(ground, 'shop', { args }), 'clients');
      for (const { what } of found)
        assert(what.endsWith(`"signalbox": ${JSON.stringify({ command, args: rest })}`), what);
      assert(found[0]?.mend?.endsWith(` --scope user signalbox -- ${line.join(' ')}`), found[0]?.mend);
    }
  });

  it('is warned about with how to start the hub where they look for it', async (t) => {
    const ground = await openGround(t);
    ground.repository('shop');
    for (const [port, mend] of [
      ['1', 'signalbox serve --port 1'],
      ['9', 'signalbox serve'],
    ] as const) {
      write(ground.at('.cursor/mcp.json'), jsonOf('mcpServers', { url: `http://127.0.0.1:${port}/mcp` }));
      const examined = await examine(ground, 'shop', { env: { SIGNALBOX_PORT: '9' } });
      assert.deepEqual(
        of(examined, 'clients').map((finding) => [finding.state, finding.mend]),
        [['warn', mend]],
      );
    }
  });
});
