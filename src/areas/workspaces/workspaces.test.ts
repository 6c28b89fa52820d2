import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scenario } from '../../testing/scenario.ts';
import { areas, defaultSettings, initialSlices } from '../index.ts';
import { z } from 'zod';
import { systemActor } from '../../kernel/entry.ts';
import type { Facts } from '../../kernel/operation.ts';
import { workspacesIntent } from './decide.ts';
import { workspaceList } from './operations/list.ts';
import { findWorkspace, formerNamesMax, workspacesMax } from './model.ts';

const scenario = () => new Scenario(areas, initialSlices);

const register = (name: string) => workspacesIntent({ type: 'register', name, title: name });
const attach = (name: string, journal: string) => workspacesIntent({ type: 'attach', name, journal });

const setMode = (name: string, mode: string) => workspacesIntent({ type: 'set_mode', name, mode });

const place = (name: string, origin: string, rootCommit?: string) =>
  workspacesIntent({ type: 'register', name, title: name, repository: { origin, rootCommit } });
const rename = (name: string, to: string) => workspacesIntent({ type: 'rename', name, to });

const commit = 'c0'.repeat(20);
const answeredSchema = z.object({ items: z.array(z.object({ name: z.string() })) });
const facts: Facts = {
  now: 0,
  actor: systemActor,
  history: 'h.1',
  workspace: 'hub',
  settings: defaultSettings,
  attention: () => [],
  head: 0,
  arrived: {},
  arrivedOf: () => ({}),
  seen: () => undefined,
};

const namesIn = (given: Scenario): readonly string[] =>
  [...given.slices.workspaces.workspaces.scan('all', 'all')].map(({ name }) => name);

const codeOf = (outcome: { readonly ok: boolean; readonly code?: string }) =>
  outcome.ok ? 'accepted' : outcome.code;

describe('the list of workspaces', () => {
  it('WO1 takes each name once, whatever its capitals, and no reserved one', () => {
    const given = scenario();
    assert.equal(codeOf(given.when(register('shop'))), 'accepted');
    assert.equal(codeOf(given.when(register('shop'))), 'exists');
    assert.equal(codeOf(given.when(register('Shop'))), 'exists');
    assert.equal(codeOf(given.when(register('HUB'))), 'invalid_input');
    assert.equal(findWorkspace(given.slices.workspaces, 'Shop'), undefined);
  });

  it('WO2 attaches a journal once and refuses another in its place', () => {
    const given = scenario();
    given.when(register('shop'));
    assert.equal(codeOf(given.when(attach('shop', 'j1'))), 'accepted');
    const count = given.entries.length;
    assert.equal(codeOf(given.when(attach('shop', 'j1'))), 'accepted');
    assert.equal(given.entries.length, count);
    assert.equal(codeOf(given.when(attach('shop', 'j2'))), 'journal_missing');
    assert.equal(codeOf(given.when(attach('other', 'j1'))), 'workspace_unknown');
  });

  it('WO3 refuses one more than the limit', () => {
    const given = scenario();
    for (let i = 0; i < workspacesMax; i += 1) given.when(register(`w${i}`));
    const refused = given.when(register('more'));
    assert.equal(codeOf(refused), 'limit_exceeded');
    assert.match(refused.ok ? '' : refused.message, /1000/);
  });

  it('WO4 keeps the default mode that was set last, and writes nothing for the same again', () => {
    const given = scenario();
    given.when(register('shop'));
    const modeOf = () => findWorkspace(given.slices.workspaces, 'shop')?.mode;
    assert.equal(modeOf(), undefined);
    assert.equal(codeOf(given.when(setMode('shop', 'minimal'))), 'accepted');
    assert.equal(codeOf(given.when(setMode('shop', 'tasks,agents'))), 'accepted');
    assert.equal(modeOf(), 'tasks,agents');
    const count = given.entries.length;
    assert.equal(codeOf(given.when(setMode('shop', 'tasks,agents'))), 'accepted');
    assert.equal(given.entries.length, count);
    for (const name of ['Shop', 'other', 'hub'])
      assert.equal(codeOf(given.when(setMode(name, 'full'))), 'workspace_unknown');
    given.when(attach('shop', 'j1'));
    given.when(rename('shop', 'store'));
    assert.equal(modeOf(), 'tasks,agents', 'other changes leave it');
  });
});

describe('entries of the list', () => {
  it('WO5 concern who follows the list, but for what shows nowhere', () => {
    const given = scenario();
    for (const intent of [
      register('shop'),
      attach('shop', 'j1'),
      setMode('shop', 'full'),
      rename('shop', 'store'),
      place('app', 'git.example/app', 'c0'),
    ])
      given.when(intent);
    const area = areas.find(({ name }) => name === 'workspaces');
    assert.deepEqual(
      given.entries.map((entry) => area?.concerns(entry)),
      [
        ['workspaces'],
        [],
        ['workspaces', 'workspaces.modes'],
        ['workspaces'],
        ['workspaces'],
        ['workspaces'],
      ],
    );
  });
});

describe('the workspace of a repository', () => {
  it('WO6 is the one of the same origin and first commit, under whatever name it was asked for', () => {
    const given = scenario();
    given.when(place('app', 'git.example/app', 'c0'));
    const count = given.entries.length;
    assert.equal(codeOf(given.when(place('other', 'git.example/app', 'c0'))), 'accepted');
    assert.equal(given.entries.length, count, 'nothing is written for what is there');
    given.when(place('app', 'git.example/fork', 'c0'));
    given.when(place('app', 'git.example/app', 'c1'));
    assert.deepEqual(namesIn(given), ['app', 'app-2', 'app-3'], 'a fork and a new history are others');
  });

  it('WO7 is that of the origin while a first commit is not known, which is added once it is', () => {
    const given = scenario();
    given.when(place('app', 'git.example/app'));
    given.when(place('app', 'git.example/app'));
    given.when(place('app', 'git.example/app', 'c0'));
    assert.deepEqual(namesIn(given), ['app']);
    assert.equal(findWorkspace(given.slices.workspaces, 'app')?.repository?.rootCommit, 'c0');
    given.when(place('app', 'git.example/app', 'c1'));
    assert.deepEqual(namesIn(given), ['app', 'app-2']);
    const count = given.entries.length;
    given.when(place('app', 'git.example/app'));
    assert.equal(given.entries.length, count, 'a shallow clone finds the newest');
  });

  it('WO8 gets a number behind a name that is taken, was taken, is reserved, or is main', () => {
    const given = scenario();
    given.when(register('shop'));
    given.when(rename('shop', 'store'));
    for (const [index, name] of ['Shop', 'shop', 'store', 'hub', 'main', 'x'.repeat(64)].entries())
      given.when(place(name, `git.example/${index}`));
    given.when(place('x'.repeat(64), 'git.example/long'));
    assert.deepEqual(namesIn(given), [
      'store',
      'Shop-2',
      'shop-3',
      'store-2',
      'hub-2',
      'main-2',
      'x'.repeat(64),
      `${'x'.repeat(62)}-2`,
    ]);
    assert.equal(
      codeOf(given.when(register('main'))),
      'accepted',
      'which is left for those in no repository',
    );
  });

  it('WO3 is refused as well past the limit, but not where it is there', () => {
    const given = scenario();
    given.when(place('app', 'git.example/app', 'c0'));
    for (let i = 1; i < workspacesMax; i += 1) given.when(register(`w${i}`));
    assert.equal(codeOf(given.when(place('new', 'git.example/new'))), 'limit_exceeded');
    assert.equal(codeOf(given.when(place('app', 'git.example/app', 'c0'))), 'accepted');
  });
});

describe('asking for the workspace of a repository', () => {
  it('WO13 finds what registering would find, and writes nothing', () => {
    const given = scenario();
    given.when(place('app', 'git.example/app'));
    given.when(place('fork', 'git.example/fork', 'c1'.repeat(20)));
    const count = given.entries.length;
    const listed = (input: unknown) => {
      const query = workspaceList.prepare(input);
      assert(query.ok && query.value.kind === 'query');
      const answer = query.value.run(given.slices, facts);
      assert(answer.ok === true);
      return answeredSchema.parse(answer.value.value).items.map(({ name }) => name);
    };
    assert.deepEqual(listed({}), ['app', 'fork']);
    assert.deepEqual(listed({ origin: 'https://git.example/app.git', root_commit: commit }), ['app']);
    assert.deepEqual(listed({ origin: 'git@git.example:fork' }), ['fork']);
    assert.deepEqual(listed({ origin: 'git.example/fork', root_commit: commit }), []);
    assert.equal(given.entries.length, count);
  });
});

describe('renaming', () => {
  it('WO10 takes no name that another has or had, and none that is reserved', () => {
    const given = scenario();
    for (const name of ['shop', 'other']) given.when(register(name));
    given.when(rename('other', 'third'));
    for (const [to, code] of [
      ['other', 'exists'],
      ['Third', 'exists'],
      ['hub', 'invalid_input'],
      ['store', 'accepted'],
    ] as const)
      assert.equal(codeOf(given.when(rename('shop', to))), code, to);
    const count = given.entries.length;
    assert.equal(codeOf(given.when(rename('shop', 'store'))), 'accepted');
    assert.equal(given.entries.length, count, 'a repeat writes nothing');
    assert.equal(codeOf(given.when(rename('nothing', 'new'))), 'workspace_unknown');
    for (const name of ['shop', 'Store', 'OTHER'])
      assert.equal(codeOf(given.when(register(name))), 'exists', name);
  });

  it('WO11 leaves all former names to the workspace, up to a limit', () => {
    const given = scenario();
    given.when(register('n0'));
    for (let i = 1; i <= formerNamesMax; i += 1)
      assert.equal(codeOf(given.when(rename(`n${i - 1}`, `n${i}`))), 'accepted');
    const refused = given.when(rename('n0', 'more'));
    assert.equal(codeOf(refused), 'limit_exceeded');
    assert.match(refused.ok ? '' : refused.message, /20/);
    assert.equal(codeOf(given.when(rename('n3', 'n0'))), 'accepted', 'one that it had is no further one');
    for (const name of ['n0', 'n7', `n${formerNamesMax}`])
      assert.equal(findWorkspace(given.slices.workspaces, name)?.name, 'n0');
  });

  it('WO11 leaves it the spelling that it had, when only capitals change', () => {
    const given = scenario();
    given.when(register('shop'));
    assert.equal(codeOf(given.when(rename('shop', 'Shop'))), 'accepted');
    for (const name of ['shop', 'Shop'])
      assert.equal(findWorkspace(given.slices.workspaces, name)?.name, 'Shop');
    assert.equal(findWorkspace(given.slices.workspaces, 'SHOP'), undefined);
  });

  it('WO12 leaves the files where they are, and they are nobody else’s', () => {
    const given = scenario();
    given.when(register('Shop'));
    given.when(attach('Shop', 'j1'));
    given.when(rename('Shop', 'store'));
    const store = findWorkspace(given.slices.workspaces, 'store');
    assert.deepEqual([store?.file, store?.journal], ['shop', 'j1']);
    assert.equal(codeOf(given.when(attach('store', 'j2'))), 'journal_missing');
    given.when(place('shop', 'git.example/shop'));
    assert.equal(findWorkspace(given.slices.workspaces, 'shop-2')?.file, 'shop-2');
  });

  it('WO11 holds in what was saved and loaded again', () => {
    const given = scenario();
    given.when(register('shop'));
    given.when(rename('shop', 'store'));
    given.when(place('app', 'git.example/app', 'c0'));
    const area = areas.find(({ name }) => name === 'workspaces');
    assert(area !== undefined);
    const rows: unknown = JSON.parse(JSON.stringify([...area.save(given.slices)]));
    assert(Array.isArray(rows));
    const { workspaces } = area.settle(area.load(initialSlices, rows));
    assert.deepEqual(
      ['shop', 'store', 'app'].map((name) => findWorkspace(workspaces, name)),
      ['shop', 'store', 'app'].map((name) => findWorkspace(given.slices.workspaces, name)),
    );
  });
});
