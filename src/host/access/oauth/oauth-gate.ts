import { hash } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { tokenPrefix } from '../../../areas/access/model.ts';
import type { Clock } from '../../../engine/clock.ts';
import type { Log } from '../../../engine/log.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { type Instant, hourMs, minuteMs, secondMs } from '../../../kernel/instants.ts';
import type { Caller } from '../../../kernel/operation.ts';
import { printable } from '../../../kernel/text.ts';
import type { Credentials, Gate } from '../../../surfaces/http/gate.ts';
import type { ProtectedResource } from '../../../surfaces/http/protected-resource.ts';
import type { OAuthSettings } from '../../configuration/oauth.ts';
import type { Denials } from '../denials.ts';
import { AuthFailures } from '../failures.ts';
import { bearerIn } from '../token-text.ts';
import { audienceOf } from './audiences.ts';
import { type Claims, bearerOf } from './claims.ts';
import { grantedBy, principalOf, scopesIn, scopesToReach } from './grants.ts';
import { QuestionBudget } from './question-budget.ts';
import { type TokenChecks, tokenChecks } from './token-checks.ts';
import { Remembered } from './remembered.ts';
import { toleranceSeconds } from './either-check.ts';
import { Standings } from '../standings.ts';

export interface OAuthGateOptions {
  readonly settings: OAuthSettings;
  /** Who else lets in: with the hub's own tokens. */
  readonly inner: Gate;
  readonly denials: Pick<Denials, 'known' | 'unknown'>;
  readonly clock: Clock;
  readonly log: Log;
  /** What the machine's clock shows, by which tokens are dated. */
  readonly now?: () => Instant;
  readonly lookup?: LookupFunction;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  /** How long one answer of the identity provider may take, and how long it may be. */
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
  /** How long its keys are kept, and how long they are not read again for one that is not among them. */
  readonly keysKeptMs: number;
  readonly keysPauseMs: number;
  /** How long what was found out about a token is believed, and of how many. */
  readonly believedMs: number;
  readonly tokensMax: number;
}

const defaults: Limits = {
  timeoutMs: 5 * secondMs,
  answerBytesMax: 256 * 1024,
  keysKeptMs: 10 * minuteMs,
  keysPauseMs: 30 * secondMs,
  believedMs: minuteMs,
  tokensMax: 5_000,
};

const tokenCharactersMax = 8_192;
const jwtPattern = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** How long what is made or opened with a token lasts of which the identity provider does not say when it ends. */
const endUnsaidMs = hourMs;

/** How many tokens may be checked at once. */
const checksMax = 64;
/** How many callers are told of in the log before those may be told of again. */
const toldMax = 1_000;

/**
 * Lets in who shows a token of the identity provider, for what its groups and scopes stand for; everybody else is the
 * business of the gate behind. The token goes nowhere but to its issuer.
 */
export class OAuthGate implements Gate {
  readonly protectedResource: ProtectedResource;
  readonly #options: OAuthGateOptions;
  readonly #limits: Limits;
  readonly #failures: AuthFailures;
  readonly #questions: QuestionBudget;
  readonly #checks: TokenChecks;
  /** By port and hash of the token. */
  readonly #known: Remembered<Outcome<Caller>>;
  readonly #checking = new Map<string, Promise<Outcome<Caller>>>();
  readonly #scopes = new WeakMap<Caller, ReadonlySet<string>>();
  readonly #told: Remembered<true>;
  readonly #standings: Standings;

  constructor(options: OAuthGateOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
    this.#failures = new AuthFailures(clock.monotonic);
    this.#questions = new QuestionBudget(clock.monotonic);
    this.#standings = new Standings(clock);
    this.#known = new Remembered(clock.monotonic, this.#limits.tokensMax);
    this.#told = new Remembered(clock.monotonic, toldMax);
    this.#checks = tokenChecks({ ...options, now: this.#now }, this.#limits);
    this.protectedResource = {
      issuer: settings.issuer,
      resource: settings.resource,
      scopes: [...new Set([...settings.scopes, ...scopesIn(settings.rules)])],
      scopesFor: (caller, role) => {
        const held = this.#scopes.get(caller);
        return held && scopesToReach(settings, held, role);
      },
    };
  }

  readonly admit = (credentials: Credentials): Outcome<Caller> | Promise<Outcome<Caller>> => {
    const { authorization } = credentials;
    const token = authorization === undefined ? undefined : bearerIn(authorization);
    if (token === undefined || token.startsWith(tokenPrefix)) return this.#options.inner.admit(credentials);
    if (token.length > tokenCharactersMax) return this.#refuse(tooLong, credentials);
    const key = `${credentials.port ?? ''} ${hash('sha256', token)}`;
    const known = this.#known.get(key);
    return known === undefined ? this.#once(key, token, credentials) : this.#noted(known, credentials);
  };

  get denied(): Gate['denied'] {
    return this.#options.inner.denied;
  }

  /** Calls that come together with one token are one question. */
  async #once(key: string, token: string, credentials: Credentials): Promise<Outcome<Caller>> {
    const begun = this.#checking.get(key);
    if (begun === undefined && this.#checking.size >= checksMax) return tooMany;
    const asked = begun ?? this.#find(key, token, credentials).finally(() => this.#checking.delete(key));
    this.#checking.set(key, asked);
    const found = await asked;
    return !found.ok && found.code === 'unauthenticated'
      ? this.#refuse(found, credentials)
      : this.#noted(found, credentials);
  }

  /** AC31: whom the identity provider knows, and no rule lets in. */
  #noted(found: Outcome<Caller>, credentials: Credentials): Outcome<Caller> {
    if (found.ok || found.code !== 'forbidden' || credentials.public === true) return found;
    const principal = String(found.details['principal']);
    this.#options.denials.known({ principal }, found, { operation: 'admission', workspace: undefined });
    return found;
  }

  async #find(key: string, token: string, { port, remote }: Credentials): Promise<Outcome<Caller>> {
    const { settings } = this.#options;
    const audience = audienceOf(settings, port);
    const isJwt = jwtPattern.test(token);
    if (!isJwt && settings.introspection === undefined) return notOurs;
    // Whoever guesses is not to make this hub ask the identity provider about each guess.
    const isGuess = !isJwt && !this.#known.knew(key);
    if (isGuess && !this.#questions.take(this.#failures.waits(remote) !== undefined)) return tooMuchAsked;
    const asked = isJwt ? this.#checks.jwt(token, audience) : this.#checks.opaque(token, audience);
    const claims = await (isGuess ? asked.finally(this.#questions.answered) : asked);
    if (!claims.ok) return claims;
    const caller = this.#callerOf(claims.value);
    const leftMs = claims.value.exp === undefined ? Infinity : claims.value.exp * secondMs - this.#now();
    this.#known.keep(key, caller, Math.min(this.#limits.believedMs, leftMs));
    return caller;
  }

  #callerOf(claims: Claims): Outcome<Caller> {
    const { settings, log } = this.#options;
    const bearer = bearerOf(claims, settings);
    if (bearer === undefined) return nameless;
    const principal = principalOf(settings.issuer, bearer);
    const granted = grantedBy(settings.rules, bearer);
    const { kind } = bearer;
    if (this.#told.get(principal) === undefined) {
      this.#told.keep(principal, true, Infinity);
      const name = bearer.label === undefined ? undefined : printable(bearer.label);
      const role = granted?.role ?? 'none';
      log.info('the identity provider vouches for somebody', { principal, name, kind, role });
    }
    if (granted === undefined) return this.#refuseUnmapped(principal);
    const { role, workspaces } = granted;
    const until = this.#endOf(claims);
    const caller: Caller = {
      principal,
      role,
      kind,
      until,
      standing: this.#standings.of(() => until - this.#now()),
      ...(!workspaces.includes('*') && { scope: { workspaces, categories: ['*'] } }),
      agent: undefined,
      session: undefined,
      connection: undefined,
      client: undefined,
    };
    this.#scopes.set(caller, bearer.scopes);
    return ok(caller);
  }

  /** AC30, AC39: until when something that is made or opened with the token may last. */
  #endOf({ exp }: Claims): Instant {
    return exp === undefined ? this.#now() + endUnsaidMs : (exp + toleranceSeconds) * secondMs;
  }

  #refuseUnmapped(principal: string): Refusal {
    // Another token helps only where scopes stand for something.
    const helps = scopesIn(this.#options.settings.rules).length > 0;
    const scopes = helps ? this.protectedResource.scopes : [];
    return refuse(
      'forbidden',
      `The identity provider knows you, and none of your groups and scopes stands for a role here (you are ${principal}). Ask whoever runs this hub to let one in with oauth-roles${helps ? `, or get a token with the scopes ${scopes.join(' ')}` : ''}.`,
      { principal, scopes },
    );
  }

  #refuse(refusal: Refusal, { remote }: Credentials): Refusal {
    this.#options.denials.unknown(remote, undefined);
    const seconds = this.#failures.add(remote);
    return seconds === undefined ? refusal : tooOften(seconds);
  }

  readonly #now = (): Instant => (this.#options.now ?? Date.now)();
}

const tooOften = (seconds: number): Refusal =>
  refuse(
    'rate_limited',
    `Too many calls with tokens that do not hold came from your address. Wait ${seconds} s, then call with one that does.`,
    { retry_after_s: seconds },
  );

const tooMany = refuse(
  'overloaded',
  `${checksMax} tokens are being checked, which is the limit. Call again in a moment.`,
);

const tooMuchAsked = refuse(
  'overloaded',
  'The identity provider is being asked about as many tokens as it may be. Call again in a second.',
  { retry_after_s: 1 },
);

const tooLong = refuse(
  'unauthenticated',
  `This token is longer than ${tokenCharactersMax} characters, which is the limit. Ask the identity provider for one with fewer claims.`,
);

const notOurs = refuse(
  'unauthenticated',
  'What the header Authorization holds is neither a token of this hub (sbx_...) nor a JWT of its identity provider. Log in again, or send one that signalbox token create made.',
  { standing: 'unknown' },
);

const nameless = refuse(
  'unauthenticated',
  'The identity provider does not say whose token this is. Use one that names its subject.',
);
