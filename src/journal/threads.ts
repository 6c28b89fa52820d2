import { Worker } from 'node:worker_threads';

/** For what is young. What the launcher asks for is for the thread that answers calls. */
const youngMegabytes = 6;

/** A thread of this program. `source` is a module of it, and `data` reaches that as `workerData`. */
export const startThread = (source: URL, name: string, data: object): Worker =>
  new Worker(source, {
    name,
    workerData: data,
    // Not those of the main thread, some of which are meant for its own entry point.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  });
