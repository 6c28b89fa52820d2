import type { Agent, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { spoken } from '../../kernel/instants.ts';
import type { HubAddress } from './address.ts';
import { request } from './node-http.ts';

/** What is asked of a hub. */
export interface HubRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** How long the hub may be silent. */
  readonly timeoutMs: number;
}

/** What came back, or why nothing did: `reached` tells whether the hub may have seen the request. */
export type HubAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly text: string;
    }
  | { readonly ok: false; readonly reached: boolean; readonly reason: string };

const answerBytesMax = 64 * 1024 * 1024;

/** With these nobody was there to see the request. */
const unreachedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  // A socket that is not there, or not for this user.
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/** One request to a hub over a kept-alive connection. Never rejects. */
export const askHub = (hub: HubAddress, agent: Agent, asked: HubRequest): Promise<HubAnswer> =>
  new Promise((resolve) => {
    const fail = ({ code, message }: NodeJS.ErrnoException): void =>
      resolve({ ok: false, reached: !unreachedCodes.has(code ?? ''), reason: code ?? message });
    const { method, path, headers, body, signal, timeoutMs } = asked;
    const options = {
      agent,
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
      timeout: timeoutMs,
      ...(hub.socketPath !== undefined && { socketPath: hub.socketPath }),
      ...(signal !== undefined && { signal }),
    };
    const sent = request(new URL(path, hub.base), options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > answerBytesMax)
          response.destroy(new TypeError(`an answer of more than ${answerBytesMax} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => {
        const text = Buffer.concat(chunks, bytes).toString('utf8');
        resolve({ ok: true, status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('timeout', () => sent.destroy(new TypeError(`no answer within ${spoken(timeoutMs)}`)));
    sent.on('error', fail);
    sent.end(body);
  });
