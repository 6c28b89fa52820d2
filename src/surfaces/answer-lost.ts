import type { Socket } from 'node:net';

/** Who ends a connection so soon after an answer, though it could have kept it, has most likely given up on the answer. */
const earlyMs = 1_000;

/** Stops watching what becomes of the answer that was last given on a connection. */
const watches = new WeakMap<Socket, () => void>();

export interface Given {
  /** Is aborted when the answer turns out to be lost. */
  readonly lost: AbortController;
  /** A client of this kind keeps its connections: one that ends soon after an answer counts as lost as well. */
  readonly keeps: boolean;
}

/** A request has come, so whoever sent it has had the answers before it on this connection. */
export const nextRequest = (socket: Socket): void => watches.get(socket)?.();

/**
 * An answer has left as a whole. It is lost when its connection is reset before the next request, as the system does for
 * a client that went away without having read it.
 */
export const watchGiven = (socket: Socket, { lost, keeps }: Given): void => {
  if (socket.errored !== null) return lost.abort();
  let early = keeps;
  const timer = keeps ? setTimeout(() => (early = false), earlyMs).unref() : undefined;
  const end = (isReset: boolean): void => {
    if (isReset || early) lost.abort();
    stop();
  };
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('close', end);
    watches.delete(socket);
  };
  socket.once('close', end);
  watches.set(socket, stop);
};
