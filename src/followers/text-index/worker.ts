import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../kernel/assert.ts';
import { indexFailed } from './damage.ts';
import { IndexFile } from './index-file.ts';
import type { IndexReply, IndexRequest, IndexSettings } from './messages.ts';

/** The thread that divides texts into words, writes the index and searches it. `thread.ts` starts it. */
assert(parentPort !== null, 'this file runs as a thread');
const port = parentPort;
const settings: IndexSettings = workerData;

const tell = (reply: IndexReply): void => port.postMessage(reply);

const file = new IndexFile(settings, (note) => tell({ id: 0, note }));

port.on('message', ({ id, work }: IndexRequest) => {
  if (work.kind === 'close') {
    file.close();
    return port.close();
  }
  try {
    tell({ id, ok: true, state: file.do(work) });
  } catch (thrown) {
    file.close();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    tell({ id, ok: false, refusal: indexFailed(settings.path, reason) });
  }
});
