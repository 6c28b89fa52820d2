import type { AccessSettings } from '../../areas/access/model.ts';
import type { Engine } from '../../engine/engine.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import type { Credentials, Gate } from '../../surfaces/http/gate.ts';
import type { OAuthSettings } from '../configuration/oauth.ts';
import type { Settings } from '../configuration/settings.ts';
import { openGate } from '../open-gate.ts';
import { ownerPrincipal } from '../owner.ts';
import { OAuthGate } from './oauth/oauth-gate.ts';
import { type OwnerToken, settleOwnerToken } from './owner-token.ts';
import { Logins } from './logins.ts';
import { Standings, mayEnd } from './standings.ts';
import { TokenGate, type TokenGateOptions } from './token-gate.ts';
import { hashOfToken, newTokenText } from './token-text.ts';

/** Who may come in to a hub of this process. */
export interface Access {
  readonly gate: Gate;
  /** What rules and answers know of it. */
  readonly settings: AccessSettings;
  /** The token for programs of this data directory, as long as the hub runs; none where no secret is to be written. */
  readonly own: string | undefined;
  /** Begins to let in whom this journal knows. Says where the owner's token is. */
  readonly open: (engine: Engine) => Promise<Outcome<OwnerToken>>;
  readonly close: () => Promise<void>;
  /** Lets people in with a browser. */
  readonly logins: Logins;
}

/** What of the configuration says who may come in. */
export interface WantedAccess extends Pick<Settings, 'auth' | 'dataDir' | 'token'> {
  readonly oauth: OAuthSettings | undefined;
}

export const openAccess = (
  settings: WantedAccess,
  { clock, log, denials }: Pick<TokenGateOptions, 'clock' | 'log' | 'denials'>,
): Access => {
  const own = settings.token === undefined ? newTokenText() : undefined;
  const { promise, resolve } = Promise.withResolvers<Outcome<Engine>>();
  let journal: Engine | undefined;
  const isOpen = (): boolean => !settings.auth && journal?.slices.access.enabled === false;
  const standings = new Standings(clock);
  const logins: Logins = new Logins({ clock, failed: (refusal, remote) => tokens.failed(refusal, remote) });
  const tokens = new TokenGate({
    opening: promise,
    own: own && hashOfToken(own),
    clock,
    log,
    denials,
    sessions: logins,
  });
  const { oauth } = settings;
  const asking =
    oauth === undefined ? tokens : new OAuthGate({ settings: oauth, inner: tokens, clock, log, denials });
  return {
    gate: settings.auth ? asking : openWhile(isOpen, { asking, standings, opening: promise }),
    settings: { mayBeOpen: !settings.auth, isOpen },
    own,
    open: async (engine) => {
      const settled = await settleOwnerToken(settings, engine);
      journal = engine;
      engine.subscribe((entries) => {
        if (mayEnd(entries)) standings.look();
      });
      resolve(settled.ok ? ok(engine) : settled);
      return settled;
    },
    close: tokens.flush,
    logins,
  };
};

interface Opening {
  readonly asking: Gate;
  readonly standings: Standings;
  /** The journal that says whether it stands open. */
  readonly opening: Promise<Outcome<Engine>>;
}

/** AC19: who shows nothing comes in as long as it stands open; what is shown has to be good. Until that is known, who shows nothing waits. */
const openWhile = (isOpen: () => boolean, { asking: guarded, standings, opening }: Opening): Gate => {
  const everybody = openGate(
    ownerPrincipal,
    standings.of(() => (isOpen() ? Infinity : 0)),
  );
  let known = false;
  void opening.then(() => (known = true));
  const among = (credentials: Credentials): ReturnType<Gate['admit']> =>
    (credentials.authorization === undefined && isOpen() ? everybody : guarded).admit(credentials);
  return {
    protectedResource: guarded.protectedResource,
    denied: guarded.denied,
    admit: (credentials) =>
      known || credentials.authorization !== undefined || credentials.public === true
        ? among(credentials)
        : opening.then((opened) => (opened.ok ? among(credentials) : opened)),
  };
};
