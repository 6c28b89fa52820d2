import { type LoadOrder, load } from './load.ts';

/** Waits for orders from its parent and answers each with a report. */
process.on('message', (order: LoadOrder) => {
  void load(order).then((report) => process.send?.(report));
});
