import { lookup as dnsLookup } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import { type Outcome, ok, refuse } from '../../../kernel/errors.ts';
import { request as requestOf } from '../../../surfaces/http/node-http.ts';
import { isHere } from '../../configuration/oauth-forms.ts';
import { isPublicAddress } from './public-address.ts';

export interface AskOptions {
  /** What was configured. Nothing else that is asked comes from outside, but what its metadata names. */
  readonly issuer: string;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  readonly lookup?: LookupFunction;
}

interface Asked {
  /** What is posted as a form; without it, the address is read. */
  readonly form?: Readonly<Record<string, string>>;
  /** The header Authorization. */
  readonly authorization?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export type AskProvider = (address: string, asked?: Asked) => Promise<Outcome<Answer>>;

/**
 * Asks an identity provider, and nobody else in its name: its own origin as it was configured, and other hosts only over
 * TLS and on the public network, whatever their names resolve to. Redirects are not followed, and neither time nor size
 * is left to the other side.
 */
export const askProvider = ({
  issuer,
  timeoutMs,
  answerBytesMax,
  lookup = dnsLookup,
}: AskOptions): AskProvider => {
  const home = new URL(issuer);
  return async (address, asked = {}) => {
    const allowed = mayAsk(address, home);
    if (!allowed.ok) return allowed;
    const url = allowed.value;
    const isHome = url.origin === home.origin;
    try {
      return ok(
        await exchange(url, asked, {
          answerBytesMax,
          signal: AbortSignal.timeout(timeoutMs),
          lookup: isHome ? lookup : publicOnly(lookup),
        }),
      );
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
      return unreachable(`${url.origin} did not answer (${why})`);
    }
  };
};

export const unreachable = (why: string) =>
  refuse('overloaded', `The identity provider cannot be asked now: ${why}. Try again in a moment.`);

/** Whether this address may be asked, before its name is looked up. */
const mayAsk = (address: string, home: URL): Outcome<URL> => {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '')
    return unreachable('its metadata names something that is no plain address');
  if (url.origin === home.origin) return ok(url);
  if (url.protocol !== 'https:') return unreachable(`its metadata names ${url.origin}, which is not https`);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  return isHere(url) || (isIP(literal) !== 0 && !isPublicAddress(literal))
    ? unreachable(notPublic(url.hostname))
    : ok(url);
};

const notPublic = (host: string): string =>
  `its metadata names ${host}, which is neither its own host nor one on the public network`;

/** Looks names up as `lookup` does, and finds nothing where one of the addresses is not public. */
const publicOnly =
  (lookup: LookupFunction): LookupFunction =>
  (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '');
      const addresses = typeof found === 'string' ? [] : found;
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => !isPublicAddress(address)))
        return done(new Error(notPublic(host)), '');
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
  };

interface Limits {
  readonly answerBytesMax: number;
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
}

const exchange = (
  url: URL,
  { form, authorization }: Asked,
  { answerBytesMax, signal, lookup }: Limits,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const body = form && new URLSearchParams(form).toString();
    const request = requestOf(url, {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      signal,
      lookup,
      headers: {
        accept: 'application/json',
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        }),
      },
    });
    // Whatever the other side does, and also while a name is looked up.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const end = (): void => reject(new Error('it ended the connection'));
    request.once('error', reject);
    request.once('close', end);
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('it changes the protocol'));
    });
    request.once('response', (response) => {
      // The connection may be over before what came over it is read.
      request.off('close', end);
      response.once('close', end);
      const { statusCode: status = 0 } = response;
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.once('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= answerBytesMax) chunks.push(chunk);
        else request.destroy(new Error(`its answer is longer than ${answerBytesMax} bytes`));
      });
      response.once('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.end(body);
  });
