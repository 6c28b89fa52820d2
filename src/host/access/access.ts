import type { Engine } from '../../engine/engine.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { ownerPrincipal } from '../../kernel/names.ts';
import type { Gate } from '../../surfaces/http/gate.ts';
import type { Settings } from '../configuration/settings.ts';
import { openGate } from '../open-gate.ts';
import { type OwnerToken, settleOwnerToken } from './owner-token.ts';
import { TokenGate, type TokenGateOptions } from './token-gate.ts';
import { hashOfToken, newTokenText } from './token-text.ts';

/** Who may come in to a hub of this process. */
export interface Access {
  readonly gate: Gate;
  /** The token for programs of this data directory, as long as the hub runs; none where no secret is to be written. */
  readonly own: string | undefined;
  /** Begins to let in whom this journal knows. Says where the owner's token is; nothing where nobody is asked for one. */
  readonly open: (engine: Engine) => Promise<Outcome<OwnerToken | undefined>>;
  readonly close: () => Promise<void>;
}

export const openAccess = (
  settings: Pick<Settings, 'auth' | 'dataDir' | 'token'>,
  { clock, log, denials }: Pick<TokenGateOptions, 'clock' | 'log' | 'denials'>,
): Access => {
  if (!settings.auth) {
    const gate = openGate(ownerPrincipal);
    return { gate, own: undefined, open: async () => ok(undefined), close: async () => {} };
  }
  const own = settings.token === undefined ? newTokenText() : undefined;
  const { promise, resolve } = Promise.withResolvers<Outcome<Engine>>();
  const gate = new TokenGate({ opening: promise, own: own && hashOfToken(own), clock, log, denials });
  return {
    gate,
    own,
    open: async (engine) => {
      const settled = await settleOwnerToken(settings, engine);
      resolve(settled.ok ? ok(engine) : settled);
      return settled;
    },
    close: gate.flush,
  };
};
