import { doesNotMatch, match } from 'node:assert/strict';
import { test } from 'node:test';
import { workspaceJournal } from '../../journal/storage.ts';
import { sharedPostgres, withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor } from '../../testing/postgres-storage.ts';
import { opened } from '../../testing/store-files.ts';
import { addressOf } from './address.ts';
import { Database } from './database.ts';
import { namesOf } from './names.ts';

const timeout = 30_000;

withPostgres('plans of PostgreSQL', 'any', () => {
  test('a page of a journal is read by its key and in the order of that, whatever is known of the table', {
    timeout,
  }, async (context) => {
    const { storage, cluster } = await clusterFor(context);
    opened(await (await storage()).open(workspaceJournal('one'), 'may'));
    const { schema } = opened(namesOf(cluster));
    const address = opened(addressOf((await sharedPostgres()).url));
    const database = new Database({ address, schema, patienceMs: 5_000, connectionsMax: 1 });
    context.after(() => database.close());
    const session = await database.session();
    context.after(() => session.close());
    await session.ask({
      text: `insert into ${schema}.entries (journal, seq, batch, text, chain)
        select 1, number, '', repeat('x', 300), '' from generate_series(1, 20000) as number`,
    });
    await session.ask({ text: `prepare page (integer, bigint, bigint) as ${database.statements.read.text}` });
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await session.ask({ text: `set plan_cache_mode = ${mode}` });
      const plan = (await session.ask({ text: 'explain (costs off) execute page (1, 5, 5000)' }))
        .flat()
        .join('\n');
      match(plan, /Index Scan using entries_pkey on entries/);
      doesNotMatch(plan, /Sort|Seq Scan/);
    }
  });
});
