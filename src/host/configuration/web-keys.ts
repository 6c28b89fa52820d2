import { proxyHeaders } from '../../surfaces/http/exposure.ts';
import { choiceForm, switchForm, textForm } from './forms.ts';
import { hostsForm, originsForm } from './web-forms.ts';

/** What says how a hub can be reached from other machines, and by which pages. */
export const webKeys = {
  'tls-cert': {
    variable: 'SIGNALBOX_TLS_CERT',
    placeholder: 'FILE',
    meaning: 'the certificate of the hub, in PEM',
    description:
      'The certificate by which clients know the hub, with those between it and its authority, in PEM. With it and tls-key the hub speaks HTTPS (TLS 1.2 or newer) and may listen on every address. A new certificate counts from the next start.',
    form: textForm,
    example: '/etc/signalbox/hub.crt',
    files: 'own',
  },
  'tls-key': {
    variable: 'SIGNALBOX_TLS_KEY',
    placeholder: 'FILE',
    meaning: 'its private key, in PEM',
    description:
      'The private key of that certificate, in PEM and without a passphrase. Nobody but its owner may read the file, or nobody but its group if it belongs to root.',
    form: textForm,
    example: '/etc/signalbox/hub.key',
    files: 'own',
  },
  'behind-proxy': {
    variable: 'SIGNALBOX_BEHIND_PROXY',
    placeholder: undefined,
    meaning: 'a proxy in front of the hub ends TLS',
    description:
      'Says that all calls come through a proxy that ends TLS, so that the hub may listen on every address without a certificate. Nobody else may reach the port. Who calls is what the proxy has added last to the header that proxy-header names; the proxy has to set it, and to pass the header Host on.',
    form: switchForm,
    default: 'false',
    files: 'own',
  },
  'proxy-header': {
    variable: 'SIGNALBOX_PROXY_HEADER',
    placeholder: 'NAME',
    meaning: 'the header in which it says who calls',
    description:
      'The header in which the proxy says whom it passes on, when behind-proxy is on: x-forwarded-for or forwarded. The other one is not looked at, as it may be what a client has sent.',
    form: choiceForm(proxyHeaders),
    default: 'x-forwarded-for',
    files: 'own',
  },
  'allowed-hosts': {
    variable: 'SIGNALBOX_ALLOWED_HOSTS',
    placeholder: 'NAMES',
    meaning: 'further names that the hub is called by',
    description:
      'The names by which the hub may be called, with commas between them, besides 127.0.0.1, localhost, [::1] and the host that it listens on: a request whose header Host has another is refused. One with a port is meant for that port only, one without for any. By the first the hub calls itself, when it has a certificate or is behind a proxy.',
    form: hostsForm,
    example: 'hub.example',
    files: 'own',
  },
  'allowed-origins': {
    variable: 'SIGNALBOX_ALLOWED_ORIGINS',
    placeholder: 'ORIGINS',
    meaning: 'further origins whose pages may call',
    description:
      "The origins of web pages that may call, with commas between them, besides the hub's own: for a proxy that calls the hub by another name than browsers do. Nothing is permitted to other sites by it that browsers forbid; the hub sends no headers of CORS. People log in on pages of the hub itself only, for which a proxy has to pass the header Host on.",
    form: originsForm,
    example: 'https://hub.example',
    files: 'own',
  },
} as const;

export type WebKeyName = keyof typeof webKeys;
