import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type HubProcess, openSite, startHub } from '../host/processes.ts';
import { post } from '../surfaces/serving.ts';

const jumpingDate = fileURLToPath(new URL('../clock/jumping-date.ts', import.meta.url));
const hourMs = 3_600_000;

const jumpTo = async ({ child }: HubProcess, clockOffMs: number): Promise<void> => {
  const answered = once(child, 'message');
  child.send({ clockOffMs });
  await answered;
};

const lock = z.looseObject({ token: z.number(), remaining_ms: z.number() });

it('14. LE27 a lock does not expire early when the clock of the machine jumps by an hour, and its token stays', async (context) => {
  const site = await openSite(context);
  const hub = await startHub(site, { nodeArgs: ['--import', jumpingDate], env: { CLOCK_OFF_MS: '0' } });
  const call = async (agent: string, operation: string, body: object) => {
    const headers = { 'Signalbox-Agent': agent };
    const session = sessions.get(agent);
    const answer = await post(hub, operation, {
      body,
      headers: session === undefined ? headers : { 'Signalbox-Session': session },
    });
    return z.record(z.string(), z.unknown()).parse(answer.body);
  };
  const sessions = new Map<string, string>();
  for (const agent of ['ada', 'bob'])
    sessions.set(agent, String((await call(agent, 'start', { agent }))['session']));
  const { locks } = await call('ada', 'lock_acquire', { name: 'pytest', ttl: 600 });
  const [granted] = z.tuple([lock]).parse(locks);
  for (const offMs of [hourMs, -hourMs, 0]) {
    await jumpTo(hub, offMs);
    const refusal = await call('bob', 'lock_acquire', { name: 'pytest' });
    assert.match(JSON.stringify(refusal), /"code":"held"/, `off by ${offMs}`);
    const { items } = await call('bob', 'lock_list', {});
    const [shown] = z.tuple([lock]).parse(items);
    assert.equal(shown.token, granted.token);
    const passedMs = granted.remaining_ms - shown.remaining_ms;
    assert.ok(passedMs >= 0 && passedMs < 300_000, `off by ${offMs}: ${passedMs} ms have passed`);
  }
});
