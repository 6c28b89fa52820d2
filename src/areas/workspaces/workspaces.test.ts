import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scenario } from '../../testing/scenario.ts';
import { areas, initialSlices } from '../index.ts';
import { workspacesIntent } from './decide.ts';
import { findWorkspace, workspacesMax } from './model.ts';

const scenario = () => new Scenario(areas, initialSlices);

const register = (name: string) => workspacesIntent({ type: 'register', name, title: name });
const attach = (name: string, journal: string) => workspacesIntent({ type: 'attach', name, journal });

const setMode = (name: string, mode: string) => workspacesIntent({ type: 'set_mode', name, mode });

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
    assert.equal(modeOf(), 'tasks,agents', 'other changes leave it');
  });

  it('WO5 concerns who follows the list, but for what shows nowhere', () => {
    const given = scenario();
    for (const intent of [register('shop'), attach('shop', 'j1'), setMode('shop', 'full')])
      given.when(intent);
    const area = areas.find(({ name }) => name === 'workspaces');
    assert.deepEqual(
      given.entries.map((entry) => area?.concerns(entry)),
      [['workspaces'], [], ['workspaces', 'workspaces.modes']],
    );
  });

  it('WO3 refuses one more than the limit', () => {
    const given = scenario();
    for (let i = 0; i < workspacesMax; i += 1) given.when(register(`w${i}`));
    const refused = given.when(register('more'));
    assert.equal(codeOf(refused), 'limit_exceeded');
    assert.match(refused.ok ? '' : refused.message, /1000/);
  });
});
