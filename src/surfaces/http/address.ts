import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isLoopback } from './loopback.ts';

/** Where a hub is called. */
export interface HubAddress {
  /** As people write it: `http://127.0.0.1:8321`, `https://hub.example` or `unix:/path`. */
  readonly origin: string;
  /** All of it, also a name and a password in it. */
  readonly href: string;
  /** What requests are resolved against. */
  readonly base: URL;
  /** The socket that they go to, when it is none of TCP. */
  readonly socketPath: string | undefined;
}

const unixPrefix = 'unix:';

/** The operating system keeps the path of a socket in a field of this size, with a null character at its end. */
export const socketPathBytesMax = process.platform === 'darwin' ? 103 : 107;

export const unixAddress = (path: string): string => `${unixPrefix}${path}`;

/** The path in `unix:PATH`; undefined for what is not of that form. */
export const socketPathIn = (text: string): string | undefined =>
  text.startsWith(unixPrefix) ? text.slice(unixPrefix.length) : undefined;

const examples = 'http://127.0.0.1:8321, https://hub.example or unix:/path/to/hub.sock';

/** Why a text is not the address of a hub, as the end of a sentence; undefined when it is one. */
export const faultInHubAddress = (text: string): string | undefined =>
  addressIn(text) === undefined ? `it is not the address of a hub, such as ${examples}` : undefined;

/** The address of a hub, when the text is one. */
export const hubAddress = (text: string): Outcome<HubAddress> => {
  const address = addressIn(text);
  return address === undefined
    ? refuse('invalid_input', `"${text}" is not the address of a hub. Give one such as ${examples}.`)
    : ok(address);
};

const addressIn = (text: string): HubAddress | undefined => {
  const socketPath = socketPathIn(text);
  if (socketPath !== undefined) {
    // The hub wants to be called by a name of this machine, on a socket as well.
    return socketPath === '' || socketPath.includes('\0')
      ? undefined
      : { origin: text, href: text, base: new URL('http://localhost'), socketPath };
  }
  const base = URL.parse(text);
  return base?.protocol === 'http:' || base?.protocol === 'https:'
    ? { origin: base.origin, href: base.href, base, socketPath: undefined }
    : undefined;
};

/** Why a token is not sent there: everybody on the way could read it. */
export const bareTokenRefusal = ({ base, origin }: HubAddress): Refusal | undefined =>
  base.protocol === 'https:' || isLoopback(base.hostname.replaceAll(/[[\]]/g, ''))
    ? undefined
    : refuse(
        'forbidden',
        `A token is not sent to ${origin}, because everybody on the way could read it. Nothing was sent. Call the hub by https://, or through a tunnel that ends on this machine.`,
        { url: origin },
      );
