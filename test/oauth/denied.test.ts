/* What is denied at the door is counted as what the hub denies is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Denials } from '../../src/host/access/denials.ts';
import { TokenGate } from '../../src/host/access/token-gate.ts';
import { refuse } from '../../src/kernel/errors.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { post, serve, valueIn } from '../surfaces/serving.ts';
import { gateFor, startIssuer } from './issuer.ts';

it('AC31 what is denied at the door to whom an identity provider vouches for is counted, each time', async (t) => {
  const issuer = await startIssuer(t);
  const told: string[] = [];
  const denials: Pick<Denials, 'known' | 'unknown'> = {
    known: ({ principal }, { code }, { operation }) => told.push(`${principal} ${operation} ${code}`),
    unknown: () => told.push('unknown'),
  };
  const [clock, log] = [new ManualClock(), new CollectedLog()];
  const opening = Promise.resolve(refuse('overloaded', 'There is no journal.'));
  const inner = new TokenGate({ opening, own: undefined, clock, log, denials });
  const { gate, show } = gateFor(issuer, { denials, inner });
  const nothing = (): never => assert.fail('nobody gets as far');
  const desk = { offer: nothing, redeem: nothing, end: nothing };
  const served = await serve(t, undefined, {
    gate,
    surface: { login: { desk, hubUrl: () => 'https://hub.example' } },
  });
  const as = (token: string) => ({ Authorization: `Bearer ${token}` });
  const of = async (token: string): Promise<string> => valueIn(await show(token)).principal;

  const nobody = await issuer.sign({ sub: 'u9', groups: [] });
  for (let n = 0; n < 3; n += 1)
    assert.equal((await post(served, 'task_list', { headers: as(nobody), body: {} })).status, 403);
  assert.equal((await fetch(`${served.url}/health`, { headers: as(nobody) })).status, 200);
  const refused = await show(nobody);
  assert(!refused.ok);
  const unmapped = `${String(refused.details['principal'])} admission forbidden`;
  assert.deepEqual(
    told.splice(0),
    Array.from({ length: 4 }, () => unmapped),
  );

  const reader = await issuer.sign({ groups: [], scope: 'signalbox.read' });
  const denied = await post(served, 'task_add', { headers: as(reader), body: { title: 'x' } });
  assert.equal(denied.status, 403);
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'task_add', arguments: {} } };
  const overMcp = await fetch(`${served.url}/mcp`, {
    method: 'POST',
    body: JSON.stringify(call),
    headers: { ...as(reader), accept: 'application/json, text/event-stream' },
  });
  assert.equal(overMcp.status, 403);
  const narrow = `${await of(reader)} task_add forbidden`;
  assert.deepEqual(told.splice(0), [narrow, narrow]);

  const program = await issuer.sign({ client_id: 'u1' });
  const link = await fetch(`${served.url}/v1/login`, { method: 'POST', headers: as(program) });
  assert.equal(link.status, 403);
  assert.deepEqual(told.splice(0), [`${await of(program)} login forbidden`]);
});
