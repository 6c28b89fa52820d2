import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { operations } from '../../areas/operations.ts';
import { Catalogue } from '../catalogue.ts';
import { SearchIndex, wordsOf } from './search.ts';

const all = new Catalogue(operations).operations;
const index = new SearchIndex(all);

const found = (query: string): readonly string[] => index.find(query).map(({ name }) => name);

describe('the words of a text', () => {
  it('are lower case, singular, each once, without fillers', () => {
    assert.deepEqual(wordsOf('How do I list all the Tasks of task_list?'), ['list', 'task']);
    assert.deepEqual(wordsOf('categories, processes; less class'), ['category', 'processe', 'less', 'class']);
  });

  it('are the fillers when there is nothing else', () => {
    assert.deepEqual(wordsOf('what can you do'), ['what', 'can', 'you', 'do']);
    assert.deepEqual(wordsOf('... -- a'), []);
  });
});

describe('the search for tools', () => {
  for (const [query, name] of [
    ['task_claim', 'task_claim'],
    ['claim', 'task_claim'],
    ['claiming tasks', 'task_claim'],
    ['how do I end my session?', 'agent_leave'],
    ['leave', 'agent_leave'],
    ['add a workspace', 'workspace_add'],
    ['workspaces', 'workspace_list'],
    ['update my capabilities', 'agent_update'],
    ['who else is here', 'agent_list'],
    ['give it back', 'task_release'],
    ['get a task', 'task_get'],
    ['finish', 'task_done'],
    ['set the mode', 'mode_set'],
    ['MODE', 'mode_get'],
    ['cost of modes', 'mode_get'],
    ['capab', 'agent_update'],
  ] as const) {
    it(`finds ${name} first for ${JSON.stringify(query)}`, () => assert.equal(found(query)[0], name));
  }

  it('puts whoever fits more of the words first', () => {
    const [first, second] = found('release task');
    assert.equal(first, 'task_release');
    assert(second?.startsWith('task_'));
  });

  it('gives all for no words, in the order of the catalogue, and none for words that nobody has', () => {
    assert.deepEqual(
      found('  --  '),
      all.map(({ name }) => name),
    );
    assert.deepEqual(found('xylophone'), []);
    assert.deepEqual(found('ü'.repeat(200)), []);
  });

  it('is the same however often it is asked', () => {
    assert.deepEqual(found('task list'), found('task list'));
  });
});
