import type { Agent, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { isTexts } from '../../kernel/json.ts';
import { everything } from '../hub.ts';
import type { HubAddress } from './address.ts';
import type { ChangeListener, ChangeStream } from './follow-changes.ts';
import { refusalIn, stranger, unreached } from './hub-answers.ts';
import { streamKeepAliveMs } from './limits.ts';
import { request } from './node-http.ts';

/** A hub that says nothing for so long has gone without a word. */
const silenceMsMax = 3 * streamKeepAliveMs;
/** Of what has come and is not yet told. */
const pendingCharactersMax = 1024 * 1024;
const refusalCharactersMax = 64 * 1024;

/** Asks a hub to tell what changes. Once this has resolved, nothing that happens is left out while the stream lasts. */
export const openChanges = (
  hub: HubAddress,
  agent: Agent,
  { headers, listener }: { readonly headers: OutgoingHttpHeaders; readonly listener: ChangeListener },
): Promise<Outcome<ChangeStream>> =>
  new Promise((resolve) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const sent = request(new URL('/v1/changes', hub.base), {
      agent,
      headers,
      timeout: silenceMsMax,
      ...(hub.socketPath !== undefined && { socketPath: hub.socketPath }),
    });
    sent.on('response', (response) => {
      response.setEncoding('utf8');
      if (!isStream(response)) void refused(hub, response).then(resolve);
      else {
        response.on(
          'data',
          reading(listener, () => sent.destroy()),
        );
        response.on('error', () => end());
        resolve(ok({ ended, close: () => sent.destroy() }));
      }
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', ({ code, message }: NodeJS.ErrnoException) => resolve(unreached(hub, code ?? message)));
    sent.on('close', () => end());
    sent.end();
  });

const isStream = ({ statusCode, headers }: IncomingMessage): boolean =>
  statusCode === 200 && headers['content-type']?.startsWith('text/event-stream') === true;

const refused = async (hub: HubAddress, response: IncomingMessage): Promise<Outcome<ChangeStream>> => {
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > refusalCharactersMax) break;
    }
  } catch (thrown) {
    return unreached(hub, thrown instanceof Error ? thrown.message : String(thrown));
  }
  return refusalIn(text) ?? stranger(hub);
};

/** Takes what comes, in whatever pieces, and tells the keys of each event that is complete. */
const reading = (listener: ChangeListener, giveUp: () => void): ((chunk: string) => void) => {
  let pending = '';
  return (chunk) => {
    const events = (pending + chunk).split('\n\n');
    pending = events.pop() ?? '';
    if (pending.length > pendingCharactersMax) giveUp();
    for (const event of events) {
      const keys = keysIn(event);
      if (keys !== undefined) listener(keys);
    }
  };
};

const dataField = 'data: ';

/** What an event tells; a comment tells nothing, and what is not understood may mean anything. */
const keysIn = (event: string): ReadonlySet<string> | undefined => {
  const data = event.split('\n').find((line) => line.startsWith(dataField));
  if (data === undefined) return undefined;
  try {
    const keys: unknown = JSON.parse(data.slice(dataField.length));
    return new Set(isTexts(keys) ? keys : [everything]);
  } catch {
    return new Set([everything]);
  }
};
