import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/engine/clock.ts';
import { openGate } from '../../src/host/open-gate.ts';
import { takeOffice } from '../../src/stores/sqlite/office.ts';
import { type HttpSurface, createHttpSurface } from '../../src/surfaces/http/surface.ts';
import { type Served, serve, valueIn } from './serving.ts';

/** A second one for the same hub, without MCP. */
const anotherSurface = ({ hub, catalogue, log }: Served): HttpSurface =>
  createHttpSurface({
    hub,
    catalogue,
    clock: systemClock,
    log,
    mcp: { handle: () => Promise.resolve(), close: () => Promise.resolve() },
    gate: openGate('owner'),
    takeAlone: takeOffice,
  });

describe('the HTTP surface opens', () => {
  it('opens on loopback only', async (t) => {
    const served = await serve(t);
    for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org', '127.0.0.1.example.org', '']) {
      const surface = anotherSurface(served);
      const refused = await surface.listen({ kind: 'tcp', host, port: 0 });
      assert(!refused.ok);
      assert.equal(refused.code, 'forbidden');
      assert.match(refused.message, /127\.0\.0\.1/);
    }
    const surface = anotherSurface(served);
    const at = valueIn(await surface.listen({ kind: 'tcp', host: 'localhost', port: 0 }));
    assert.equal((await fetch(`${at.url}/health`)).status, 200);
    await surface.close();
  });

  it('names the port that is in use', async (t) => {
    const served = await serve(t);
    const { port } = served;
    const second = anotherSurface(served);
    const refused = await second.listen({ kind: 'tcp', host: '127.0.0.1', port });
    assert(!refused.ok);
    assert.match(refused.message, new RegExp(`Port ${port} .*in use`));
    assert.deepEqual(refused.details, { host: '127.0.0.1', port, reason: 'EADDRINUSE' });
    await second.close();
  });
});
