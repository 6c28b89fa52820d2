import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Entry } from '../kernel/entry.ts';
import type { Outcome } from '../kernel/errors.ts';
import { minuteMs } from '../kernel/instants.ts';
import { sqliteStorage } from '../stores/sqlite/storage.ts';
import { answerOver } from '../testing/busy-workspace.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { opened } from '../testing/store-files.ts';
import type { Workspace } from './workspace.ts';
import { Workspaces } from './workspaces.ts';

/** A data directory, and how a process opens it. What is open is closed before the directory goes. */
const createSite = (context: TestContext) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-'));
  const clock = new ManualClock();
  const log = new CollectedLog();
  const running: Workspaces[] = [];
  context.after(async () => {
    for (const workspaces of running) await workspaces.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const open = async (): Promise<Outcome<Workspaces>> => {
    const outcome = await Workspaces.open({
      storage: sqliteStorage({ dataDir }),
      cacheDir: join(dataDir, 'cache'),
      clock,
      log,
      ticksFirst: true,
    });
    if (outcome.ok) running.push(outcome.value);
    return outcome;
  };
  const hubJournal = join(dataDir, 'hub.journal');
  const journalOf = (name: string): string => join(dataDir, 'workspaces', `${name}.journal`);
  return { clock, log, open, hubJournal, journalOf, folder: join(dataDir, 'workspaces') };
};

type Site = ReturnType<typeof createSite>;

/** A data directory with these workspaces, each with one task named after it, and no process running. */
const createSiteWith = async (context: TestContext, names: readonly string[]): Promise<Site> => {
  const site = createSite(context);
  const workspaces = opened(await site.open());
  for (const name of names) await addTask(await openNew(workspaces, name), name);
  await workspaces.close();
  return site;
};

const openNew = async (workspaces: Workspaces, name: string): Promise<Workspace> => {
  opened(await workspaces.ensure(name));
  return opened(await workspaces.get(name));
};

const addTask = ({ engine }: Workspace, slug: string) =>
  answerOver(engine, 'test', { operation: 'task_add', input: { title: slug, slug } });

const tasksIn = ({ engine }: Workspace): readonly string[] =>
  Array.from(engine.slices.tasks.tasks.values(), ({ id }) => id).toSorted();

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'accepted' : outcome.code);

test('a workspace whose journal was deleted is missing, not empty, until it is put back', async (context) => {
  const site = await createSiteWith(context, ['shop', 'other']);
  const aside = `${site.hubJournal}.aside`;
  renameSync(site.journalOf('shop'), aside);
  const workspaces = opened(await site.open());
  opened(await workspaces.ensure('shop'));
  assert.equal(codeOf(await workspaces.get('shop')), 'journal_missing');
  assert.equal(codeOf(await workspaces.get('shop')), 'journal_missing');
  assert.ok(!existsSync(site.journalOf('shop')), 'no empty one was made');
  assert.deepEqual(tasksIn(opened(await workspaces.get('other'))), ['other']);
  renameSync(aside, site.journalOf('shop'));
  assert.deepEqual(tasksIn(opened(await workspaces.get('shop'))), ['shop'], 'a failure is not kept');
});

test('another journal in the place of a workspace is refused', async (context) => {
  const site = await createSiteWith(context, ['shop', 'other']);
  copyFileSync(site.journalOf('other'), site.journalOf('shop'));
  const workspaces = opened(await site.open());
  assert.equal(
    codeOf(await workspaces.get('shop')),
    'journal_corrupt',
    'the watermark is that of another journal',
  );
  rmSync(`${site.journalOf('shop')}.bell`);
  const refused = await workspaces.get('shop');
  assert.ok(!refused.ok && refused.code === 'journal_missing', JSON.stringify(refused));
  const other = opened(await workspaces.get('other'));
  assert.equal(refused.details['found'], other.store.identity.id);
  assert.notEqual(refused.details['expected'], other.store.identity.id);
});

test('the list of workspaces does not begin anew while there are workspaces', async (context) => {
  const site = await createSiteWith(context, ['shop']);
  const aside = `${site.hubJournal}.aside`;
  renameSync(site.hubJournal, aside);
  assert.equal(codeOf(await site.open()), 'journal_missing');
  assert.ok(!existsSync(site.hubJournal));
  renameSync(aside, site.hubJournal);
  const workspaces = opened(await site.open());
  assert.deepEqual(tasksIn(opened(await workspaces.get('shop'))), ['shop']);
});

test('names that differ in case are one workspace, under the name it was given first', async (context) => {
  const site = createSite(context);
  const workspaces = opened(await site.open());
  const both = await Promise.all([workspaces.ensure('Shop'), workspaces.ensure('shop')]);
  assert.deepEqual(both.map(codeOf), ['accepted', 'exists']);
  assert.equal(codeOf(await workspaces.ensure('SHOP')), 'exists');
  assert.equal(codeOf(await workspaces.ensure('Shop')), 'accepted');
  assert.equal(codeOf(await workspaces.get('shop')), 'workspace_unknown');
  opened(await workspaces.get('Shop'));
  const journals = readdirSync(site.folder).filter((file) => file.endsWith('.journal'));
  assert.deepEqual(journals, ['shop.journal']);
});

test('a workspace that nobody registered is unknown, and nothing is made for it', async (context) => {
  const site = createSite(context);
  const workspaces = opened(await site.open());
  const refused = await workspaces.get('shop');
  assert.ok(!refused.ok && refused.code === 'workspace_unknown', JSON.stringify(refused));
  assert.deepEqual(refused.details, { workspace: 'shop' });
  assert.ok(!existsSync(site.folder));
  assert.equal(codeOf(await workspaces.ensure('hub')), 'invalid_input');
  opened(await workspaces.ensure('shop'));
  assert.equal(codeOf(await workspaces.get('shop')), 'accepted', 'registered meanwhile');
});

test('two that make the same workspace at once share it', async (context) => {
  const site = createSite(context);
  const [one, two] = await Promise.all([site.open(), site.open()]);
  const shared = await Promise.all([openNew(opened(one), 'shop'), openNew(opened(two), 'shop')]);
  const [here, there] = shared;
  assert.equal(here.store.identity.id, there.store.identity.id);
  await Promise.all([addTask(here, 'here'), addTask(there, 'there')]);
  for (const workspace of shared) {
    assert.equal(await workspace.engine.refresh(), undefined);
    assert.deepEqual(tasksIn(workspace), ['here', 'there']);
  }
  const types: string[] = [];
  const { hub } = opened(one);
  for (const entry of await hub.engine.journal.entriesAt([1, 2])) types.push(entry.type);
  assert.deepEqual(types, ['workspaces.registered', 'workspaces.attached']);
  assert.equal(await hub.store.head(), 2);
  assert.deepEqual(site.log.errors, []);
});

test('asking for a workspace twice at once opens it once', async (context) => {
  const workspaces = opened(await createSite(context).open());
  opened(await workspaces.ensure('shop'));
  const [one, two] = await Promise.all([workspaces.get('shop'), workspaces.get('shop')]);
  assert.equal(opened(one), opened(two));
  assert.deepEqual(
    (await workspaces.opened()).map(({ name }) => name),
    ['hub', 'shop'],
  );
});

const makeNewer = (path: string): void => {
  const database = new DatabaseSync(path);
  database.exec('pragma user_version = 99');
  database.close();
};

test('journals of a newer format are not touched', async (context) => {
  const site = await createSiteWith(context, ['shop', 'other']);
  makeNewer(site.journalOf('shop'));
  const workspaces = opened(await site.open());
  assert.equal(codeOf(await workspaces.get('shop')), 'upgrade_required');
  assert.equal(codeOf(await workspaces.get('other')), 'accepted');
  await workspaces.close();
  makeNewer(site.hubJournal);
  assert.equal(codeOf(await site.open()), 'upgrade_required');
});

test('AG14 who called is written down once a minute, and at the end', async (context) => {
  const { clock, open } = createSite(context);
  const workspaces = opened(await open());
  const { engine, close } = await openNew(workspaces, 'shop');
  const seen: unknown[] = [];
  let heard = Promise.withResolvers<readonly Entry[]>();
  engine.subscribe((entries) => {
    const news = entries.filter(({ type }) => type === 'agents.seen');
    seen.push(...news.map(({ data }) => data));
    if (news.length > 0) heard.resolve(news);
  });
  const join = async (agent: string): Promise<unknown> =>
    (await answerOver(engine, agent, { operation: 'start', input: { agent } }))['session'];
  const [ada, bob] = [await join('ada'), await join('bob')];
  await join('silent');
  const look = (agent: string) => answerOver(engine, agent, { operation: 'task_list' });
  for (const agent of ['ada', 'bob', 'ada']) await look(agent);
  clock.advance(minuteMs - 1);
  await clock.pause();
  assert.deepEqual(seen, []);
  clock.advance(1);
  await heard.promise;
  assert.deepEqual(seen, [{ sessions: [ada, bob] }]);
  await clock.pause();
  const head = engine.seq;
  clock.advance(minuteMs);
  await clock.pause();
  await engine.refresh();
  assert.equal(engine.seq, head, 'nobody called, nothing is written');
  heard = Promise.withResolvers();
  await look('bob');
  clock.advance(minuteMs);
  await heard.promise;
  await look('ada');
  await Promise.all([close(), close()]);
  assert.deepEqual(seen, [{ sessions: [ada, bob] }, { sessions: [bob] }, { sessions: [ada] }]);
});
