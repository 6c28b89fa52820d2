import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { AppendObserver } from '../../engine/instruments.ts';
import type { Log } from '../../engine/log.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import { isFault } from '../metrics/meter.ts';
import { version } from '../version.ts';
import type { CallSpan, Tracing } from './tracing.ts';

/** What one batch of spans may take to be sent. A hub that stops waits no longer than this for a collector. */
const sendWithinMs = 2 * secondMs;
/** How soon spans are sent. */
const sendEveryMs = secondMs;

export interface TracingOptions {
  /** Where the collector takes OTLP over HTTP; `/v1/traces` goes behind it. */
  readonly endpoint: string;
  readonly log: Log;
}

/** Sends what calls did to a collector, by OpenTelemetry. Its libraries are loaded with this module. */
export const openTracing = ({ endpoint, log }: TracingOptions): Tracing => {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  const exporter = telling(new OTLPTraceExporter({ url: url.href, timeoutMillis: sendWithinMs }), log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'signalbox', 'service.version': version }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: sendEveryMs,
        exportTimeoutMillis: sendWithinMs,
      }),
    ],
  });
  const tracer = provider.getTracer('signalbox', version);
  return {
    begin: (operation, traceparent) => beginCall(tracer, operation, parentOf(traceparent)),
    close: async () => {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, sendWithinMs);
      // Why the last spans do not arrive is told where they are sent.
      await Promise.race([Promise.allSettled([provider.shutdown()]), patience.promise]);
      clearTimeout(timer);
    },
  };
};

/** Says once a minute that spans are lost, and why. */
const telling = (inner: SpanExporter, log: Log): SpanExporter => {
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    export: (spans, done) =>
      inner.export(spans, (result) => {
        const now = performance.now();
        if (result.error !== undefined && now - toldAt >= minuteMs) {
          toldAt = now;
          log.warn('traces do not reach the collector (otel-endpoint)', { reason: result.error.message });
        }
        done(result);
      }),
    shutdown: () => inner.shutdown(),
    forceFlush: async () => inner.forceFlush?.(),
  };
};

const traceparentPattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** W3C Trace Context, section 3.2: what is no such header is as good as none. */
const parentOf = (traceparent: string | undefined): Context => {
  const [, traceId = '', spanId = '', flags = ''] = traceparentPattern.exec(traceparent ?? '') ?? [];
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
};

const beginCall = (tracer: Tracer, operation: string, parent: Context): CallSpan => {
  const attributes = { 'signalbox.operation': operation };
  const call = tracer.startSpan(`call ${operation}`, { kind: SpanKind.SERVER, attributes }, parent);
  const within = trace.setSpan(parent, call);
  let append: Span | undefined;
  let answer: Span | undefined;
  const observer: AppendObserver = {
    appending: () => {
      append = tracer.startSpan('append', {}, within);
    },
    appended: ({ kind, entries, calls }) => {
      append?.setAttributes({
        'signalbox.append.outcome': kind,
        'signalbox.batch.entries': entries,
        'signalbox.batch.calls': calls,
      });
      append?.end();
      if (kind === 'appended') answer = tracer.startSpan('answer', {}, within);
    },
  };
  return {
    observer,
    end: (code) => {
      answer?.end();
      call.setAttribute('signalbox.code', code);
      if (isFault(code)) call.setStatus({ code: SpanStatusCode.ERROR, message: code });
      call.end();
    },
  };
};
