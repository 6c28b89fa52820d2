import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../kernel/assert.ts';
import type { Seq } from '../../kernel/entry.ts';
import { Doorbell } from './doorbell.ts';
import { bellOf } from './format.ts';
import { Rendezvous } from './rendezvous.ts';
import { Writer } from './writer.ts';
import type { WriterReply, WriterRequest, WriterThreadSettings } from './writer-messages.ts';

/** The thread that writes, and listens for the writing of others. `writer-thread.ts` starts it. */
assert(parentPort !== null, 'this file runs as a thread');
const port = parentPort;
const settings: WriterThreadSettings = workerData;
const meeting = new Rendezvous(settings.meeting);

/** How often to look without having been rung for: the net under the doorbell. */
const lookEveryMs = 1_000;
const ownRingingMs = 1;

const writer = new Writer(settings);
const bell = new Doorbell(bellOf(settings.path));
/** The last entry that the thread we work for knows of; undefined while nobody watches. */
let known: Seq | undefined;
let timer: NodeJS.Timeout | undefined;
let later: NodeJS.Timeout | undefined;
/** When this thread last committed, on the monotonic clock. */
let wroteAt = Number.NEGATIVE_INFINITY;

const tell = (reply: WriterReply): void => port.postMessage(reply);

const look = (): void => {
  if (known === undefined) return;
  const head = writer.head();
  if (head !== undefined && head <= known) return;
  // A thread that may not write may be unable to ask here; then the other one looks for itself.
  known = head ?? known;
  tell({ kind: 'changed' });
};

/** After writing itself this thread hears its own ringing: then it waits a little, and looks once for all of it. */
const heard = (): void => {
  if (performance.now() - wroteAt > ownRingingMs) return look();
  later ??= setTimeout(() => {
    later = undefined;
    look();
  }, ownRingingMs);
};

const lookAgain = (): void => {
  bell.listen(heard);
  look();
};

const stopWatching = (): void => {
  clearInterval(timer);
  clearTimeout(later);
  later = undefined;
  bell.deafen();
  known = undefined;
};

port.on('message', (message: WriterRequest) => {
  switch (message.kind) {
    case 'append': {
      const outcome = writer.append(message.request);
      if (outcome.kind !== 'appended' || !meeting.finish()) tell({ kind: 'append', id: message.id, outcome });
      if (outcome.kind !== 'appended') return;
      if (known !== undefined) known = message.request.expected + message.request.rows.length;
      wroteAt = performance.now();
      bell.ring();
      return;
    }
    case 'health':
      return tell({ kind: 'health', id: message.id, health: writer.health() });
    case 'watch':
      stopWatching();
      known = message.known;
      timer = setInterval(lookAgain, lookEveryMs);
      return lookAgain();
    case 'unwatch':
      return stopWatching();
    case 'close':
      stopWatching();
      bell.close();
      writer.close();
      return port.close();
  }
});
