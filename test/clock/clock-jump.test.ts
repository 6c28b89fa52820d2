import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type HubProcess, type Site, openSite, startHub } from '../host/processes.ts';
import { errorOf, post } from '../surfaces/serving.ts';

const jumpingDate = fileURLToPath(new URL('./jumping-date.ts', import.meta.url));
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Two instants of the same moment, given by machines whose clocks agree, are never further apart. */
const nearMs = 10 * 60_000;

const start = (site: Site, clockOffMs = 0): Promise<HubProcess> =>
  startHub(site, { nodeArgs: ['--import', jumpingDate], env: { CLOCK_OFF_MS: String(clockOffMs) } });

const shownSchema = z.object({ now: z.number(), constructed: z.number() });

/** Puts the clock of the process forward or back, and makes sure that it shows another time. */
const jumpTo = async (child: ChildProcess, clockOffMs: number): Promise<void> => {
  const answered = once(child, 'message');
  child.send({ clockOffMs });
  const [message] = await answered;
  const { now, constructed } = shownSchema.parse(message);
  for (const shown of [now, constructed])
    assert(Math.abs(shown - (Date.now() + clockOffMs)) < nearMs, 'the clock of the hub has jumped');
};

const agentsSchema = z.object({ items: z.array(z.looseObject({ tier: z.string() })) });
const taskSchema = z.looseObject({
  status: z.string(),
  hold: z.looseObject({ holder: z.string(), tier: z.string(), contestable_at: z.string() }).optional(),
  history: z.looseObject({ items: z.array(z.object({ seq: z.number(), at: z.string() })) }),
});

/** An agent that calls a hub over HTTP, whatever hub it is just now. */
class Caller {
  readonly agent: string;
  hub: Pick<HubProcess, 'url'>;
  #session = {};

  constructor(hub: Pick<HubProcess, 'url'>, agent: string) {
    this.hub = hub;
    this.agent = agent;
  }

  async start(): Promise<Readonly<Record<string, unknown>>> {
    const started = await this.do('start', { agent: this.agent });
    this.#session = { 'Signalbox-Session': String(started['session']) };
    return started;
  }

  post(operation: string, body: unknown, headers: Record<string, string> = {}) {
    return post(this.hub, operation, { body, headers: { ...this.#session, ...headers } });
  }

  async do(operation: string, body: unknown, headers: Record<string, string> = {}) {
    const answer = await this.post(operation, body, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return z.record(z.string(), z.unknown()).parse(answer.body);
  }

  async refused(operation: string, body: unknown) {
    return errorOf((await this.post(operation, body)).body);
  }
}

/** Claims under one request id, so that the claim can be repeated. */
const claimOnce = (ada: Caller) => ada.post('task_claim', { id: 'T-1' }, { 'Idempotency-Key': 'claim-1' });

/** Ada holds T-1 and is here, carl holds T-2 and has left, bert wants both. */
const board = async (hub: HubProcess) => {
  const [ada, bert, carl] = ['ada', 'bert', 'carl'].map((agent) => new Caller(hub, agent));
  assert(ada !== undefined && bert !== undefined && carl !== undefined);
  for (const caller of [ada, bert, carl]) await caller.start();
  await ada.do('task_add', { tasks: [{ title: 'One' }, { title: 'Two' }] });
  const claimed = await claimOnce(ada);
  assert.equal(claimed.status, 200);
  await carl.do('task_claim', { id: 'T-2' });
  await carl.do('agent_leave', {});
  return { ada, bert, carl, claimed: claimed.body };
};

type Cast = Awaited<ReturnType<typeof board>>;

/** Nobody seems to have been silent, nothing has expired, and what was done is known; one more entry is written. */
const isAsBefore = async ({ ada, bert, claimed }: Cast, what: string): Promise<void> => {
  const { items } = agentsSchema.parse(await bert.do('agent_list', {}));
  assert.deepEqual([...new Set(items.map(({ tier }) => tier))], ['active'], what);

  const { code } = await bert.refused('task_claim', { id: 'T-1', reason: 'ada seems to be away' });
  assert.equal(code, 'held', what);
  const one = taskSchema.parse(await bert.do('task_get', { id: 'T-1', history: true }));
  assert.deepEqual([one.hold?.holder, one.hold?.tier], ['ada', 'active'], what);
  const contestableInMs = Date.parse(one.hold?.contestable_at ?? '') - Date.now();
  assert(Math.abs(contestableInMs - hourMs) < nearMs, `${what}: contestable in ${contestableInMs} ms`);
  const two = taskSchema.parse(await bert.do('task_get', { id: 'T-2', history: true }));
  assert.deepEqual([two.status, two.hold?.holder], ['in_progress', 'carl'], `${what}: in its grace`);

  const repeated = await claimOnce(ada);
  assert.equal(repeated.headers.get('signalbox-replayed'), 'true', what);
  assert.deepEqual(idAndEpoch(repeated.body), idAndEpoch(claimed), what);

  await bert.do('task_update', { id: 'T-1', note: what });
  const { history } = taskSchema.parse(await bert.do('task_get', { id: 'T-1', history: true }));
  const offMs = Date.parse(history.items[0]?.at ?? '') - Date.now();
  assert(Math.abs(offMs) < nearMs, `${what}: the entry is off by ${offMs} ms`);
};

const taskIdSchema = z.looseObject({ id: z.string() });

const idAndEpoch = (body: unknown) => z.object({ id: z.string(), epoch: z.number() }).parse(body);

/** The times of all entries, read without any of the program's code. They never go back. */
const timesIn = (dataDir: string): readonly number[] => {
  const database = new DatabaseSync(join(dataDir, 'workspaces', 'main.journal'), { readOnly: true });
  const rows = database.prepare('select text from entries order by seq').all();
  database.close();
  const times = rows.map(({ text }) => z.object({ time: z.number() }).parse(JSON.parse(String(text))).time);
  for (const [index, time] of times.entries())
    assert(time >= (times[index - 1] ?? 0), `entry ${index + 1} is older than the one before`);
  return times;
};

const assertRecent = (times: readonly number[]): void => {
  for (const time of times) assert(Math.abs(time - Date.now()) < nearMs, new Date(time).toISOString());
};

describe('a clock that jumps while the hub runs', () => {
  it('moves no hold, tier, grace, request id or entry', async (t) => {
    const site = await openSite(t);
    const hub = await start(site);
    const cast = await board(hub);
    await isAsBefore(cast, 'before');
    for (const [what, offMs] of [
      ['an hour ahead', hourMs],
      ['an hour behind', -hourMs],
      ['two days ahead', 2 * dayMs],
      ['two days behind', -2 * dayMs],
      ['right again', 0],
    ] as const) {
      await jumpTo(hub.child, offMs);
      await isAsBefore(cast, what);
    }
    const back = await cast.carl.start();
    assert.equal(back['resumed'], true);
    await cast.carl.do('task_done', { id: 'T-2' });
    assert.equal(await hub.stop(), 0);
    assertRecent(timesIn(site.dataDir));
  });

  it('neither ends a wait nor keeps it from its end', async (t) => {
    const site = await openSite(t);
    const hub = await start(site);
    const ada = new Caller(hub, 'ada');
    await ada.start();
    const waiting = ada.post('task_claim', { wait_ms: 55_000 });
    await ada.do('agent_list', {});
    await jumpTo(hub.child, hourMs);
    // It looks again, finds nothing for it, and has as long to wait as it had.
    await ada.do('task_add', { title: 'For others', requires: ['gpu'] });
    assert.equal((await ada.refused('task_claim', {})).code, 'nothing_free');
    await ada.do('task_add', { title: 'Late' });
    const { status, body } = await waiting;
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(taskIdSchema.parse(body).id, 'T-2');
    const soon = await ada.refused('task_claim', { wait_ms: 1 });
    assert.equal(soon.code, 'nothing_free');
  });
});

describe('a hub that starts on a clock which is behind the journal', () => {
  it('goes on where the journal ends: no entry is older, nothing expires early, nothing is done twice', async (t) => {
    const site = await openSite(t);
    const first = await start(site);
    const cast = await board(first);
    assert.equal(await first.stop(), 0);
    const before = timesIn(site.dataDir);

    const second = await start(site, -hourMs);
    for (const caller of [cast.ada, cast.bert, cast.carl]) caller.hub = second;
    await isAsBefore(cast, 'after a start an hour behind');
    await jumpTo(second.child, 0);
    await isAsBefore(cast, 'after the clock was put right');
    assert.equal(await second.stop(), 0);
    const after = timesIn(site.dataDir);
    assert(after.length > before.length);
    assert.deepEqual(after.slice(0, before.length), before);
    assertRecent(after);

    const third = await start(site);
    for (const caller of [cast.ada, cast.bert, cast.carl]) caller.hub = third;
    const back = await cast.carl.start();
    assert.equal(back['resumed'], true);
    await cast.carl.do('task_done', { id: 'T-2' });
    assert.equal(await third.stop(), 0);
    assertRecent(timesIn(site.dataDir));
  });
});
