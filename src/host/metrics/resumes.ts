import type { AgentsEvent } from '../../areas/agents/model.ts';
import type { Engine } from '../../engine/engine.ts';
import { entryGuard } from '../../kernel/entry.ts';
import type { Meter } from './meter.ts';

const isEvent = entryGuard<AgentsEvent>();

/** Counts the sessions that go on where they were, also those at other processes of the same journal. */
export const countResumes = (engine: Engine, meter: Meter): void => {
  engine.subscribe((entries) => {
    for (const entry of entries)
      if (isEvent(entry, 'agents.started') && entry.data.resumed) meter.resumed.session += 1;
  });
};
