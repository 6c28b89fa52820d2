import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskBoard } from '../../testing/task-board.ts';
import { tasksArea } from './area.ts';

test('TA59 what was lost since the latest start is news until the next one', () => {
  const given = new TaskBoard();
  const ada = given.join('ada');
  const eve = given.join('eve', { role: 'approver' });
  const newsOf = (agent: string) => tasksArea.news(given.scenario.slices, agent);
  given.do(eve, 'task_add', { tasks: [{ title: 'x' }, { title: 'y' }] });
  for (const id of ['T-1', 'T-2']) given.do(ada, 'task_claim', { id });
  assert.deepEqual(newsOf('ada'), []);
  for (const id of ['T-1', 'T-2']) {
    const revision = given.task(id).revision;
    given.do(eve, 'task_update', { id, revision, status: 'cancelled', reason: 'not needed' });
  }
  assert.deepEqual(newsOf('ada'), [{ kind: 'task_lost', count: 2, call: 'start' }]);
  assert.deepEqual(newsOf('eve'), []);
  assert.deepEqual(newsOf('nobody'), []);
  given.join('ada', { connection: 'another' });
  assert.deepEqual(newsOf('ada'), []);
});
