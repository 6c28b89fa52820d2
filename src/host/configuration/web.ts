import { type ProxyHeader, proxyHeaders } from '../../surfaces/http/exposure.ts';
import { switchIn } from './forms.ts';
import type { KeyName } from './keys.ts';
import { listIn } from './web-forms.ts';

/** How a hub can be reached from other machines, and by which pages. Whether it fits together is found when it serves. */
export interface WebSettings {
  /** The files of the certificate and of its key. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly behindProxy: boolean;
  readonly proxyHeader: ProxyHeader;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export const webSettingsOf = (values: ReadonlyMap<KeyName, string>): WebSettings => ({
  tlsCert: values.get('tls-cert'),
  tlsKey: values.get('tls-key'),
  behindProxy: switchIn(values.get('behind-proxy') ?? '') ?? false,
  proxyHeader: proxyHeaders.find((name) => name === values.get('proxy-header')) ?? 'x-forwarded-for',
  allowedHosts: listIn(values.get('allowed-hosts')),
  allowedOrigins: listIn(values.get('allowed-origins')),
});
