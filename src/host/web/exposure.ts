import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { type Exposure, exposureRefusal } from '../../surfaces/http/exposure.ts';
import { type Listen, type Listening, urlOf } from '../../surfaces/http/listen.ts';
import { isLoopback } from '../../surfaces/http/loopback.ts';
import type { Settings } from '../configuration/settings.ts';
import { readTlsFiles } from './tls-files.ts';

type Wanted = Pick<Settings, 'auth' | 'listen' | 'web'>;

/** How the hub of these settings can be reached; refused where it would not be safe. */
export const settleExposure = async ({ auth, listen, web }: Wanted): Promise<Outcome<Exposure>> => {
  const { behindProxy, proxyHeader, allowedHosts, allowedOrigins: origins } = web;
  const hosts = [...(listen.kind === 'tcp' ? namesOf(listen.host) : []), ...allowedHosts];
  const files = tlsFilesOf(web, listen);
  if (!files.ok) return files;
  const read = files.value === undefined ? ok(undefined) : await readTlsFiles(files.value);
  if (!read.ok) return read;
  const exposure = { tls: read.value, behindProxy, proxyHeader, hosts, origins };
  const refused = exposureRefusal(listen, exposure);
  if (refused !== undefined) return refused;
  const open = behindProxy || (listen.kind === 'tcp' && !isLoopback(listen.host));
  return open && !auth
    ? refuse(
        'forbidden',
        'A hub that other machines reach has to ask who calls, and this one is told to let everybody in. Leave out --insecure-no-auth, or let it listen on 127.0.0.1 and without --behind-proxy.',
      )
    : ok(exposure);
};

const tlsFilesOf = (
  { tlsCert: cert, tlsKey: key }: Settings['web'],
  { kind }: Listen,
): Outcome<Exposure['tls']> => {
  if (cert === undefined && key === undefined) return ok(undefined);
  if (cert === undefined || key === undefined) {
    const [said, missing] = cert === undefined ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key'];
    return refuse(
      'invalid_input',
      `${said} is said and ${missing} is not. Give both the certificate and its key, or leave both out.`,
    );
  }
  return kind === 'unix'
    ? refuse(
        'invalid_input',
        'A hub that listens on a socket of this machine has no use for a certificate. Leave out tls-cert and tls-key, or let it listen on a host and a port.',
      )
    : ok({ cert, key });
};

/** By these nobody calls a hub: they stand for all addresses of a machine. */
const allAddresses: readonly string[] = ['0.0.0.0', '::'];

const inAddress = (host: string): string => (host.includes(':') ? `[${host}]` : host);

const namesOf = (host: string): readonly string[] =>
  allAddresses.includes(host) ? [] : [inAddress(host.toLowerCase())];

/** Whether somebody who calls by this name finds the certificate to be for it. */
const isFor = (certificate: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;

/**
 * Where programs of this machine call the hub, and where people do. With a certificate both use the first name that it
 * is for; without one, what is on this machine stays on it.
 */
export const addressesOf = (
  { at, url }: Listening,
  { tls, behindProxy }: Exposure,
  { allowedHosts }: Settings['web'],
): { readonly url: string; readonly publicUrl: string } => {
  if (at.kind === 'unix') return { url, publicUrl: url };
  const [first] = allowedHosts;
  if (tls !== undefined) {
    const certificate = new X509Certificate(tls.cert);
    const names = [...allowedHosts.map((host) => host.replace(/:\d+$/, '')), ...namesOf(at.host)];
    const host = names.find((name) => isFor(certificate, name.replaceAll(/[[\]]/g, ''))) ?? at.host;
    const found = urlOf({ ...at, host: host.replaceAll(/[[\]]/g, '') });
    return { url: found, publicUrl: behindProxy && first !== undefined ? `https://${first}` : found };
  }
  const own = allAddresses.includes(at.host) ? { ...at, host: at.host === '::' ? '::1' : '127.0.0.1' } : at;
  const found = urlOf(own);
  return { url: found, publicUrl: behindProxy && first !== undefined ? `https://${first}` : found };
};
