import { type JWTVerifyGetKey, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import { type Outcome, type Refusal, refuse } from '../../../kernel/errors.ts';
import type { Clock } from '../../../engine/clock.ts';
import { type Instant, secondMs } from '../../../kernel/instants.ts';
import { type AskProvider, unreachable } from './ask-provider.ts';
import type { Audience } from './audiences.ts';
import { type Claims, claimsSchema } from './claims.ts';
import { expired, notForUs, refuseBound, toleranceSeconds } from './either-check.ts';
import type { IssuerMetadata } from './issuer-metadata.ts';

/** RFC 8725: signatures only, none that is made with a secret that both sides have, and never none. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** How long the keys are not asked for after that failed. */
const failedPauseMs = 5 * secondMs;

/** RFC 9068, section 2.1; `JWT`, or nothing, from those who do not know that page yet. */
const types: readonly string[] = ['at+jwt', 'application/at+jwt', 'jwt', ''];

/** Claims that only an ID token has: it says who logged in, and is for the client alone. */
const idTokenClaims = ['nonce', 'at_hash', 'c_hash'] as const;

export interface JwtCheckOptions {
  readonly issuer: string;
  readonly metadata: IssuerMetadata;
  readonly ask: AskProvider;
  readonly timeoutMs: number;
  /** How long the keys are not read again for a key that is not among them, and for how long they are kept. */
  readonly keysPauseMs: number;
  readonly keysKeptMs: number;
  readonly now: () => Instant;
  readonly clock: Clock;
}

/** Checks access tokens that are JWTs against the keys of their issuer. Nothing that a token says leads to a key. */
export class JwtCheck {
  readonly #options: JwtCheckOptions;
  #failed: { readonly refusal: Refusal; readonly until: number } | undefined;
  #keys: { readonly from: string; readonly find: JWTVerifyGetKey } | undefined;

  constructor(options: JwtCheckOptions) {
    this.#options = options;
  }

  async check(token: string, audience: Audience): Promise<Outcome<Claims>> {
    const { issuer, metadata, now } = this.#options;
    const endpoints = await metadata.get();
    if (!endpoints.ok) return endpoints;
    const { jwks_uri: from } = endpoints.value;
    if (from === undefined) return unreachable('its metadata says nothing of its keys');
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.#keysAt(from), {
        algorithms,
        issuer,
        clockTolerance: toleranceSeconds,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now()),
      });
      const read = claimsSchema.safeParse(payload);
      if (!read.success) return notGood;
      const claims = read.data;
      const isAccess =
        types.includes((protectedHeader.typ ?? '').toLowerCase()) &&
        idTokenClaims.every((name) => claims[name] === undefined);
      if (!audience.accepts(claims['aud'])) return notForUs(audience);
      return isAccess ? refuseBound(claims) : wrongKind;
    } catch (thrown) {
      return refusalFor(thrown);
    }
  }

  #keysAt(from: string): JWTVerifyGetKey {
    if (this.#keys?.from !== from) {
      const { timeoutMs, keysPauseMs, keysKeptMs } = this.#options;
      const find = createRemoteJWKSet(new URL(from), {
        timeoutDuration: timeoutMs,
        cooldownDuration: keysPauseMs,
        cacheMaxAge: keysKeptMs,
        [customFetch]: (address) => this.#fetch(address),
      });
      this.#keys = { from, find };
    }
    return this.#keys.find;
  }

  /** The library pauses between two readings that worked; this is the pause after one that did not. */
  async #fetch(address: string): Promise<Response> {
    const { ask, clock } = this.#options;
    if (this.#failed !== undefined && clock.monotonic() < this.#failed.until)
      throw new Unanswered(this.#failed.refusal);
    const answer = await ask(address);
    const read =
      answer.ok && answer.value.status !== 200
        ? unreachable(`it answers ${answer.value.status} where its keys should be`)
        : answer;
    this.#failed = read.ok ? undefined : { refusal: read, until: clock.monotonic() + failedPauseMs };
    if (!read.ok) throw new Unanswered(read);
    return new Response(read.value.text);
  }
}

/** Carries a refusal through the library that asks for keys. */
class Unanswered extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const wrongKind = refuse(
  'unauthenticated',
  'This is no access token. Send the access token that the identity provider made for this hub, not the ID token.',
);

const notGood = refuse(
  'unauthenticated',
  'This token does not hold: the identity provider of this hub did not make it so. Get another one from it.',
);

/** What is said beyond that a token does not hold is said only of those that the issuer has signed. */
const refusalFor = (thrown: unknown): Refusal => {
  if (thrown instanceof Unanswered) return thrown.refusal;
  if (thrown instanceof errors.JWTExpired) return expired;
  if (thrown instanceof errors.JWKSTimeout || thrown instanceof errors.JWKSInvalid) return keysUseless;
  if (thrown instanceof errors.JOSEError) {
    // What is not said of tokens has the code of all errors: the keys came as something else than JSON.
    return thrown.code === errors.JOSEError.code ? keysUseless : notGood;
  }
  // A key that is too short, or of another kind than it says.
  if (thrown instanceof TypeError || thrown instanceof DOMException) return keysUseless;
  throw thrown;
};

const keysUseless = unreachable('its keys cannot be used');
