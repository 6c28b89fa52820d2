/*
 * Loaded into a process before the program (`node --import`): a machine whose clock can be put forward and back. It is
 * off by CLOCK_OFF_MS from the start, and by what a message `{ clockOffMs }` says from then on; the answer is what the
 * clock shows. Time that passes is not touched, as it is not when a machine's clock is set.
 */
import { isMainThread } from 'node:worker_threads';

const RealDate = Date;
let offMs = Number(process.env['CLOCK_OFF_MS'] ?? 0);

const shown = (): number => RealDate.now() + offMs;

globalThis.Date = new Proxy(RealDate, {
  get: (target, member): unknown => (member === 'now' ? shown : Reflect.get(target, member)),
  construct: (target, given, itself): object =>
    Reflect.construct(target, given.length === 0 ? [shown()] : given, itself),
  apply: (target): string => new target(shown()).toString(),
});

const isOrder = (message: unknown): message is { readonly clockOffMs: number } =>
  typeof message === 'object' && message !== null && 'clockOffMs' in message;

if (isMainThread) {
  process.on('message', (message) => {
    if (!isOrder(message)) return;
    offMs = message.clockOffMs;
    process.send?.({ now: Date.now(), constructed: new Date().getTime() });
  });
  // The program ends when it has nothing left to do, whoever may still have orders.
  process.channel?.unref();
}
