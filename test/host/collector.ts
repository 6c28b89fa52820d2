/* A collector of OpenTelemetry that takes spans on loopback and shows them to tests. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { z } from 'zod';

const attribute = z.looseObject({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const span = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: z.array(attribute).default([]),
});
const exported = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

export type Span = z.infer<typeof span>;

export interface Collector {
  readonly url: string;
  /** All that came, as it came. */
  readonly bodies: string[];
  /** All spans that have come, as soon as there is one for which this holds. */
  readonly until: (is: (span: Span) => boolean) => Promise<readonly Span[]>;
}

export const openCollector = async (context: TestContext): Promise<Collector> => {
  const bodies: string[] = [];
  const spans: Span[] = [];
  const heard = new Set<() => void>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      assert.equal(request.url, '/v1/traces');
      bodies.push(body);
      for (const { scopeSpans } of exported.parse(JSON.parse(body)).resourceSpans)
        spans.push(...scopeSpans.flatMap((scope) => scope.spans));
      response.setHeader('Content-Type', 'application/json').end('{}');
      for (const listener of heard) listener();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const until: Collector['until'] = (is) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!spans.some(is)) return;
        heard.delete(look);
        resolve(spans);
      };
      heard.add(look);
      look();
    });
  return { url: `http://127.0.0.1:${address.port}`, bodies, until };
};
