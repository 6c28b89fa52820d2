import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { withPostgres } from '../../testing/postgres-server.ts';
import { clusterFor, testJournal } from '../../testing/postgres-storage.ts';
import { opened } from '../../testing/store-files.ts';
import { appendTo, emptyHead } from '../../testing/store-rows.ts';
import { type Appended, readNews } from './announcer.ts';
import { namesOf } from './names.ts';

withPostgres('what PostgreSQL is told of appends', 'any', () => {
  test('is told after them, in their order, and all of it before the storage is closed', async (context) => {
    const { database, cluster, storage } = await clusterFor(context);
    const heard: Appended[] = [];
    const listener = new Client({ connectionString: database.url });
    await listener.connect();
    context.after(() => listener.end());
    listener.on('notification', ({ payload = '' }) => {
      const told = readNews(payload);
      if (told !== undefined) heard.push(told);
    });
    const { channel } = opened(namesOf(cluster));
    await listener.query(`listen "${channel}"`);
    const writing = await storage();
    const store = opened(await writing.open(testJournal, 'may'));
    let head = emptyHead(store);
    const appends = 50;
    for (let index = 0; index < appends; index += 1) head = await appendTo(store, head, [`entry ${index}`]);
    await store.close();
    await writing.close();
    // What was told before this has been heard when it is answered.
    await listener.query('select 1');
    equal(heard.at(-1)?.seq, appends);
    deepEqual(
      heard.map(({ seq }) => seq),
      [...new Set(heard.map(({ seq }) => seq))].toSorted((a, b) => a - b),
    );
  });

  test('is nothing that others say in the same channel', () => {
    deepEqual(readNews('7 12 abc'), { key: 7, seq: 12, sender: 'abc' });
    equal(readNews('hello there'), undefined);
  });
});
