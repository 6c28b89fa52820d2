import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../kernel/assert.ts';
import type { StoredRow } from '../../journal/store.ts';
import type { Seq } from '../../kernel/entry.ts';
import { Wakefulness } from '../../journal/wakefulness.ts';
import { Doorbell } from './doorbell.ts';
import { bellOf } from './format.ts';
import { Rendezvous } from './rendezvous.ts';
import { Writer } from './writer.ts';
import {
  type WriterReply,
  type WriterRequest,
  type WriterThreadSettings,
  unpacked,
} from './writer-messages.ts';

/** The thread that writes, and listens for the writing of others. `writer-thread.ts` starts it. */
assert(parentPort !== null, 'this file runs as a thread');
const port = parentPort;
const settings: WriterThreadSettings = workerData;
const meeting = new Rendezvous(settings.meeting);

/** How often to look without having been rung for: the net under the doorbell. */
const lookEveryMs = 1_000;
const ownRingingMs = 1;
/** How long after the last append there is time to move the log into the journal. */
const idleMs = 1_000;

const writer = new Writer(settings);
const wakefulness = new Wakefulness();
const bell = new Doorbell(bellOf(settings.path));
/** The last entry that the thread we work for knows of; undefined while nobody watches. */
let known: Seq | undefined;
let timer: NodeJS.Timeout | undefined;
let later: NodeJS.Timeout | undefined;
let idle: NodeJS.Timeout | undefined;
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

/** Before anybody hears of the append, so that whatever was confirmed is below the watermark. */
const stored = (rows: readonly StoredRow[]): void => {
  const last = rows.at(-1);
  assert(last !== undefined, 'an append has rows');
  if (known !== undefined) known = last.seq;
  wroteAt = performance.now();
  bell.ring(last);
  idle ??= setTimeout(tidyWhenIdle, idleMs).unref();
};

/** One timer for any number of appends: if there were some in the meantime, it waits for the rest of the time. */
const tidyWhenIdle = (): void => {
  const rest = wroteAt + idleMs - performance.now();
  idle = rest > 0 ? setTimeout(tidyWhenIdle, rest).unref() : undefined;
  if (idle === undefined) writer.checkpoint();
};

port.on('message', (message: WriterRequest) => {
  switch (message.kind) {
    case 'append': {
      const beganAt = wakefulness.begin();
      const request = unpacked(message.request);
      const outcome = writer.append(request);
      if (outcome.kind === 'appended') stored(request.rows);
      const isWatched = outcome.kind === 'appended' && meeting.finish();
      if (!isWatched) tell({ kind: 'append', id: message.id, outcome });
      wakefulness.end(beganAt, isWatched);
      return;
    }
    case 'truncate':
      tell({ kind: 'truncate', id: message.id, outcome: writer.truncate(message.upTo) });
      return writer.checkpoint();
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
      clearTimeout(idle);
      bell.close();
      writer.close();
      return port.close();
  }
});
