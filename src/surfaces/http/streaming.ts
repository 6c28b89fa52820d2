import { refuse } from '../../kernel/errors.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Exchange } from './exchange.ts';

/** Resolves when the reader has gone, this process closes, or what the caller came in with is good no longer. */
export const over = async (
  { response, signal }: Exchange,
  { standing }: Pick<Caller, 'standing'>,
): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  signal.addEventListener('abort', end, { once: true });
  response.once('close', end);
  const leave = standing?.watch(end);
  await promise;
  leave?.();
  signal.removeEventListener('abort', end);
};

/** AC39: whether nothing more may be told to this caller. */
export const isOver = ({ standing }: Pick<Caller, 'standing'>): boolean =>
  (standing?.leftMs() ?? Infinity) <= 0;

export const noLongerGood = refuse(
  'unauthenticated',
  'What this stream was opened with is good no longer. Open it again with a token that is good.',
);

export const stopping = refuse(
  'stopping',
  'This hub is stopping. Nothing was stored. Ask again in a moment.',
);
