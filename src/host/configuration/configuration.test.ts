import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { openPlace } from '../../../test/host/configured-place.ts';
import { type KeyFlags, readConfiguration } from './configuration.ts';
import { keyNames, keys, memberOf } from './keys.ts';
import { exampleFile, fileSchema } from './reference.ts';
import { configurationTable, shownKeys } from './shown.ts';

describe('the order of what is said', () => {
  it('is flag, environment, the file of the repository, that of the person, default', async (t) => {
    const place = openPlace(t);
    const env = { SIGNALBOX_AGENT: 'from-environment' };
    assert.deepEqual((await place.get()).origins.get('agent'), { kind: 'default' });
    const user = place.write('user', 'agent: from-user\nport: 9000\n');
    const ofUser = await place.get();
    assert.deepEqual(
      [ofUser.settings.agent, ofUser.origins.get('agent')],
      ['from-user', { kind: 'file', path: user, line: 1 }],
    );
    const project = place.write('project', '# ours\n\nagent: from-project\n');
    const ofProject = await place.get();
    assert.deepEqual(
      [ofProject.settings.agent, ofProject.origins.get('agent')],
      ['from-project', { kind: 'file', path: project, line: 3 }],
    );
    assert.deepEqual(ofProject.origins.get('port'), { kind: 'file', path: user, line: 2 });
    assert.deepEqual(ofProject.files, [project, user]);
    const ofEnvironment = await place.get({}, env);
    assert.deepEqual(
      [ofEnvironment.settings.agent, ofEnvironment.origins.get('agent')],
      ['from-environment', { kind: 'environment', variable: 'SIGNALBOX_AGENT' }],
    );
    const ofFlag = await place.get({ agent: 'from-flag' }, env);
    assert.deepEqual(
      [ofFlag.settings.agent, ofFlag.origins.get('agent')],
      ['from-flag', { kind: 'flag', flag: '--agent' }],
    );
    // A variable that is empty says nothing.
    assert.equal((await place.get({}, { SIGNALBOX_AGENT: '' })).settings.agent, 'from-project');
  });
});

/** A value of each key that may be said in every place. */
const samples: Readonly<Record<string, string>> = {
  host: 'localhost',
  port: '4',
  listen: 'unix:/run/s',
  'insecure-no-auth': 'true',
  'rate-limits': 'shared',
  'tls-cert': '/etc/hub.crt',
  'tls-key': '/etc/hub.key',
  'behind-proxy': 'true',
  'proxy-header': 'forwarded',
  'allowed-hosts': 'hub.example,10.0.0.5:8321',
  'allowed-origins': 'https://hub.example',
  'data-dir': '/var/board',
  store: 'sqlite',
  cluster: 'team',
  archives: '/mnt/archives',
  'accept-data-loss-window': 'true',
  workspace: 'w',
  agent: 'a',
  mode: 'full',
  url: 'unix:/run/t',
  'oauth-issuer': 'https://login.example.com',
  'oauth-roles': 'group:dev=worker@*',
  'oauth-groups-claim': 'roles',
  'oauth-scopes': 'openid',
  'oauth-person-scope': 'signalbox.person',
  'oauth-resource': 'https://hub.example.com',
  'oauth-audience': 'api://hub',
  'oauth-introspection': 'hub',
  'lock-ttl': '60',
  'lock-ttl-min': '2',
  'lock-ttl-max': '90000',
  'log-level': 'info',
  debug: 'true',
  'otel-endpoint': 'http://collector:4318',
};

describe('the places of what is said', () => {
  it('are one file where one is named', async (t) => {
    const place = openPlace(t);
    place.write('user', 'port: 9000\n');
    place.write('project', 'agent: from-project\n');
    const path = place.write('other.yaml', 'workspace: shop\ndata_dir: board\n');
    for (const { settings, files } of [
      await place.get({ config: 'other.yaml' }),
      await place.get({}, { SIGNALBOX_CONFIG: path }),
    ]) {
      assert.deepEqual(files, [path]);
      const { workspace, agent, dataDir, listen } = settings;
      assert.deepEqual([workspace, agent, dataDir], ['shop', undefined, join(place.cwd, 'board')]);
      assert.deepEqual(listen, { kind: 'tcp', host: '127.0.0.1', port: 8321 });
    }
    assert.match(
      await place.fault({ config: 'nowhere.yaml' }),
      /^There is no configuration file \/.*nowhere/,
    );
    assert.match(await place.fault({ config: '.' }), /is not a file/);
  });

  it('are for every other key a flag, a variable and, but for one, a line in a file', async (t) => {
    const place = openPlace(t);
    for (const name of keyNames) {
      if (name === 'config' || keys[name].secret === true) continue;
      const sample = samples[name] ?? '';
      assert.equal((await place.get({ [name]: sample })).values.get(name), sample);
      assert.equal((await place.get({}, { [keys[name].variable]: sample })).values.get(name), sample);
      place.write('user', `${memberOf(name)}: ${sample}\n`);
      assert.equal((await place.get()).values.get(name), sample);
      place.write('user', '');
    }
  });
});

describe('what a file may say', () => {
  it('is less in a repository, and the mistake says where it belongs', async (t) => {
    const place = openPlace(t);
    for (const name of keyNames) {
      const member = memberOf(name);
      const path = place.write('project', `workspace: shop\n${member}: ${keys[name].example ?? 'x'}\n`);
      if (keys[name].files === 'every') {
        place.write('project', `${member}: ${keys[name].example ?? 'x'}\n`);
        await place.get();
        continue;
      }
      const message = await place.fault();
      assert(message.startsWith(`${path}:2: ${member} `), message);
      assert.match(message, new RegExp(`--${name} or .*${keys[name].variable}|${keys[name].variable}`));
    }
  });

  const mistakes: readonly [what: string, text: string, expected: RegExp][] = [
    ['a key that is misspelt', 'agent: a\nprot: 1', /:2: there is no key "prot"\. Did you mean port\?$/],
    ['a key as a flag has it', 'data-dir: /x', /:1: there is no key "data-dir"\. Did you mean data_dir\?$/],
    ['a key like no other', 'colour: red', /:1: there is no key "colour"\. The keys are host, port, /],
    ['a key with control characters', '"a\\e[31m": 1', /there is no key "a\?\[31m"/],
    ['a value that does not fit', 'port: 0x10', /:1: port cannot be "0x10": it is no port: .* 65535/],
    ['a value with control characters', 'mode: "\\e[2J"', /mode cannot be "\?\[2J": it holds control/],
    ['a list', 'agent: [a, b]', /:1: agent has to be one value/],
    ['an alias', 'agent: &a x\nworkspace: *a', /:2: workspace has to be one value/],
    ['nothing', 'agent:', /:1: agent has no value/],
    ['a null', 'agent: ~', /:1: agent has no value/],
    ['no keys', '- agent', /:1: a line such as "port: 8321"/],
    ['only text', 'agent', /:1: a line such as/],
    ['no YAML', 'agent: a\nport: "1', /:2: this is not valid YAML/],
    ['a quote that is never closed', 'workspace: "quote\n', /:1: this is not valid YAML/],
    ['one before other lines', 'agent: a\nworkspace: "quote\nport: 1\n', /:2: this is not valid YAML/],
    ['a bracket that is never closed', 'agent: a\nmode: [x\n\n', /:2: this is not valid YAML/],
    [
      'a type of another program',
      'port: 1\nworkspace: !!js/function x',
      /:2: this means nothing here \(.*tag/,
    ],
    ['a type that makes it another value', 'agent: !!binary aGk=', /:1: agent has a type that means nothing/],
    ['a key twice', 'port: 1\nport: 2', /:2: this is not valid YAML \(.*unique/],
    ['another file', 'config: /x', /:1: config cannot be said in a file/],
    ['too much', `# ${'x'.repeat(70_000)}`, /65536 is the limit/],
  ];
  for (const [what, text, expected] of mistakes) {
    it(`is not ${what}`, async (t) => {
      const place = openPlace(t);
      place.write('user', text);
      assert.match(await place.fault(), expected);
    });
  }

  it('may be nothing, or in quotes, or look like a number', async (t) => {
    const place = openPlace(t);
    for (const text of ['', '# nothing\n', '---\n', '{}']) {
      place.write('user', text);
      assert.equal((await place.get()).settings.agent, undefined, text);
    }
    place.write('user', 'agent: 007\nworkspace: "12"\nport: "80"\ndebug: yes\n');
    const { settings } = await place.get();
    assert.deepEqual(
      [settings.agent, settings.workspace, settings.listen, settings.debug],
      ['007', '12', { kind: 'tcp', host: '127.0.0.1', port: 80 }, true],
    );
  });
});

describe('a value from outside', () => {
  const wrong: readonly [flags: KeyFlags, expected: RegExp][] = [
    [{ port: '' }, /^--port cannot be "": it is no port/],
    [{ port: '1e3' }, /^--port cannot be "1e3"/],
    [{ port: ' 80' }, /^--port/],
    [{ port: '65536' }, /^--port/],
    [{ store: 'mysql' }, /^--store cannot be "mysql": it is none of sqlite, postgres, redis/],
    [{ cluster: 'Shop!' }, /^--cluster cannot be "Shop!": the name of a cluster has/],
    [{ cluster: 'public' }, /^--cluster cannot be "public": .*names of PostgreSQL's own/],
    [{ 'log-level': 'all' }, /^--log-level .* error, warn, info, debug/],
    [{ workspace: '' }, /^--workspace cannot be "": it is empty/],
    [{ agent: 'a b' }, /^--agent cannot be "a b": An agent name may hold letters/],
    [{ url: 'ftp://x' }, /^--url .* such as http:/],
    [{ url: 'http://x\n' }, /^--url .* control characters/],
    [{ listen: '8321' }, /^--listen .* unix:PATH/],
    [{ listen: `unix:/${'x'.repeat(120)}` }, /at most 10\d bytes/],
    [{ 'allowed-hosts': '*.example' }, /^--allowed-hosts .* without wildcards/],
    [{ 'allowed-hosts': 'https://hub.example' }, /^--allowed-hosts .* such as hub\.example/],
    [{ 'allowed-hosts': 'hub.example:99999' }, /^--allowed-hosts /],
    [{ 'allowed-hosts': ' , ' }, /^--allowed-hosts .* it is empty/],
    [{ 'allowed-origins': '*' }, /^--allowed-origins .* such as https:\/\/hub\.example/],
    [{ 'allowed-origins': 'null' }, /^--allowed-origins /],
    [{ 'allowed-origins': 'https://hub.example/' }, /^--allowed-origins /],
    [{ 'allowed-origins': 'https://hub.example:443' }, /^--allowed-origins /],
    [{ debug: 'perhaps' }, /^--debug .* neither true nor false/],
    [{ 'data-dir': '' }, /^--data-dir .* empty/],
  ];
  for (const [flags, expected] of wrong) {
    it(`is refused with its place: ${JSON.stringify(flags).slice(0, 40)}`, async (t) => {
      assert.match(await openPlace(t).fault(flags), expected);
    });
  }

  it('from the environment is named by its variable', async (t) => {
    assert.match(await openPlace(t).fault({}, { SIGNALBOX_PORT: 'x' }), /^SIGNALBOX_PORT cannot be "x"/);
  });

  it('that is almost a setting is a warning, and what belongs to others is none', async (t) => {
    const env = { SIGNALBOX_PROT: '1', SIGNALBOX_DATADIR: '/x', SIGNALBOX_COLOUR_OF_MINE: 'x', SIGNAL: '1' };
    const { warnings } = await openPlace(t).get({}, env);
    assert.deepEqual(warnings, [
      'SIGNALBOX_PROT is no setting and changes nothing. Did you mean SIGNALBOX_PORT?',
      'SIGNALBOX_DATADIR is no setting and changes nothing. Did you mean SIGNALBOX_DATA_DIR?',
    ]);
  });
});

describe('paths', () => {
  it('begin where they were said, or at home', async (t) => {
    const place = openPlace(t);
    const { cwd, home } = place;
    assert.equal((await place.get({ 'data-dir': 'board' })).settings.dataDir, join(cwd, 'board'));
    assert.equal((await place.get({ 'data-dir': '~/board' })).settings.dataDir, join(home, 'board'));
    assert.equal((await place.get({ 'data-dir': './~' })).settings.dataDir, join(cwd, '~'));
    assert.equal((await place.get({ url: 'unix:hub.sock' })).settings.url, `unix:${join(cwd, 'hub.sock')}`);
    const user = place.write('user', 'data_dir: board\n');
    const { dataDir, cacheDir } = (await place.get()).settings;
    assert.deepEqual(
      [dataDir, cacheDir],
      [join(dirname(user), 'board'), join(dirname(user), 'board', 'cache')],
    );
  });

  it('follow XDG, by which those that are not whole count as none', async (t) => {
    const place = openPlace(t);
    const { home } = place;
    const plain = (await place.get()).settings;
    assert.deepEqual(
      [plain.dataDir, plain.cacheDir],
      [join(home, '.local/share/signalbox'), join(home, '.cache/signalbox')],
    );
    const env = { XDG_DATA_HOME: '/data', XDG_CACHE_HOME: 'cache', XDG_CONFIG_HOME: join(home, 'etc') };
    mkdirSync(join(home, 'etc', 'signalbox'), { recursive: true });
    writeFileSync(join(home, 'etc', 'signalbox', 'signalbox.yaml'), 'agent: ada\n');
    const { dataDir, cacheDir, agent } = (await place.get({}, env)).settings;
    assert.deepEqual([dataDir, cacheDir, agent], ['/data/signalbox', join(home, '.cache/signalbox'), 'ada']);
  });

  it('of the file of a repository are found from anywhere in it, and from outside of any', async (t) => {
    const place = openPlace(t);
    const [tree, outside] = [join(place.home, 'tree'), join(place.home, 'outside')];
    for (const folder of [join(tree, 'deep'), outside]) mkdirSync(folder, { recursive: true });
    // A linked worktree has a file where the main one has a folder.
    writeFileSync(join(tree, '.git'), 'gitdir: elsewhere\n');
    for (const folder of [tree, outside]) writeFileSync(join(folder, 'signalbox.yaml'), 'agent: here\n');
    const agentIn = async (cwd: string) => {
      const read = await readConfiguration({}, { env: { HOME: place.home }, cwd });
      return read.ok ? read.value.settings.agent : read.message;
    };
    assert.deepEqual(
      [await agentIn(join(tree, 'deep')), await agentIn(outside), await agentIn(place.cwd)],
      ['here', 'here', undefined],
    );
  });
});

describe('where the hub listens', () => {
  it('is the nearer of a socket and a port, and never both', async (t) => {
    const place = openPlace(t);
    place.write('user', 'listen: unix:/run/hub.sock\n');
    assert.deepEqual((await place.get()).settings.listen, { kind: 'unix', path: '/run/hub.sock' });
    assert.deepEqual((await place.get({ port: '9000' })).settings.listen, {
      kind: 'tcp',
      host: '127.0.0.1',
      port: 9000,
    });
    const both = { listen: 'unix:/run/other.sock', host: '::1' };
    assert.match(await place.fault(both), /listen in --listen, host in --host/);
    place.write('user', 'port: 1\nlisten: unix:/run/hub.sock\n');
    assert.match(await place.fault(), /listen in \S+yaml:2, port in \S+yaml:1/);
    assert.deepEqual((await place.get({ listen: 'unix:/x' })).settings.listen, { kind: 'unix', path: '/x' });
  });
});

describe('how much is told', () => {
  it('is everything with debug, whatever the level', async (t) => {
    const place = openPlace(t);
    const levelOf = async (flags: KeyFlags) => {
      const { logLevel, debug } = (await place.get(flags)).settings;
      return [logLevel, debug];
    };
    assert.deepEqual(await levelOf({}), ['warn', false]);
    assert.deepEqual(await levelOf({ 'log-level': 'error' }), ['error', false]);
    assert.deepEqual(await levelOf({ 'log-level': 'error', debug: true }), ['debug', true]);
    assert.deepEqual(await levelOf({ debug: false }), ['warn', false]);
  });
});

describe('the example', () => {
  it('changes nothing as it is', async (t) => {
    const place = openPlace(t);
    const before = await place.get();
    place.write('user', exampleFile());
    const after = await place.get();
    assert.deepEqual([after.settings, after.origins], [before.settings, before.origins]);
  });

  it('says the default of each key, or something that could stand there', async (t) => {
    const place = openPlace(t);
    const { settings } = await place.get();
    for (const name of keyNames.filter((key) => keys[key].files !== 'none')) {
      const line = new RegExp(`^#(?=${memberOf(name)}: )`, 'm');
      assert.match(exampleFile(), line);
      place.write('user', exampleFile().replace(line, ''));
      const said = await place.get();
      assert.equal(said.origins.get(name)?.kind, 'file', name);
      if (keys[name].default !== undefined) assert.deepEqual(said.settings, settings, name);
    }
  });

  it('has no line that is wider than a screen', () => {
    for (const line of exampleFile().split('\n')) assert(line.length <= 100, line);
  });
});

describe('the schema', () => {
  it('has every key that a file may say, and no other', () => {
    const { properties, additionalProperties } = fileSchema();
    assert.equal(additionalProperties, false);
    assert(typeof properties === 'object' && properties !== null);
    assert.deepEqual(
      Object.keys(properties),
      keyNames.filter((name) => keys[name].files !== 'none').map(memberOf),
    );
  });
});

describe('what is shown', () => {
  it('is each value and its place, without passwords', async (t) => {
    const place = openPlace(t);
    const user = place.write('user', 'url: http://me:hunter2@127.0.0.1:1/\n');
    const shown = shownKeys(await place.get({ port: '9' }));
    const row = (name: string) => shown.find(({ key }) => key === name);
    assert.deepEqual(row('port'), { key: 'port', value: 9, origin: { kind: 'flag', flag: '--port' } });
    assert.deepEqual(row('url')?.value, 'http://me:***@127.0.0.1:1/');
    const wide = configurationTable(shown, undefined);
    assert.match(wide, /^port +9 +--port$/m);
    assert.match(wide, /^agent +- +default$/m);
    assert(wide.includes(` ${user}:1\n`) && !wide.includes('hunter2'));
    const narrow = configurationTable(shown, 40).split('\n');
    assert.equal(narrow[narrow.findIndex((line) => line.startsWith('port ')) + 1]?.trim(), '--port');
  });
});
