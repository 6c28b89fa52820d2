import { executionAsyncResource } from 'node:async_hooks';

const kept: object[] = [];

/**
 * Keeps one of the objects that Node makes for every `process.nextTick`. Where a full collection finds none alive, V8
 * forgets how they look, and whatever has been compiled since takes its slow path for each of their members: a tenth of
 * the processor time of a read, until the process ends.
 */
export const keepTickShape = (): void => {
  process.nextTick(() => kept.push(executionAsyncResource()));
};
