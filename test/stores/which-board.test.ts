/* Which board a data directory has: once that is in a database, nothing makes a second one in its stead. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { z } from 'zod';
import { hubJournal } from '../../src/journal/storage.ts';
import { mainJournal } from '../../src/testing/databases.ts';
import { openRedisStorage } from '../../src/stores/redis/storage.ts';
import { redisEnvironment, testsOnRedis } from '../../src/testing/redis-server.ts';
import { newCluster } from '../../src/testing/new-cluster.ts';
import { sharedPostgres, startPostgres, withPostgres } from '../../src/testing/postgres-server.ts';
import { openPostgresStorage } from '../../src/stores/postgres/storage.ts';
import { opened } from '../../src/testing/store-files.ts';
import { type Place, openPlace } from '../cli/program.ts';

const timeout = 120_000;

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const findings = z.object({
  findings: z.array(
    z.object({ check: z.string(), state: z.string(), what: z.string(), mend: z.string().optional() }),
  ),
});

type Env = Readonly<Record<string, string>>;

interface Board {
  readonly place: Place;
  readonly env: Env;
  readonly cluster: string;
  /** The note in the data directory. */
  readonly note: string;
  readonly schemas: () => Promise<number>;
  readonly good: (args: readonly string[], more?: Env) => Promise<string>;
  readonly refused: (args: readonly string[], more?: Env) => Promise<{ code: string; message: string }>;
  readonly bad: (check: string, more?: Env) => Promise<{ what: string; mend?: string | undefined }>;
}

const inPostgres = async (cluster: string): Promise<Env> => {
  const secret = new URL((await sharedPostgres()).url);
  // Whoever is let in without a password is let in with any.
  secret.password = 'hunter2';
  return { SIGNALBOX_STORE: 'postgres', SIGNALBOX_POSTGRES_URL: secret.href, SIGNALBOX_CLUSTER: cluster };
};

const openBoard = async (context: TestContext, envOf = inPostgres): Promise<Board> => {
  const place = await openPlace(context);
  const cluster = newCluster();
  const env = await envOf(cluster);
  return {
    place,
    env,
    cluster,
    note: join(place.dataDir, 'store.json'),
    schemas: async () => {
      const { sql } = await sharedPostgres();
      return (await sql(`select 1 from pg_namespace where nspname = '${cluster}'`)).length;
    },
    good: async (args, more = env) => {
      const { status, out, err } = await place.run(args, { env: more });
      assert.equal(status, 0, `${args.join(' ')}: ${err}`);
      return out;
    },
    refused: async (args, more = env) => {
      const { status, out } = await place.run([...args, '--json'], { env: more });
      assert.notEqual(status, 0, out);
      return refusal.parse(JSON.parse(out)).error;
    },
    bad: async (check, more = env) => {
      const { out } = await place.run(['doctor', '--json'], { env: more });
      const found = findings
        .parse(JSON.parse(out))
        .findings.find((one) => one.check === check && one.state === 'bad');
      assert(found !== undefined, out);
      return found;
    },
  };
};

const add = ['task', 'add', 'first'];
const list = ['task', 'list'];

withPostgres('which board a data directory has', 'own', () => {
  it('no other is opened where the variables that lead to it are missing', { timeout }, async (t) => {
    const { place, env, cluster, note, good, refused, bad } = await openBoard(t);
    await good(add);
    const noted = readFileSync(note, 'utf8');
    assert.deepEqual(Object.keys(Object(JSON.parse(noted))), ['store', 'cluster', 'place']);
    assert.doesNotMatch(noted, /hunter2/);
    for (const args of [list, add, ['verify'], ['backup'], ['workspace', 'show']]) {
      const { code, message } = await refused(args, {});
      assert.equal(code, 'invalid_state', args.join(' '));
      assert.match(
        message,
        /Set SIGNALBOX_STORE=postgres, SIGNALBOX_CLUSTER=\w+ and, .*SIGNALBOX_POSTGRES_URL\./,
      );
      assert(message.includes(cluster) && message.includes(`remove ${note}`), message);
      assert.doesNotMatch(message, /hunter2/);
    }
    assert(!existsSync(join(place.dataDir, 'hub.journal')));
    const found = await bad('database', {});
    assert.equal(found.mend, `export SIGNALBOX_STORE=postgres SIGNALBOX_CLUSTER=${cluster}`);
    assert.equal((await refused(list, { ...env, SIGNALBOX_CLUSTER: newCluster() })).code, 'invalid_state');
    assert.match(await good(list), /first/);
    rmSync(note);
    assert.match(await good(list, {}), /None/);
  });

  it('a hub prints lines that lead to it, without the password', { timeout }, async (t) => {
    const { place, env, cluster } = await openBoard(t);
    const said = await place.start(['serve', '--port', '0'], { env }).says('Ctrl-C');
    for (const line of ['claude mcp add', 'codex mcp add', 'task add'])
      assert.match(said, new RegExp(`${line}.* --store postgres --cluster ${cluster} `));
    assert.match(said, new RegExp(`-e SIGNALBOX_STORE=postgres -e SIGNALBOX_CLUSTER=${cluster} `));
    assert.match(
      said,
      /SIGNALBOX_POSTGRES_URL in their environment, or from postgres-url in a configuration file/,
    );
    assert.doesNotMatch(said, /hunter2/);
  });
});

withPostgres('a place without a board', 'own', () => {
  it('is left without by who only looks', { timeout }, async (t) => {
    const { schemas, note, refused, good } = await openBoard(t);
    for (const args of [list, ['status'], ['verify'], ['encryption', 'status']]) {
      const { code, message } = await refused(args);
      assert.equal(code, 'journal_missing', message);
      assert.match(message, /no board in .* yet\. signalbox serve makes one/);
    }
    await good(['workspace', 'show']);
    await good(['doctor']);
    assert.deepEqual([await schemas(), existsSync(note)], [0, false]);
    await good(add);
    assert.deepEqual([await schemas(), existsSync(note)], [1, true]);
  });

  it('is given none where one is gone, unless that is asked for', { timeout }, async (t) => {
    const { place, cluster, note, schemas, good, refused, bad } = await openBoard(t);
    await good(add);
    const backup = join(place.home, 'b.backup');
    await good(['backup', '--out', backup]);
    const { code, message: asked } = await refused(['restore', backup, '--data-dir', join(place.home, 'x')]);
    assert.equal(code, 'forbidden');
    assert.match(
      asked,
      new RegExp(`replace the journals in .*"${cluster}"\\)\\. .* --store sqlite and a new`),
    );
    assert.match(asked, new RegExp(`run in a terminal: .* --store postgres --cluster ${cluster}$`));
    const { sql } = await sharedPostgres();
    await sql(`drop schema ${cluster} cascade`);
    for (const args of [list, add, ['serve', '--port', '0'], ['verify']]) {
      const { code, message } = await refused(args);
      assert.equal(code, 'journal_missing', message);
      assert(message.includes(`To begin anew with nothing on purpose, remove ${note}`), message);
    }
    assert.equal(await schemas(), 0);
    assert.match((await bad('database')).what, /there is no journal in .* now/);
    await good(['restore', backup]);
    assert.match(await good(list), /first/);
    await sql(`drop schema ${cluster} cascade`);
    rmSync(note);
    await good(add);
    assert.equal(await schemas(), 1);
  });
});

withPostgres('a board in files', 'own', () => {
  it('is not left behind by who would begin another one in a database', { timeout }, async (t) => {
    const { place, note, schemas, good, refused, bad } = await openBoard(t);
    await good(add, {});
    for (const args of [add, ['serve', '--port', '0'], list]) {
      const { code, message } = await refused(args);
      assert.equal(code, 'journal_missing', message);
      assert.match(
        message,
        /has one in files\. Nothing .*: signalbox migrate --from sqlite --to postgres\. /,
      );
      assert.match(message, /on purpose, .* --data-dir or SIGNALBOX_DATA_DIR/);
    }
    assert.equal((await bad('database')).mend, 'signalbox migrate --from sqlite --to postgres');
    assert.deepEqual([await schemas(), existsSync(note)], [0, false]);
    await good([...add, '--data-dir', join(place.home, 'other')]);
    assert.equal(await schemas(), 1);
  });

  it('is not locked out by a look at another one, and not for good by a change there', {
    timeout,
  }, async (t) => {
    const { place, env, note, good, refused } = await openBoard(t);
    await good(['task', 'add', 'local'], {});
    await good([...add, '--data-dir', join(place.home, 'other')]);
    for (const args of [list, ['status'], ['verify'], ['doctor']]) await good(args);
    assert.match(await good(list), /first/);
    assert(!existsSync(note));
    assert.match(await good(list, {}), /local/);
    const { err } = await place.run(['task', 'add', 'second'], { env });
    assert(
      err.includes(`To go back to the one in files, remove ${note} and set SIGNALBOX_STORE=sqlite.`),
      err,
    );
    assert.equal((await refused(list, {})).code, 'invalid_state');
    rmSync(note);
    assert.match(await good(list, { SIGNALBOX_STORE: 'sqlite' }), /local/);
  });
});

const toPostgres = ['migrate', '--from', 'sqlite', '--to', 'postgres'];
const toRedis = ['--to', 'redis', '--to-url', 'redis://127.0.0.1:1'];

withPostgres('moving a board on', 'own', () => {
  it('begins where it is by the note, which changes only then', { timeout }, async (t) => {
    const { place, env, cluster, note, schemas, good, refused } = await openBoard(t);
    const elsewhere = join(place.home, 'elsewhere');
    const copied = join(elsewhere, 'hub.journal');
    const toFiles = ['--to', 'sqlite', '--to-url', elsewhere];
    const nothing = await refused(['migrate', '--from', 'postgres', ...toFiles]);
    assert.match(nothing.message, /nothing to migrate\. .* --from-url and --from-cluster\./);
    assert.deepEqual([await schemas(), existsSync(copied)], [0, false]);
    await good(add, {});
    await good(toPostgres);
    await good(['task', 'add', 'second']);
    const noted = readFileSync(note, 'utf8');
    const [other, url] = [newCluster(), new URL(String(env['SIGNALBOX_POSTGRES_URL']))];
    for (const target of [['--to', 'postgres', '--to-cluster', other], toFiles]) {
      const { code, message } = await refused(['migrate', '--from', 'sqlite', ...target]);
      assert.equal(code, 'invalid_state');
      assert(message.includes(`"${cluster}"), so what its files hold may be older`), message);
      assert(message.includes('Say --from postgres. ') && message.includes(`remove ${note}`), message);
    }
    url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    const { message } = await refused(['migrate', '--from', 'postgres', '--from-url', url.href, ...toFiles]);
    assert.match(
      message,
      /may be older than that\. .* --from-url\. If the database itself has moved, remove/,
    );
    assert.equal(readFileSync(note, 'utf8'), noted);
    assert(!existsSync(copied));
    const { sql } = await sharedPostgres();
    assert.deepEqual(await sql(`select 1 from pg_namespace where nspname = '${other}'`), []);
    await good(['migrate', '--from', 'postgres', ...toFiles]);
    assert.match(await good([...list, '--data-dir', elsewhere], {}), /second/);
    const taken = await refused(['migrate', '--from', 'sqlite', '--from-url', elsewhere, ...toRedis]);
    assert.equal(taken.code, 'exists', taken.message);
    const words = ['migrate', '--from', 'sqlite', '--from-url', elsewhere, '--to', 'postgres'];
    const astray = await refused([...words, '--to-url', url.href]);
    assert.equal(astray.code, 'exists', astray.message);
    assert.match(astray.message, /would lead to .* --to-url\. .* if the database itself has moved, remove/);
    assert.equal(readFileSync(note, 'utf8'), noted);
  });
});

withPostgres('moving a board to a database', 'own', () => {
  it('is not kept from a place where a hub was only started', { timeout }, async (t) => {
    const { place, env, note, good, refused } = await openBoard(t);
    await good(add, {});
    const hub = place.start(['serve', '--port', '0', '--data-dir', join(place.home, 'other')], { env });
    await hub.says('Ctrl-C');
    hub.kill('SIGTERM');
    await hub.ended;
    await good(toPostgres);
    assert.match(await good(list), /first/);
    assert.equal((await refused(list, {})).code, 'invalid_state');
    await good(['migrate', '--from', 'postgres', '--to', 'sqlite']);
    assert.match(await good(list, {}), /first/);
    assert.equal((await refused(list)).code, 'invalid_state');
    assert.equal(Object(JSON.parse(readFileSync(note, 'utf8'))).store, 'sqlite');
  });

  it('is kept from a place that somebody has used', { timeout }, async (t) => {
    const { note, good, refused } = await openBoard(t);
    await good(add);
    rmSync(note);
    await good(add, {});
    assert.equal((await refused(toPostgres)).code, 'exists');
    assert.match(await good(list), /first/);
  });

  it('when it is half done, doctor says so and how to go on', { timeout }, async (t) => {
    const { env, cluster, good, refused, bad } = await openBoard(t);
    await good(add, {});
    const url = String(env['SIGNALBOX_POSTGRES_URL']);
    const storage = opened(await openPostgresStorage({ url, cluster }));
    await opened(await storage.open(mainJournal, 'may')).close();
    await storage.close();
    assert.equal((await refused(list)).code, 'journal_missing');
    const { what, mend } = await bad('database');
    assert.match(what, /journals of workspaces, and no list of them/);
    assert.equal(mend, 'signalbox migrate --from sqlite --to postgres');
    await good(toPostgres);
    assert.match(await good(list), /first/);
  });
});

withPostgres('a database that does not answer', 'own', () => {
  it('is what calls and doctor speak of, and nothing was stored', { timeout }, async (t) => {
    const { place, refused, bad, good, env: usual } = await openBoard(t);
    const server = await startPostgres();
    const env = { ...usual, SIGNALBOX_POSTGRES_URL: server.url };
    const hub = place.start(['serve', '--port', '0'], { env });
    await hub.says('Ctrl-C');
    await good(add, env);
    await server.kill();
    const begun = performance.now();
    const { code, message } = await refused(['task', 'add', 'second'], env);
    const took = performance.now() - begun;
    assert.equal(code, 'storage_failed', message);
    assert.match(message, /^Nothing was stored: .*cannot be reached/);
    assert(took < 8_000, `it took ${took} ms`);
    const { what, mend } = await bad('hub', env);
    assert.match(what, /its database does not answer\. It needs no restart/);
    assert.equal(mend, 'signalbox doctor');
    await server.start();
    assert.doesNotMatch(await good(list, env), /second/);
    await server.stop();
  });
});

testsOnRedis('which board a data directory has in Redis', () => {
  it('one whose keys were deleted is not begun anew, and half of one is found bad', {
    timeout,
  }, async (t) => {
    const server = await redisEnvironment();
    assert('environment' in server);
    const url = server.environment.TEST_REDIS_URL;
    const board = await openBoard(t, async (cluster) => ({
      SIGNALBOX_STORE: 'redis',
      SIGNALBOX_REDIS_URL: url,
      SIGNALBOX_CLUSTER: cluster,
    }));
    const { env, note, good, refused, bad } = board;
    assert.match((await refused(list)).message, /no board in .* yet/);
    await good(add);
    assert.equal((await refused(list, {})).code, 'invalid_state');
    assert.equal((await refused(list, { ...env, SIGNALBOX_CLUSTER: newCluster() })).code, 'invalid_state');
    const storage = opened(
      await openRedisStorage({ url, cluster: board.cluster, acceptDataLossWindow: false }),
    );
    t.after(storage.close);
    opened(await storage.remove(hubJournal));
    assert.equal((await refused(add)).code, 'journal_missing');
    assert.match((await bad('database')).what, /journals of workspaces, and no list of them/);
    opened(await storage.remove(mainJournal));
    for (const args of [list, add]) assert.match((await refused(args)).message, /To begin anew with nothing/);
    rmSync(note);
    await good(add);
  });
});
