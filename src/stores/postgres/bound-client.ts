import { Client, type ClientConfig } from 'pg';
import { cut } from './session.ts';

const mechanism = 'SCRAM-SHA-256-PLUS';
const unbound = 'SSL connection: the server does not prove that TLS ends at it (channel_binding=require)';

interface Offered {
  readonly mechanisms: readonly string[];
}

/** Says nothing of its password but to who can prove to know it too, and to be where the TLS connection ends. */
class BoundClient extends Client {
  /** What the server has said to prove it; the library checks that before it goes on. */
  isProven = false;

  constructor(config?: ClientConfig) {
    super(config);
    const { connection } = this;
    // Before what the library does, which answers.
    connection.prependListener('authenticationSASL', ({ mechanisms }: Offered) => {
      if (!mechanisms.includes(mechanism)) cut(this, unbound);
    });
    connection.prependListener('authenticationSASLFinal', () => (this.isProven = true));
    for (const asked of ['authenticationCleartextPassword', 'authenticationMD5Password'])
      connection.prependListener(asked, () => cut(this, unbound));
  }
}

/** What the library connects with. */
export const clientFor = ({ enableChannelBinding = false }: ClientConfig): typeof Client =>
  enableChannelBinding ? BoundClient : Client;

/** A server that lets in who shows no password has proved nothing. */
export const demandProof = (client: object): void => {
  if (client instanceof BoundClient && !client.isProven) throw new Error(unbound);
};
