import { timingSafeEqual } from 'node:crypto';
import { accessIntent } from '../../areas/access/decide/index.ts';
import {
  type Token,
  type Use,
  everything,
  findByHash,
  findPrincipal,
  standingIn,
} from '../../areas/access/model.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import { roleAtLeast, systemActor } from '../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { type Instant, minuteMs, spoken } from '../../kernel/instants.ts';
import { ownerPrincipal } from '../../kernel/names.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { BrowserSession, Credentials, Gate } from '../../surfaces/http/gate.ts';
import type { Denials } from './denials.ts';
import { AuthFailures } from './failures.ts';
import { Standings, mayEnd } from './standings.ts';
import { bearerIn, hashOfToken } from './token-text.ts';

export interface TokenGateOptions {
  /** The engine of the hub's journal, once that is open. */
  readonly opening: Promise<Outcome<Engine>>;
  /** Hash of the token by which programs of this data directory come in while this hub runs; theirs is the owner's name. */
  readonly own: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly denials: Pick<Denials, 'known' | 'unknown'>;
  /** In whose name browsers come in. */
  readonly sessions?: { readonly find: (secret: string) => Caller | undefined };
}

/** What a header Authorization holds. */
interface Shown {
  readonly authorization: string;
  /** Of the token; undefined when it is none of ours. */
  readonly hash: string | undefined;
  /** Whether it is that of programs of this data directory. */
  readonly isOwn: boolean;
}

const nobody = { agent: undefined, session: undefined, connection: undefined, client: undefined } as const;
export const ownerCaller: Caller = { ...nobody, principal: ownerPrincipal, role: 'admin', kind: 'person' };
const owner = ok(ownerCaller);

/** How many uses one entry notes. */
const usesMax = 1_000;

/** Lets in who shows a token that is good, in the name of its principal and for what it is for. */
export class TokenGate implements Gate {
  readonly #options: TokenGateOptions;
  readonly #failures: AuthFailures;
  /** When tokens were last used since that was last written. */
  readonly #used = new Map<string, Instant>();
  readonly #callers = new WeakMap<Token, Outcome<Caller>>();
  /** What came last over a connection: most clients show the same with each request, which is hashed once. */
  readonly #shown = new WeakMap<object, Shown>();
  readonly #standings: Standings;
  #engine: Engine | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: TokenGateOptions) {
    this.#options = options;
    this.#failures = new AuthFailures(options.clock.monotonic);
    this.#standings = new Standings(options.clock);
    void options.opening.then((opened) => {
      if (!opened.ok) return;
      this.#engine = opened.value;
      opened.value.subscribe((entries) => {
        if (mayEnd(entries)) this.#standings.look();
      });
    });
  }

  readonly admit = (credentials: Credentials): Outcome<Caller> | Promise<Outcome<Caller>> => {
    const { authorization, remote } = credentials;
    if (authorization === undefined) {
      if (credentials.browser !== undefined) return this.#browser(credentials.browser, remote);
      if (credentials.public !== true) this.#options.denials.unknown(remote, undefined);
      return nothingShown;
    }
    const { hash, isOwn } = this.#whatIs(authorization, credentials.line);
    if (hash === undefined) return this.#refuse(notOurs, remote);
    if (isOwn) return owner;
    const known = this.#engine && this.#callerWith(this.#engine, hash);
    return known ?? this.#lookAgain(hash, remote);
  };

  /** Writes down which tokens were used. Called when the hub stops, and once a minute while any is. */
  readonly flush = async (): Promise<void> => {
    this.#cancel?.();
    this.#cancel = undefined;
    const tokens: Use[] = [...this.#used].map(([id, at]) => ({ id, at }));
    this.#used.clear();
    for (let from = 0; from < tokens.length && this.#engine !== undefined; from += usesMax) {
      const use = accessIntent({ type: 'use', tokens: tokens.slice(from, from + usesMax) });
      const written = await this.#engine.report('access', use, systemActor);
      if (!written.ok)
        this.#options.log.warn(`when tokens were last used is not written down: ${written.message}`);
    }
  };

  readonly denied = (caller: Caller, refusal: Refusal, operation: string): void =>
    this.#options.denials.known(caller, refusal, { operation, workspace: undefined });

  /** Counts one who failed otherwise than by a token; what they are told. */
  readonly failed = (refusal: Refusal, remote: string | undefined): Refusal => this.#refuse(refusal, remote);

  /** AC47, AC48: a browser comes in no longer than the token that it was let in with is good. */
  #browser({ secret, isOwn }: BrowserSession, remote: string | undefined): Outcome<Caller> {
    const caller = this.#options.sessions?.find(secret);
    if (caller === undefined) return this.#refuse(sessionOver, remote);
    if (isOwn) return ok(caller);
    this.denied(caller, notOwnPage, 'browser');
    return notOwnPage;
  }

  /** For how long the token is good, with the secret that it was shown with. */
  #leftMs(id: string, hash: string): number {
    const engine = this.#engine;
    const token = engine?.slices.access.tokens.get(id);
    if (engine === undefined || token?.hash !== hash) return 0;
    const now = engine.now();
    if (standingIn(engine.slices.access, token, now) !== 'good') return 0;
    return token.expiresAt === undefined ? Infinity : token.expiresAt - now;
  }

  /** Nothing of a secret can be learnt from how long it takes: it is compared by its hash, or with what its sender sent before. */
  #whatIs(authorization: string, line: object | undefined): Shown {
    const before = line && this.#shown.get(line);
    if (before?.authorization === authorization) return before;
    const hash = hashOfToken(bearerIn(authorization) ?? '');
    const shown = { authorization, hash, isOwn: hash !== undefined && this.#isOwn(hash) };
    if (line !== undefined) this.#shown.set(line, shown);
    return shown;
  }

  #isOwn(hash: string): boolean {
    const { own } = this.#options;
    return own !== undefined && timingSafeEqual(Buffer.from(own), Buffer.from(hash));
  }

  /** Another process may just have made the token; one that is known is looked up at once, and gone within a second. */
  async #lookAgain(hash: string, remote: string | undefined): Promise<Outcome<Caller>> {
    const opened = await this.#options.opening;
    if (!opened.ok) return opened;
    const behind = await opened.value.refresh();
    if (behind !== undefined) return behind;
    return this.#callerWith(opened.value, hash) ?? this.#refuse(this.#why(opened.value, hash), remote);
  }

  /** Undefined unless there is a token with this hash that is good. */
  #callerWith(engine: Engine, hash: string): Outcome<Caller> | undefined {
    const { access } = engine.slices;
    const token = findByHash(access, hash);
    const now = engine.now();
    if (token === undefined || standingIn(access, token, now) !== 'good') return undefined;
    this.#note(token.id, now);
    const known = this.#callers.get(token);
    if (known !== undefined) return known;
    const role = findPrincipal(access, token.principal)?.role ?? token.role;
    const { principal, kind, workspaces, categories, agent, id } = token;
    const whole = workspaces.includes(everything) && categories.includes(everything) && agent === undefined;
    const caller = ok({
      ...nobody,
      principal,
      role: roleAtLeast(role, token.role) ? token.role : role,
      kind,
      token: id,
      standing: this.#standings.of(() => this.#leftMs(id, hash)),
      ...(!whole && { scope: { workspaces, categories, agent } }),
    });
    this.#callers.set(token, caller);
    return caller;
  }

  #why(engine: Engine, hash: string): Refusal {
    const { access } = engine.slices;
    const token = findByHash(access, hash);
    if (token === undefined) return unknown;
    const now = engine.now();
    switch (standingIn(access, token, now)) {
      case 'expired':
        return refuse(
          'unauthenticated',
          `This token (${token.id}) expired ${spoken(now - (token.expiresAt ?? now))} ago. Ask for another one: signalbox token refresh ${token.id}, or signalbox token create.`,
          { token: token.id, standing: 'expired' },
        );
      case 'revoked':
      case 'principal_removed':
        return refuse(
          'unauthenticated',
          `This token (${token.id}) was revoked. Ask an admin of this hub for another one (signalbox token create).`,
          { token: token.id, standing: 'revoked' },
        );
      case 'good':
        return unknown;
    }
  }

  #refuse(refusal: Refusal, remote: string | undefined): Refusal {
    const { token } = refusal.details;
    this.#options.denials.unknown(remote, typeof token === 'string' ? token : undefined);
    const seconds = this.#failures.add(remote);
    return seconds === undefined
      ? refusal
      : refuse(
          'rate_limited',
          `Too many calls with tokens that do not hold came from your address. Wait ${seconds} s, then call with one that does.`,
          { retry_after_s: seconds },
        );
  }

  #note(id: string, now: Instant): void {
    this.#used.set(id, now);
    this.#cancel ??= this.#options.clock.after(minuteMs, () => {
      this.#cancel = undefined;
      this.flush().catch((thrown: unknown) =>
        this.#options.log.error('noting which tokens were used failed', thrown),
      );
    });
  }
}

const where =
  "the owner's stands in the file token of the hub's data directory, unless the hub was given one, and signalbox token create makes others";

const nothingShown = refuse(
  'unauthenticated',
  `This hub asks who calls, and the call does not say. Send the header Authorization: Bearer sbx_...: ${where}. Programs of Signalbox take it from SIGNALBOX_TOKEN.`,
  { standing: 'not_shown' },
);

const sessionOver = refuse(
  'unauthenticated',
  'Nobody is logged in with this browser any more. Run signalbox login in a terminal, and open the link that it prints.',
);

const notOwnPage = refuse(
  'forbidden',
  "With a browser only a page of this hub changes something, and this does not say that one has sent it. Use the hub's own page; a program shows a token instead.",
);

const notOurs = refuse(
  'unauthenticated',
  `What the header Authorization holds is no token of this hub: it has to be Bearer sbx_ and 43 characters. Send one that is: ${where}.`,
  { standing: 'unknown' },
);

const unknown = refuse(
  'unauthenticated',
  `This hub does not know this token. Send one that it made: ${where}.`,
  { standing: 'unknown' },
);
