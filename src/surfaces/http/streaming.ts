import { refuse } from '../../kernel/errors.ts';
import type { Exchange } from './exchange.ts';

/** Resolves when the reader has gone, or this process closes. */
export const over = async ({ response, signal }: Exchange): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  signal.addEventListener('abort', end, { once: true });
  response.once('close', end);
  await promise;
  signal.removeEventListener('abort', end);
};

export const stopping = refuse(
  'stopping',
  'This hub is stopping. Nothing was stored. Ask again in a moment.',
);
