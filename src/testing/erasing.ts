/* Erasing what somebody wrote, as `signalbox erase` does once it has been confirmed. */
import assert from 'node:assert/strict';
import { accessIntent } from '../areas/access/decide/index.ts';
import { areas } from '../areas/index.ts';
import type { Engine } from '../engine/engine.ts';
import { type Erasable, masked } from '../journal/subject-keys.ts';
import { present } from '../kernel/assert.ts';
import type { Actor, Entry } from '../kernel/entry.ts';
import type { Slices } from '../kernel/slices.ts';
import { opened } from './store-files.ts';

export const person: Actor = {
  principal: 'owner',
  agent: undefined,
  session: undefined,
  role: 'admin',
  kind: 'person',
};

/** The entry alone, as by a process that died then. */
export const writeErasure = async (engine: Engine, of: Erasable): Promise<readonly Entry[]> => {
  const keys = await present(engine.journal.store.subjectKeys, 'the store keeps keys').retire(masked(of));
  return opened(await engine.report('erase', accessIntent({ type: 'erase', of: { ...of, keys } }), person));
};

export const erase = async (engine: Engine, of: Erasable): Promise<readonly Entry[]> => {
  const entries = await writeErasure(engine, of);
  assert.equal(await engine.forgotten(), undefined);
  return entries;
};

/** All that a snapshot would hold of a state, in no particular order. */
export const savedOf = (slices: Slices): unknown =>
  areas.map((area) => [area.name, Array.from(area.save(slices), (row) => JSON.stringify(row)).toSorted()]);
