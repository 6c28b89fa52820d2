import type { IncomingHttpHeaders } from 'node:http';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Exposure } from './exposure.ts';

/** By these names a machine calls itself, whatever else it is called. */
const ownNames: readonly string[] = ['127.0.0.1', '[::1]', 'localhost'];
const portPattern = /:\d{1,5}$/;

const withoutPort = (host: string): string => host.replace(portPattern, '');

/** Whether this header Host has a name that means the machine of whoever uses it. */
export const isNameOfEveryMachine = (host: string): boolean =>
  ownNames.includes(withoutPort(host.toLowerCase()));

/** Whether a request in a browser comes from where its page is; a browser that does not say it has been asked for Origin. */
const isFromElsewhere = (site: string | string[] | undefined): boolean =>
  site !== undefined && site !== 'same-origin' && site !== 'none';

/**
 * A web page can make its visitor's browser call this port, directly (then `Origin` is the page's, or `Sec-Fetch-Site`
 * says that it is another's) or by letting its own name resolve to the address of this hub (then `Host` is that name).
 * Neither is answered. See the Fetch standard, and W3C Fetch Metadata.
 */
export class Visitors {
  readonly #exposure: Exposure;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  /** The header that was last found to be good: nearly all callers use one name. */
  #lastHost: string | undefined;

  constructor(exposure: Exposure) {
    this.#exposure = exposure;
    this.#hosts = new Set([...ownNames, ...exposure.hosts]);
    this.#origins = new Set(exposure.origins);
  }

  refusal(headers: IncomingHttpHeaders): Refusal | undefined {
    const { host, origin } = headers;
    if (host === undefined || !this.#isOurs(host)) return strangeName;
    const site = headers['sec-fetch-site'];
    if (origin === undefined) return isFromElsewhere(site) ? strangePage : undefined;
    return this.isOwnPage(headers) || this.#origins.has(origin) ? undefined : strangePage;
  }

  /** AC48: whether a request says that a page of this hub has sent it. Those of allowed origins may call, and are not its own. */
  isOwnPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
    if (host === undefined || origin === undefined) return false;
    return (
      origin === `${this.isSecure(host) ? 'https' : 'http'}://${host.toLowerCase()}` && !isFromElsewhere(site)
    );
  }

  #isOurs(host: string): boolean {
    if (host === this.#lastHost) return true;
    const name = host.toLowerCase();
    if (!this.#hosts.has(name) && !this.#isForAllPorts(withoutPort(name))) return false;
    this.#lastHost = host;
    return true;
  }

  /** A name that stands in the list with a port is none without it. */
  #isForAllPorts(name: string): boolean {
    return !portPattern.test(name) && this.#hosts.has(name);
  }

  /** Whether a browser that calls this name does so over TLS: behind a proxy unless it is on this machine. */
  isSecure(host = ''): boolean {
    const { tls, behindProxy } = this.#exposure;
    return tls !== undefined || (behindProxy && !isNameOfEveryMachine(host));
  }
}

const strangeName = refuse(
  'forbidden',
  'This hub does not answer under the name that the header Host has. Call it by 127.0.0.1, localhost or [::1], or let it be started with that name among allowed-hosts.',
);

const strangePage = refuse(
  'forbidden',
  'This hub answers no web pages but its own, and a page of another site has sent this. Call it from a program; if the page is meant to, its origin belongs among allowed-origins.',
);
