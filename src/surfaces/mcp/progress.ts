import type { ProgressToken, ServerContext } from '@modelcontextprotocol/server';
import { type Clock, systemClock } from '../../engine/clock.ts';
import { secondMs } from '../../kernel/instants.ts';
import type { Operation } from '../../kernel/operation.ts';

/** What is quicker than this tells nothing of its progress. */
const progressAfterMs = secondMs;
const progressEveryMs = 5 * secondMs;

export interface Progressing {
  readonly operation: Operation;
  readonly input: unknown;
  readonly clock?: Clock;
}

/**
 * Makes a call, and while it takes, tells a client that gave a token how long it has taken, in seconds; of how many
 * when the call limits its waiting itself. Nothing is told once the call is over or the client has cancelled it.
 */
export const withProgress = <T>(
  { mcpReq }: { readonly mcpReq: Telling },
  progressing: Progressing,
  call: () => Promise<T>,
): Promise<T> => {
  const progressToken = mcpReq._meta?.progressToken;
  return progressToken === undefined
    ? call()
    : tellingProgress(mcpReq, { ...progressing, progressToken }, call);
};

type Telling = Pick<ServerContext['mcpReq'], '_meta' | 'signal' | 'notify'>;

const tellingProgress = async <T>(
  { signal, notify }: Telling,
  {
    operation,
    input,
    progressToken,
    clock = systemClock,
  }: Progressing & { readonly progressToken: ProgressToken },
  call: () => Promise<T>,
): Promise<T> => {
  const began = clock.monotonic();
  let cancel = (): void => {};
  const tellAfter = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => void tell());
  };
  const tell = async (): Promise<void> => {
    const progress = Math.round((clock.monotonic() - began) / secondMs);
    const params = { progressToken, progress, ...saying(operation, { input, progress }) };
    tellAfter(progressEveryMs);
    try {
      await notify({ method: 'notifications/progress', params });
    } catch {
      // The client does not hear any more; what becomes of the call is for its signal to say.
      cancel();
    }
  };
  const stop = (): void => cancel();
  tellAfter(progressAfterMs);
  signal.addEventListener('abort', stop);
  try {
    return await call();
  } finally {
    signal.removeEventListener('abort', stop);
    cancel();
  }
};

const saying = (
  operation: Operation,
  { input, progress }: { readonly input: unknown; readonly progress: number },
): { readonly message: string; readonly total?: number } => {
  const limitMs = waitLimitOf(operation, input);
  const passed = `${operation.name} has taken ${progress} s`;
  if (limitMs === undefined) return { message: passed };
  const total = Math.max(Math.ceil(limitMs / secondMs), progress);
  return { message: `${passed}; it waits for ${total} s at most`, total };
};

/** How long this call may wait, when it waits at all. */
const waitLimitOf = (operation: Operation, input: unknown): number | undefined => {
  const prepared = operation.prepare(input);
  return prepared.ok && prepared.value.limitMs > 0 ? prepared.value.limitMs : undefined;
};
