import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { ProxyHeader } from './exposure.ts';

const afterLastComma = (text: string): string => text.slice(text.lastIndexOf(',') + 1).trim();

/** `192.0.2.1:80` and `[2001:db8::1]:80` without what is not the address. */
const bare = (text: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;

/** The member `for` of an element of RFC 7239. */
const forIn = (element: string): string => {
  const [, value = ''] = /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;]*)/i.exec(element) ?? [];
  return value.trim().replaceAll('"', '');
};

const lastIn = ({ headers }: IncomingMessage, header: ProxyHeader): string | undefined => {
  const said = headers[header];
  if (said === undefined) return undefined;
  const last = afterLastComma(String(said));
  return bare(header === 'forwarded' ? forIn(last) : last);
};

/**
 * The address from which a request came to the proxy in front of this hub: what the proxy has added itself to the header
 * that it uses, which is the last; all before that, and in other headers, is what the client says of itself. The proxy's
 * own address where it says none.
 */
export const forwardedAddress = (request: IncomingMessage, header: ProxyHeader): string | undefined => {
  const said = lastIn(request, header);
  return said !== undefined && isIP(said) !== 0 ? said : request.socket.remoteAddress;
};
