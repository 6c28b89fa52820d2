import type { AppendObserver } from '../../engine/instruments.ts';
import type { ErrorCode } from '../../kernel/errors.ts';

/** A call as a trace shows it. */
export interface CallSpan {
  /** Told how the call is stored. */
  readonly observer: AppendObserver;
  readonly end: (code: 'ok' | ErrorCode) => void;
}

/** Shows calls as traces. Told nothing but names of operations, codes and numbers. */
export interface Tracing {
  /** `traceparent`: of the trace that the caller is in, as it came (W3C Trace Context); a trace of its own when it is none. */
  readonly begin: (operation: string, traceparent: string | undefined) => CallSpan;
  /** Sends what is not sent yet, for a moment. */
  readonly close: () => Promise<void>;
}
