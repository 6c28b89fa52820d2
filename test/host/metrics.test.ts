/* What a real hub tells of its own work, and what `signalbox status --health` makes of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSite, runCommand, startHub } from './processes.ts';

const metricsOf = async (url: string, token?: string): Promise<{ status: number; text: string }> => {
  const headers = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/metrics`, { ...(headers && { headers }) });
  return { status: response.status, text: await response.text() };
};

/** Makes a token in the name of who has this one. */
const makeToken = async (url: string, token: string, input: object): Promise<string> => {
  const response = await fetch(`${url}/v1/operations/token_create`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(input),
  });
  return String(Object(await response.json()).token);
};

describe('the metrics of a hub', () => {
  it('are for nobody without a token, and for one that was made for them', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site, { auth: true });
    const owner = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    const scraper = await makeToken(hub.url, owner, { role: 'reader', categories: ['metrics'] });
    const worker = await makeToken(hub.url, owner, { role: 'worker' });
    assert.equal((await metricsOf(hub.url)).status, 401);
    assert.equal((await metricsOf(hub.url, worker)).status, 403);
    assert.equal((await metricsOf(hub.url, scraper)).status, 200);
    const { status, text } = await metricsOf(hub.url, owner);
    assert.equal(status, 200);
    assert.match(text, /^signalbox_access_denied_total\{who="known"\} 1$/m);
    assert.match(text, /^signalbox_access_denied_total\{who="unknown"\} 1$/m);
    assert.match(text, /^signalbox_call_duration_seconds_count\{operation="token_create",code="ok"\} 2$/m);
    assert.match(text, /^signalbox_follower_lag_seconds\{workspace="main",follower="text-index"\} /m);
    assert.match(text, /^signalbox_follower_behind_entries\{workspace="hub",follower="snapshots"\} /m);
    assert.match(text, /^signalbox_process_resident_memory_bytes \d+$/m);
    for (const secret of [owner, scraper, worker]) assert.ok(!text.includes(secret.slice('sbx_'.length)));
  });

  it('are open on a hub that asks nobody', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site);
    assert.equal((await metricsOf(hub.url)).status, 200);
  });
});

describe('signalbox status --health', () => {
  it('shows how the running hub stands against its targets', async (t) => {
    const site = await openSite(t);
    await startHub(site, { auth: true });
    const where = ['--data-dir', site.dataDir];
    assert.equal((await runCommand(['task', 'add', 'x', ...where])).status, 0);
    const told = await runCommand(['status', '--health', ...where]);
    assert.equal(told.err, '');
    const [reads, writes, errors, lag, summary] = told.out.split('\n');
    assert.match(reads ?? '', /^holds {2}p95 of reads {5} *(?:[\d.]+ ms|nothing yet) {2}at most 50 ms/);
    assert.match(
      writes ?? '',
      /^(?:holds|fails) {2}p95 of writes {4} *[\d.]+ m?s {2}at most 250 ms {2}of \d+ calls?$/,
    );
    assert.match(errors ?? '', /^holds {2}error rate {7} *0 % {2}at most 0\.1 % {3}of \d+ calls?$/);
    assert.match(lag ?? '', /^holds {2}lag of followers {2} *[\d.]+ m?s {2}at most 5 s$/);
    assert.match(summary ?? '', /^(?:E|Not e)verything holds, over the last 5 minutes\.$/);
    const json = await runCommand(['status', '--health', '--json', ...where]);
    const { holds, levels } = JSON.parse(json.out);
    assert.equal(json.status, holds ? 0 : 4);
    assert.equal(levels.length, 4);
  });

  it('fails when something does not hold', async (t) => {
    const site = await openSite(t);
    const slow = `
      import { DatabaseSync } from 'node:sqlite';
      const { exec } = DatabaseSync.prototype;
      DatabaseSync.prototype.exec = function (sql) {
        if (/^commit/i.test(sql)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
        return exec.call(this, sql);
      };`;
    const preload = `data:text/javascript,${encodeURIComponent(slow)}`;
    const hub = await startHub(site, { env: { NODE_OPTIONS: `--import ${preload}` } });
    await fetch(`${hub.url}/v1/operations/task_add`, { method: 'POST', body: '{"title":"x"}' });
    const told = await runCommand(['status', '--health', '--json', '--data-dir', site.dataDir]);
    const { holds, levels } = JSON.parse(told.out);
    assert.deepEqual([told.status, holds], [4, false], told.out);
    assert.equal(levels.find(({ name }: { name: string }) => name === 'write_p95').holds, false);
  });

  it('says what to do where no hub runs', async (t) => {
    const site = await openSite(t);
    const told = await runCommand(['status', '--health', '--data-dir', site.dataDir]);
    assert.equal(told.status, 4);
    assert.match(told.err, /No hub serves this data directory.*signalbox serve/);
  });

  it('stands in the help of status', async () => {
    assert.match((await runCommand(['help', 'status'])).out, /--health/);
    assert.match((await runCommand(['status', '--help'])).out, /--health/);
  });
});
