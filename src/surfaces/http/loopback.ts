import { type Refusal, refuse } from '../../kernel/errors.ts';

const hosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Whether listening on this host reaches no other machine. */
export const isLoopback = (host: string): boolean => hosts.includes(host);

const authority = String.raw`(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?`;
const hostPattern = new RegExp(`^${authority}$`, 'i');
const originPattern = new RegExp(`^https?://${authority}$`, 'i');

/**
 * A web page can make its visitor's browser call this port, directly (then `Origin` is the page's) or by letting its
 * own name resolve to 127.0.0.1 (then `Host` is that name). Neither is answered.
 */
export const visitorRefusal = (host: string | undefined, origin: string | undefined): Refusal | undefined => {
  if (host === undefined || !hostPattern.test(host)) {
    return refuse(
      'forbidden',
      'This hub answers only under the names 127.0.0.1, localhost and [::1], and the Host header has another. Call it by one of these.',
    );
  }
  if (origin !== undefined && !originPattern.test(origin)) {
    return refuse(
      'forbidden',
      'This hub does not answer web pages of other sites, and the Origin header names one. Call it from a program, or from a page served on this machine.',
    );
  }
  return undefined;
};
