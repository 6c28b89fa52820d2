import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Listen } from './listen.ts';
import { isLoopback } from './loopback.ts';

/** By which header a proxy says whom it passes on. */
export const proxyHeaders = ['x-forwarded-for', 'forwarded'] as const;

export type ProxyHeader = (typeof proxyHeaders)[number];

/** How a hub can be reached, and by which pages. */
export interface Exposure {
  /** A certificate with those above it, and its key, in PEM. With it everything is encrypted. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** All requests come through a proxy that ends TLS and says whom it passes on. */
  readonly behindProxy: boolean;
  /** In which header the proxy says that; what stands in the other one is the client's. */
  readonly proxyHeader: ProxyHeader;
  /** By which names it may be called besides those of this machine; lower case, with a port or for all. */
  readonly hosts: readonly string[];
  /** The origins of pages that may call besides its own. */
  readonly origins: readonly string[];
}

/** To be reached from this machine only. */
export const onThisMachine: Exposure = {
  tls: undefined,
  behindProxy: false,
  proxyHeader: 'x-forwarded-for',
  hosts: [],
  origins: [],
};

/** Why a hub must not listen there: what is said to it would cross a network as it is. */
export const exposureRefusal = (at: Listen, { tls, behindProxy }: Exposure): Refusal | undefined =>
  at.kind === 'unix' || isLoopback(at.host) || tls !== undefined || behindProxy
    ? undefined
    : refuse(
        'forbidden',
        `Other machines would reach this hub under "${at.host}", and what is said to it would not be encrypted. Give it a certificate (--tls-cert FILE --tls-key FILE), or --behind-proxy if a proxy in front of it ends TLS, or let it listen on 127.0.0.1.`,
        { host: at.host },
      );
