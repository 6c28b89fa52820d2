import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { type JournalName, type Storage, hubJournal, workspaceJournal } from '../../journal/storage.ts';
import { present } from '../../kernel/assert.ts';
import type { MemoryVault } from '../../stores/memory/memory-store.ts';
import { memoryStorage } from '../../stores/memory/storage.ts';
import { answerOver } from '../../testing/busy-workspace.ts';
import { CollectedLog } from '../../testing/collected-log.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { opened } from '../../testing/store-files.ts';
import { readConfiguration } from '../configuration/configuration.ts';
import { Workspaces } from '../workspaces.ts';
import { makeFrom } from './import.ts';

/** Journals in memory with a workspace, an export of it, and processes that import that. */
const createYard = async (context: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-import-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'main.jsonl');
  const vaults = new Map<JournalName, MemoryVault>();
  const log = new CollectedLog();
  const configuration = opened(await readConfiguration({ 'data-dir': folder }, { env: {}, cwd: folder }));
  const within = async <T>(
    work: (workspaces: Workspaces) => Promise<T>,
    storage: Storage = memoryStorage(vaults),
  ): Promise<T> => {
    const workspaces = opened(
      await Workspaces.open({
        storage,
        cacheDir: join(folder, 'cache'),
        clock: new ManualClock(),
        log,
        ticksFirst: false,
        brief: true,
      }),
    );
    try {
      return await work(workspaces);
    } finally {
      await workspaces.close();
    }
  };
  const makeIn = async (workspaces: Workspaces, name = 'copy'): Promise<string> => {
    const made = await makeFrom({ configuration, log }, { path, name, workspaces });
    return made.ok ? 'made' : made.code;
  };
  await within(async (workspaces) => {
    opened(await workspaces.ensure('main'));
    const { engine } = opened(await workspaces.get('main'));
    const lines: string[] = [];
    engine.subscribe((entries) => lines.push(...entries.map((entry) => `${JSON.stringify(entry)}\n`)));
    await answerOver(engine, 'test', { operation: 'task_add', input: { title: 'one' } });
    writeFileSync(path, lines.join(''));
  });
  return { vaults, within, makeIn };
};

const titlesIn = async (workspaces: Workspaces): Promise<readonly string[]> => {
  const { engine } = opened(await workspaces.get('copy'));
  return Array.from(engine.slices.tasks.tasks.values(), ({ title }) => title);
};

describe('an import that meets another', () => {
  it('is refused while that is at work, whatever it imports', async (context) => {
    const { within, makeIn } = await createYard(context);
    await within(async (workspaces) => {
      const office = await workspaces.hub.store.elect('import');
      assert.equal(await makeIn(workspaces), 'storage_busy');
      await office?.resign();
      assert.equal(await makeIn(workspaces), 'made');
      assert.deepEqual(await titlesIn(workspaces), ['one']);
    });
  });

  it('makes no workspace of what that has put in the place of its own', async (context) => {
    const { vaults, within, makeIn } = await createYard(context);
    const usual = memoryStorage(vaults);
    const storage: Storage = {
      ...usual,
      replace: async (to, from, endsAt) => {
        opened(await usual.remove(from));
        await opened(await usual.open(from, 'may')).close();
        return usual.replace(to, from, endsAt);
      },
    };
    await within(async (workspaces) => {
      assert.equal(await makeIn(workspaces), 'exists');
      assert.equal((await workspaces.known('copy')).ok, false);
    }, storage);
  });
});

describe('an import whose workspace may be in the list, or not', () => {
  for (const fault of ['stored_unknown', 'lost_unknown'] as const)
    it(`keeps its journal, and the same again finishes (${fault})`, async (context) => {
      const { vaults, within, makeIn } = await createYard(context);
      const hub = present(vaults.get(hubJournal), 'the list of workspaces is there');
      await within(async (workspaces) => {
        hub.faults.appends.push(fault);
        hub.faults.beforeAppend = async () => {
          hub.faults.reads = 'storage_busy';
        };
        assert.equal(await makeIn(workspaces), 'outcome_unknown');
        hub.faults.beforeAppend = undefined;
        hub.faults.reads = undefined;
      });
      await within(async (workspaces) => {
        assert.equal(await makeIn(workspaces), fault === 'stored_unknown' ? 'exists' : 'made');
        assert.deepEqual(await titlesIn(workspaces), ['one']);
      });
    });

  it('takes its journal away where the list cannot have it', async (context) => {
    const { vaults, within, makeIn } = await createYard(context);
    await within(async (workspaces) => {
      assert.equal(await makeIn(workspaces, 'hub'), 'invalid_input');
      assert.equal(vaults.has(workspaceJournal('hub')), false);
    });
  });
});
