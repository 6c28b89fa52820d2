import assert from 'node:assert/strict';
import { it } from 'node:test';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import { identify } from '../areas/agents/model.ts';
import type { Area } from '../kernel/area.ts';
import { createMemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { caller, starting, agentCount, open, valueOf } from '../testing/engine-harness.ts';
import { Engine } from './engine.ts';

it('a journal of a newer version stops the workspace, at start and while running, and nothing is written', async () => {
  const vault = createMemoryVault();
  const newer: readonly Area[] = areas.map((area) =>
    area.name === 'agents'
      ? { ...area, events: { ...area.events, 'agents.started': { version: 2, personal: [], meaning: '' } } }
      : area,
  );
  const [old, young] = [await open(vault), await open(vault, { areas: newer })];
  await young.engine.execute(caller, starting('ada'));
  assert.equal(valueOf(await old.engine.execute(caller, starting('bob'))), 'upgrade_required');
  assert.equal(valueOf(await old.engine.query(caller, agentCount)), 'upgrade_required');
  assert.equal(old.engine.stopped?.code, 'upgrade_required');
  assert.equal(vault.rows.length, 1);
  const opened = await Engine.open({
    workspace: 'test',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store: openMemoryStore(vault),
    clock: new ManualClock(),
    log: new CollectedLog(),
    identify,
  });
  assert.equal(opened.ok ? '' : opened.code, 'upgrade_required');
});

it('a journal lifts old data to the version of today', async () => {
  const vault = createMemoryVault();
  await (await open(vault)).engine.execute(caller, starting('ada'));
  const newer: readonly Area[] = areas.map((area) =>
    area.name === 'agents'
      ? {
          ...area,
          events: {
            ...area.events,
            'agents.started': {
              version: 2,
              personal: [],
              meaning: '',
              upcasts: {
                1: (data: unknown) => (typeof data === 'object' ? { ...data, agent: 'lifted' } : data),
              },
            },
          },
        }
      : area,
  );
  const { engine } = await open(vault, { areas: newer });
  assert.deepEqual(
    [...engine.slices.agents.agents.values()].map(({ name }) => name),
    ['lifted'],
  );
});

it('a journal that is damaged names the first bad entry and never counts as empty', async () => {
  const vault = createMemoryVault();
  const { engine } = await open(vault);
  for (const name of ['a', 'b', 'c']) await engine.execute(caller, starting(name));
  const row = vault.rows[1];
  assert.ok(row);
  vault.rows[1] = { ...row, text: row.text.replace('"b"', '"x"') };
  const opened = await Engine.open({
    workspace: 'test',
    areas,
    settings: defaultSettings,
    initial: initialSlices,
    store: openMemoryStore(vault),
    clock: new ManualClock(),
    log: new CollectedLog(),
    identify,
  });
  assert.ok(!opened.ok && opened.code === 'journal_corrupt');
  assert.equal(opened.details['seq'], 2);
  vault.rows.splice(0, 3);
  assert.equal(valueOf(await engine.query(caller, agentCount)), 'journal_corrupt');
});
