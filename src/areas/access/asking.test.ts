import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessDesk, ownerActor } from '../../testing/access-desk.ts';
import { defaultSettings } from '../index.ts';
import type { AccessSlice } from './model.ts';
import { load, save } from './saved.ts';

const openStart = (isOpen: (slice: AccessSlice) => boolean = ({ enabled }) => !enabled): AccessDesk => {
  const desk: AccessDesk = new AccessDesk({
    ...defaultSettings,
    access: { mayBeOpen: true, isOpen: () => isOpen(desk.scenario.slices.access) },
  });
  return desk;
};

const types = ({ written }: AccessDesk): readonly string[] => written.map(({ type }) => type);

test('AC20 a hub is made to ask once, and what was said lasts over a snapshot', () => {
  const desk = openStart();
  assert.deepEqual(desk.do(ownerActor, 'auth_enable'), { asks: true });
  assert.deepEqual(types(desk), ['access.enabled']);
  assert.deepEqual(desk.do(ownerActor, 'auth_enable'), { asks: true });
  assert.deepEqual(types(desk), [], 'it asks already');
  assert.equal(load(save(desk.scenario.slices.access)).enabled, true);
  assert.equal(load(save(new AccessDesk().scenario.slices.access)).enabled, false);
});

test('AC21 a hub may be opened again only where its start lets it be open', () => {
  const desk = openStart();
  desk.do(ownerActor, 'auth_enable');
  assert.deepEqual(desk.do(ownerActor, 'auth_disable'), { asks: false });
  assert.deepEqual(types(desk), ['access.disabled']);
  assert.equal(desk.scenario.slices.access.enabled, false);
  desk.do(ownerActor, 'auth_disable');
  assert.deepEqual(types(desk), [], 'nothing to take back');
  const guarded = new AccessDesk();
  guarded.do(ownerActor, 'auth_enable');
  const { message } = guarded.refused(ownerActor, 'auth_disable', { code: 'invalid_state' });
  assert.match(message, /--insecure-no-auth/);
  assert.equal(guarded.scenario.slices.access.enabled, true);
});

test('AC22 everybody can ask whether a hub asks', () => {
  const desk = openStart();
  assert.equal(desk.do(ownerActor, 'auth_status')['asks'], false);
  desk.do(ownerActor, 'auth_enable');
  assert.equal(desk.do(ownerActor, 'auth_status')['asks'], true);
});
