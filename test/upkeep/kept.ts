/* Data directories for the commands that keep journals: filled in the test's own process, and read by the program. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { archivedStorage } from '../../src/journal/archived-store.ts';
import { type JournalName, hubJournal, workspaceJournal } from '../../src/journal/storage.ts';
import { checkJournal } from '../../src/host/journal-check.ts';
import { sqliteStorage } from '../../src/stores/sqlite/storage.ts';
import { type Ended, runWords } from '../cli/cut-program.ts';
import { type Told, tellHere } from '../cli/told-here.ts';
import { type Site, openSite } from '../host/processes.ts';

const refused = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

export const addTasks = (titles: readonly string[]): readonly Told[] =>
  titles.map((title) => ({ operation: 'task_add', input: { tasks: [{ title }] } }));

export const titles = ['one', 'two', 'three', 'four', 'five', 'six'] as const;

/** What makes a board of six tasks, in two workspaces. */
export const aBoard: readonly Told[] = [
  ...addTasks(titles),
  { operation: 'workspace_add', input: { name: 'shop' } },
  { operation: 'task_add', input: { tasks: [{ title: 'sell' }] }, workspace: 'shop' },
];

/** A data directory with that. */
export const openBoard = async (context: TestContext): Promise<Site> => {
  const site = await openSite(context);
  await tellHere(site.dataDir, aBoard);
  return site;
};

/** Another data directory with the same in it, which goes away with the test. */
export const copyOf = async (context: TestContext, { dataDir }: Pick<Site, 'dataDir'>): Promise<Site> => {
  const site = await openSite(context);
  cpSync(dataDir, site.dataDir, { recursive: true });
  return site;
};

export const run = (dataDir: string, ...words: readonly string[]): Promise<Ended> =>
  runWords({ dataDir }, words);

/** The document of a command that must succeed. */
export const good = async (dataDir: string, ...words: readonly string[]): Promise<unknown> => {
  const { status, out, err } = await run(dataDir, ...words);
  assert.equal(status, 0, `${words.join(' ')}: ${out}${err}`);
  return JSON.parse(out);
};

/** The refusal of a command that must not succeed. */
export const bad = async (dataDir: string, ...words: readonly string[]) => {
  const { status, out } = await run(dataDir, ...words);
  assert.notEqual(status, 0, `${words.join(' ')}: ${out}`);
  return refused.parse(JSON.parse(out)).error;
};

export const refusalIn = ({ out }: Pick<Ended, 'out'>) => refused.parse(JSON.parse(out)).error;

/** The backup of what was there before that a command tells of. */
export const beforeIn = (out: string): string => {
  const answer: unknown = JSON.parse(out);
  assert(typeof answer === 'object' && answer !== null && 'before' in answer, out);
  return String(answer.before);
};

/** How many entries a journal has, and where its chain ends. All of them are good. */
export const verify = async (dataDir: string, name: JournalName = workspaceJournal('main')) => {
  const storage = archivedStorage(sqliteStorage({ dataDir }), join(dataDir, 'archives'));
  const checked = await checkJournal(storage, name);
  assert(checked.ok, JSON.stringify(checked));
  const { entries, chain } = checked.value;
  return { entries, chain };
};

/** All journals of a board. */
export const verifyAll = async (dataDir: string) => ({
  main: await verify(dataDir),
  shop: await verify(dataDir, workspaceJournal('shop')),
  hub: await verify(dataDir, hubJournal),
});

const items = z.array(z.object({ items: z.array(z.looseObject({})) }));

/** What a reading lists, asked in this process. */
export const listed = async (dataDir: string, told: Told) => {
  const [answer] = items.parse(await tellHere(dataDir, [told]));
  return answer?.items ?? [];
};

/** The titles of the tasks in a workspace. */
export const titlesIn = async (dataDir: string, workspace = 'main'): Promise<readonly unknown[]> =>
  (await listed(dataDir, { operation: 'task_list', input: {}, workspace })).map(({ title }) => title);

export const journalIn = (dataDir: string, name = 'main'): string =>
  join(dataDir, 'workspaces', `${name}.journal`);
