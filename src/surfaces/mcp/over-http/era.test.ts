import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyInboundRequest } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { eraAtAGlance } from './era.ts';

/** Mostly something that is in order, so that what is put together of it often is as well. */
const mostly = (good: readonly unknown[], bad: readonly unknown[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const claim = { [versionKey]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

const metas = mostly(
  [undefined, {}, { progressToken: 1 }, claim, { ...claim, progressToken: 'a' }],
  [null, [], { progressToken: {} }, { [versionKey]: '2026-07-28' }, { [versionKey]: 7 }],
);

const bodies = fc.record({
  jsonrpc: mostly(['2.0'], ['1.0', undefined]),
  id: mostly([1, 'a', undefined], [1.5, null, true, {}]),
  method: mostly(['initialize', 'tools/call', 'notifications/initialized'], [7, undefined]),
  params: fc.oneof(
    { weight: 9, arbitrary: metas.map((_meta) => ({ _meta, name: 'x' })) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, null, [], 'x') },
  ),
});

const versions = fc.constantFrom(undefined, '2025-03-26', '2025-11-25', '2026-07-28', '2027-01-01', 'x', '');

test('what is told of a request at a glance is what the SDK says when it looks closely', () => {
  const told = { legacy: 0, modern: 0 };
  fc.assert(
    fc.property(versions, bodies, (version, given) => {
      const body: unknown = JSON.parse(JSON.stringify(given));
      const glimpsed = eraAtAGlance(version, body);
      if (glimpsed === undefined) return;
      const { kind } = classifyInboundRequest({
        httpMethod: 'POST',
        ...(version !== undefined && { protocolVersionHeader: version }),
        body,
      });
      // What is no proper message is refused in either era.
      if (kind === 'reject') return;
      assert.equal(kind, glimpsed);
      told[kind] += 1;
    }),
    { numRuns: 5_000 },
  );
  assert(told.legacy > 100 && told.modern > 100, JSON.stringify(told));
});
