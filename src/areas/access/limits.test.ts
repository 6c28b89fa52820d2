import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialSlices } from '../index.ts';
import { AccessDesk, ownerActor } from '../../testing/access-desk.ts';
import { accessArea } from './area.ts';
import { type WhoseLimit, initialRates, limitOf, sourceOf } from './limits.ts';
import { roles } from './model.ts';

test('AC24 the limit is what is said for a worker, times the factor of the role, and the burst', () => {
  const of = (over: Partial<WhoseLimit>, setting = initialRates) =>
    limitOf(setting, { configured: 'shared', rate: 'general', role: 'worker', ...over });
  assert.deepEqual(
    roles.map((role) => of({ role })),
    [10, 15, 15, 25],
  );
  assert.deepEqual(
    roles.map((role) => of({ role, rate: 'broadcast' })),
    [12, 20, 20, 35],
  );
  assert.deepEqual(
    roles.map((role) => of({ role, rate: 'task' })),
    [20, 35, 35, 65],
  );
  assert.equal(of({ configured: 'laptop', rate: 'read' }), undefined);
  const least = { ...initialRates, classes: { general: 1 }, burst: 0 };
  assert.deepEqual(
    roles.map((role) => of({ role }, least)),
    [1, 1, 1, 2],
  );
  assert.equal(of({}, { ...initialRates, profile: 'laptop', burst: 7 }), 1_000_007);
  assert.equal(of({}, { ...initialRates, classes: { general: 'unlimited' } }), undefined);
});

test('AC27 an admin who acts as a person sets the profile, classes and the burst, and takes them back', () => {
  const desk = new AccessDesk();
  const rates = () => desk.scenario.slices.access.rates;
  const update = (input: object) => desk.do(ownerActor, 'rate_limit_update', { ...input });
  assert.deepEqual(rates(), initialRates);
  const shared = update({ profile: 'shared', task: 60, burst: 0 });
  assert.deepEqual([shared['profile'], shared['task'], shared['burst']], ['shared', 60, 0]);
  assert.equal(shared['changed_by'], 'owner');
  assert.equal(sourceOf(rates(), 'task'), 'set');
  assert.equal(sourceOf(rates(), 'read'), 'profile_set');
  assert.deepEqual(update({ general: 'unlimited', task: 'profile' })['general'], 'unlimited');
  assert.deepEqual(
    [rates().profile, rates().classes, rates().burst],
    ['shared', { general: 'unlimited' }, 0],
  );
  assert.deepEqual(update({ profile: 'configured' })['general'], undefined);
  assert.deepEqual([rates().profile, rates().classes, rates().burst], [undefined, {}, undefined]);
  assert.equal(sourceOf(rates(), 'read'), 'profile_configured');
});

test('AC27 what changes nothing writes nothing, and what says nothing is refused', () => {
  const desk = new AccessDesk();
  desk.do(ownerActor, 'rate_limit_update', { task: 60 });
  const before = desk.scenario.entries.length;
  desk.do(ownerActor, 'rate_limit_update', { task: 60, read: 'profile' });
  assert.equal(desk.scenario.entries.length, before);
  for (const input of [{}, { task: 0 }, { task: 1.5 }, { burst: -1 }, { profile: 'none' }])
    desk.refused(ownerActor, 'rate_limit_update', { code: 'invalid_input', input });
});

test('AC27 what was set is folded the same at once, in bulk and from a snapshot', () => {
  const desk = new AccessDesk();
  const { slices: before } = desk.scenario;
  for (const input of [
    { profile: 'shared', read: 5 },
    { profile: 'configured', burst: 9 },
  ]) {
    desk.do(ownerActor, 'rate_limit_update', input);
    const { slices } = desk.scenario;
    assert.deepEqual(desk.scenario.refolded(initialSlices).access.rates, slices.access.rates);
    const saved = Array.from(accessArea.save(slices), (row) => JSON.parse(JSON.stringify(row)));
    assert.deepEqual(
      accessArea.settle(accessArea.load(initialSlices, saved)).access.rates,
      slices.access.rates,
    );
  }
  const none = Array.from(accessArea.save(before), (row) => JSON.parse(JSON.stringify(row)));
  assert.deepEqual(accessArea.load(initialSlices, none).access.rates, initialRates);
});
