import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scenario } from '../../testing/scenario.ts';
import { areas, initialSlices } from '../index.ts';
import { workspacesIntent } from './decide.ts';
import { findWorkspace, workspacesMax } from './model.ts';

const scenario = () => new Scenario(areas, initialSlices);

const register = (name: string) => workspacesIntent({ type: 'register', name, title: name });
const attach = (name: string, journal: string) => workspacesIntent({ type: 'attach', name, journal });

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
});
