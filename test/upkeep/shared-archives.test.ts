/* Archives of journals that several machines share: one folder has them all, whoever compacts, and everybody reads them there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import { openStorage } from '../../src/host/storage.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { sharedPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { redisEnvironment, testsOnRedis } from '../../src/testing/redis-server.ts';
import { opened } from '../../src/testing/store-files.ts';
import { runCut, runWords } from '../cli/cut-program.ts';
import { type Site, openSite, startHub } from '../host/processes.ts';
import { refusalIn } from './kept.ts';

const timeout = 180_000;

type Env = Readonly<Record<string, string>>;

const compacted = z.object({ archives: z.array(z.string()), archived: z.number(), entries: z.number() });
const verified = z.object({ entries: z.number(), chain: z.string() });
const levels = z.object({ holds: z.boolean(), faults: z.array(z.string()) });
const health = z.object({
  status: z.string(),
  workspaces: z.array(z.object({ name: z.string(), writable: z.boolean(), reason: z.string().nullable() })),
});

/** A machine: a data directory of its own, on the same database, with this folder of archives if it has any. */
class Machine {
  readonly site: Site;
  readonly env: Env;

  constructor(site: Site, env: Env) {
    this.site = site;
    this.env = env;
  }

  run(...words: readonly string[]) {
    return runWords({ dataDir: this.site.dataDir, env: this.env }, words);
  }

  async good(...words: readonly string[]): Promise<unknown> {
    const { status, out, err } = await this.run(...words);
    assert.equal(status, 0, `${words.join(' ')}: ${out}${err}`);
    return JSON.parse(out);
  }

  async refusal(...words: readonly string[]) {
    const { status, out, err } = await this.run(...words);
    assert.notEqual(status, 0, `${words.join(' ')}: ${out}${err}`);
    return refusalIn({ out });
  }

  async compact(keep: number, ...more: readonly string[]) {
    return compacted.parse(await this.good('compact', '--keep', String(keep), ...more));
  }

  async titles(): Promise<readonly string[]> {
    const list = z.object({ items: z.array(z.object({ title: z.string() })) });
    return list.parse(await this.good('task', 'list')).items.map(({ title }) => title);
  }

  /** The numbers of the entries, read one by one. */
  async audit(): Promise<readonly number[]> {
    const list = z.object({ items: z.array(z.object({ seq: z.number() })) });
    const { items } = list.parse(await this.good('audit', 'query', '--limit', '100'));
    return items.map(({ seq }) => seq).toSorted((a, b) => a - b);
  }

  /** Whatever reads the journal from its first entry; all of it has to be there. */
  async readsAll(entries: number, titles: readonly string[]): Promise<void> {
    assert.equal(verified.parse(await this.good('verify')).entries, entries);
    assert.deepEqual(await this.titles(), titles);
    const expected = Array.from({ length: entries }, (_, index) => index + 1);
    const seqs = await this.audit();
    for (const seq of expected) assert(seqs.includes(seq), `entry ${seq} is among ${seqs.join(', ')}`);
    const out = join(this.site.dataDir, `export-${entries}.jsonl`);
    await this.good('export', '--out', out);
    await this.good('backup', '--out', join(this.site.dataDir, `backup-${entries}.jsonl.gz`));
  }
}

interface Cluster {
  /** What all machines mount. */
  readonly mounted: string;
  /** Where its archives have to be. */
  readonly own: string;
  readonly machine: (archives?: string) => Promise<Machine>;
}

const openCluster = (context: TestContext, database: Env): Cluster => {
  const mounted = mkdtempSync(join(tmpdir(), 'signalbox-mounted-'));
  context.after(() => rmSync(mounted, { recursive: true }));
  const cluster = newCluster();
  const env = { ...database, SIGNALBOX_CLUSTER: cluster };
  return {
    mounted,
    own: join(mounted, `${database['SIGNALBOX_STORE']}-${cluster}`),
    machine: async (archives) =>
      new Machine(await openSite(context), {
        ...env,
        ...(archives !== undefined && { SIGNALBOX_ARCHIVES: archives }),
      }),
  };
};

const addTitles = async (machine: Machine, titles: readonly string[]): Promise<void> => {
  for (const title of titles) await machine.good('task', 'add', title);
};

const storageOf = async ({ site, env }: Machine) => {
  const read = await readConfiguration({ 'data-dir': site.dataDir }, { env, cwd: '/' });
  assert(read.ok);
  return opened(await openStorage(read.value.settings));
};

const refusesWithout = async (context: TestContext, database: Env): Promise<void> => {
  const { mounted, machine } = openCluster(context, database);
  const one = await machine();
  await addTitles(one, ['one', 'two', 'three']);
  const { code, message } = await one.refusal('compact', '--keep', '1');
  assert.equal(code, 'invalid_input');
  assert.match(
    message,
    /Set archives \(--archives, SIGNALBOX_ARCHIVES\) to a folder that every machine of the cluster mounts\./,
  );
  const absent = join(mounted, 'absent');
  const unmounted = await one.refusal('compact', '--keep', '1', '--archives', absent);
  assert.equal(unmounted.code, 'not_found');
  assert(unmounted.message.includes(absent), unmounted.message);
  assert.deepEqual(readdirSync(mounted), []);
  const file = join(one.site.dataDir, 'store.json');
  assert.match((await one.refusal('compact', '--archives', file)).message, /store\.json,.* is no folder\./);
  await takesNothingToUnshown(mounted, machine, one);
};

/** A folder where nothing is mounted looks like one that nothing is in yet. */
const takesNothingToUnshown = async (
  mounted: string,
  machine: Cluster['machine'],
  one: Machine,
): Promise<void> => {
  const sharing = await machine(mounted);
  const { code, message } = await sharing.refusal('compact', '--keep', '1');
  assert.equal(code, 'invalid_state', message);
  assert(message.includes(mounted), message);
  assert.match(message, /mounted here.*--first/);
  assert.deepEqual(readdirSync(mounted), []);
  assert.equal(await baseOf(one), 0);
  assert.deepEqual(
    (await sharing.compact(1_000)).archives,
    [],
    'where nothing goes there is nothing to show',
  );
  await sharing.compact(1, '--first');
  const local = join(mounted, 'local');
  mkdirSync(local);
  const unmounted = await machine(local);
  await unmounted.good('workspace', 'add', 'shop');
  await unmounted.good('task', 'add', 'sell', '--workspace', 'shop');
  for (const words of [[], ['--first']]) {
    const refused = await unmounted.refusal('compact', '--keep', '0', '--workspace', 'shop', ...words);
    assert.equal(refused.code, 'journal_missing', refused.message);
  }
  assert.deepEqual(readdirSync(local), []);
  assert.equal((await sharing.compact(0, '--workspace', 'shop')).archives.length, 1);
};

const baseOf = async (machine: Machine): Promise<number> => {
  const storage = await storageOf(machine);
  const store = opened(await storage.open('workspaces/main', 'must-exist'));
  const { seq } = await store.base();
  await store.close();
  await storage.close();
  return seq;
};

const compactsFromAnywhere = async (context: TestContext, database: Env): Promise<void> => {
  const { mounted, own, machine } = openCluster(context, database);
  const [one, two] = [await machine(mounted), await machine(mounted)];
  await addTitles(one, ['one', 'two', 'three', 'four']);
  const before = verified.parse(await one.good('verify'));
  const storage = await storageOf(two);
  const late = opened(await storage.open('workspaces/main', 'must-exist'));
  assert.deepEqual(
    (await late.read(0, 1)).map(({ seq }) => seq),
    [1],
  );
  const hub = await startHub(two.site, { env: two.env });

  const { archives, archived } = await one.compact(1, '--first');
  assert.equal(archived, before.entries - 1);
  assert(
    archives.every((path) => dirname(dirname(path)) === own),
    archives.join(),
  );
  assert.equal((await late.readAt([2]))[0]?.seq, 2, 'who is late reads on');
  assert.equal((await late.read(1, 100)).length, before.entries - 1);
  await late.close();
  await storage.close();
  await two.readsAll(before.entries, ['one', 'two', 'three', 'four']);
  assert.deepEqual(verified.parse(await two.good('verify')).chain, before.chain);
  assert.equal((await healthOf(hub.url)).status, 'ok');
  await (await machine(mounted)).readsAll(before.entries, ['one', 'two', 'three', 'four']);

  await addTitles(two, ['five', 'six']);
  const next = await two.compact(0);
  assert.equal(next.archived, next.entries);
  const all = ['one', 'two', 'three', 'four', 'five', 'six'];
  await hub.stop();
  for (const each of [one, two]) await each.readsAll(next.entries, all);
  assert.deepEqual((await one.compact(0)).archives, []);
};

const healthOf = async (url: string) => health.parse(await (await fetch(`${url}/health`)).json());

const namesWhatIsMissing = async (context: TestContext, database: Env): Promise<void> => {
  const { mounted, machine } = openCluster(context, database);
  const one = await machine(mounted);
  await addTitles(one, ['one', 'two', 'three']);
  const hub = await startHub(one.site, { env: one.env });
  const uninformed = await machine();
  // It says on stderr as well what it lacks.
  const said: string[] = [];
  const other = await startHub(uninformed.site, {
    env: uninformed.env,
    hears: (text) => void said.push(text),
  });
  const [archive = ''] = (await one.compact(1, '--first')).archives;
  // Whoever cannot see it does not know where it begins.
  const name = `…${archive.slice(archive.lastIndexOf('-'))}`;
  const elsewhere = join(mounted, 'elsewhere');
  mkdirSync(elsewhere);
  for (const stranger of [await machine(), await machine(elsewhere)]) {
    for (const words of [['verify'], ['task', 'list'], ['compact', '--keep', '0', '--archives', elsewhere]]) {
      const { code, message } = await stranger.refusal(...words);
      assert.equal(code, 'journal_missing', message);
      assert(message.includes(name), message);
      assert.match(message, /[Ss]et archives \(--archives, SIGNALBOX_ARCHIVES\)/);
    }
  }
  assert.deepEqual(readdirSync(elsewhere), []);
  renameSync(archive, `${archive}.away`);
  const { message } = await one.refusal('verify');
  assert(message.includes(dirname(archive)) && message.includes(name), message);
  assert.match(message, /Put them back, or set archives .*\. Only if they are lost, restore/);
  await isDegraded(hub.url, name);
  await isDegraded(other.url, 'SIGNALBOX_ARCHIVES');
  await goesOn(one, hub.url, name);
  renameSync(`${archive}.away`, archive);
  assert.equal((await healthOf(hub.url)).status, 'ok');
  await one.good('verify');
};

/** What is new can be stored, so nobody is sent elsewhere; and whoever looks is told. */
const goesOn = async (machine: Machine, url: string, missing: string): Promise<void> => {
  assert.equal((await fetch(`${url}/ready`)).status, 200);
  await machine.good('task', 'add', 'four');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^signalbox_store_writable\{workspace="main"\} 1$/m);
  assert.match(metrics, /^signalbox_archives_readable\{workspace="main"\} 0$/m);
  const { status, out } = await machine.run('status', '--health');
  assert.equal(status, 4, out);
  const { holds, faults } = levels.parse(JSON.parse(out));
  assert.equal(holds, false);
  assert(faults.join().includes(missing), out);
  const said: string[] = [];
  // It has a snapshot, and so needs no archive to start.
  const { dataDir, onEnd } = machine.site;
  const second = await startHub(
    { dataDir, onEnd },
    { env: machine.env, hears: (text) => void said.push(text) },
  );
  await second.stop();
  assert(said.join('').includes('not all of its past can be read'), said.join(''));
};

const isDegraded = async (url: string, because: string): Promise<void> => {
  const answer = await fetch(`${url}/health`);
  assert.equal(answer.status, 200);
  const { status, workspaces } = health.parse(await answer.json());
  assert.equal(status, 'degraded');
  const main = workspaces.find(({ name }) => name === 'main');
  assert.equal(main?.writable, true);
  const reason = main.reason ?? '';
  assert(reason.includes(because), reason);
  assert.doesNotMatch(reason, /Nothing was/);
};

const migratesWith = async (context: TestContext, database: Env): Promise<void> => {
  const { mounted, machine } = openCluster(context, database);
  const one = await machine(mounted);
  const kind = String(database['SIGNALBOX_STORE']);
  const files = new Machine(one.site, { SIGNALBOX_STORE: 'sqlite' });
  await addTitles(files, ['one', 'two', 'three']);
  const { archives, entries } = await files.compact(1);
  assert(archives.every((path) => path.startsWith(join(one.site.dataDir, 'archives'))));
  await one.good('migrate', '--from', 'sqlite', '--to', kind);
  await one.readsAll(entries, ['one', 'two', 'three']);
  await one.compact(0, '--first');
  const back = await openSite(context);
  await one.good('migrate', '--from', kind, '--to', 'sqlite', '--to-url', back.dataDir);
  await new Machine(back, { SIGNALBOX_STORE: 'sqlite' }).readsAll(entries, ['one', 'two', 'three']);
};

/**
 * One after the other, each on what the one before has left: no archive, one whose entries are all in the database
 * still, and one whose entries are taken out by a transaction that is never committed.
 */
const outlivesKills = async (context: TestContext, database: Env): Promise<void> => {
  const { mounted, machine } = openCluster(context, database);
  const one = await machine(mounted);
  const titles = ['one', 'two', 'three'];
  await addTitles(one, titles);
  const before = verified.parse(await one.good('verify'));
  const words = ['compact', '--keep', '1', '--first'];
  const where = { dataDir: one.site.dataDir, env: one.env };
  for (const step of [
    'before rename of the archive',
    'after rename of the archive',
    'before entries are taken out',
    'before the base is moved',
  ]) {
    const { signal, err } = await runCut(where, words, { step, signal: 'SIGKILL' });
    assert.equal(signal, 'SIGKILL', `${step}: ${err}`);
    assert.deepEqual(verified.parse(await one.good('verify')), before, step);
    assert.equal(await baseOf(one), 0, step);
  }
  const { archives, archived } = compacted.parse(await one.good(...words));
  assert.deepEqual([archives.length, archived], [1, before.entries - 1]);
  assert.deepEqual(verified.parse(await one.good('verify')), before);
  await one.readsAll(before.entries, titles);
};

const sharing = (database: () => Promise<Env>): void => {
  test(
    'are refused where no folder is set that every machine has, and nothing is changed',
    {
      timeout,
    },
    async (t) => refusesWithout(t, await database()),
  );
  test('are read by a migration where either side has them', { timeout }, async (t) =>
    migratesWith(t, await database()),
  );
  test('are written and read by every machine, whichever of them compacts', { timeout }, async (t) =>
    compactsFromAnywhere(t, await database()),
  );
  test(
    'that are not found are named, with the setting that says where they are, also by a hub at work',
    {
      timeout,
    },
    async (t) => namesWhatIsMissing(t, await database()),
  );
};

withPostgres('archives of journals in PostgreSQL', 'any', () => {
  test('lose nothing wherever a compaction is killed, and its repeat does the rest', { timeout }, async (t) =>
    outlivesKills(t, { SIGNALBOX_STORE: 'postgres', SIGNALBOX_POSTGRES_URL: (await sharedPostgres()).url }),
  );
  sharing(async () => ({
    SIGNALBOX_STORE: 'postgres',
    SIGNALBOX_POSTGRES_URL: (await sharedPostgres()).url,
  }));
});

testsOnRedis('archives of journals in Redis', () => {
  sharing(async () => {
    const server = await redisEnvironment();
    assert('environment' in server);
    return { SIGNALBOX_STORE: 'redis', SIGNALBOX_REDIS_URL: server.environment.TEST_REDIS_URL };
  });
});
