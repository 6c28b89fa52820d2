import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { actsAsPerson } from '../../kernel/entry.ts';
import { isRecord } from '../../kernel/json.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub } from '../hub.ts';
import { parseJson } from '../json-text.ts';
import { readCallHeaders } from './call-headers.ts';
import type { Exchange } from './exchange.ts';
import type { Exposure } from './exposure.ts';
import { type Gate, addressOf, retryHeaders } from './gate.ts';
import { isJsonType } from './json-type.ts';
import { loginBytesMax } from './limits.ts';
import { type LoginDesk, loginLink, secretIn, setCookie } from './login-desk.ts';
import { loginPage, loginPagePolicy } from './login-page.ts';
import { refusedRateHeaders } from './rate-headers.ts';
import type { Visitors } from './visitors.ts';

export interface LoginService {
  readonly desk: LoginDesk;
  /** Where people call the hub. */
  readonly hubUrl: () => string;
}

interface LoginRouteOptions {
  readonly hub: Pick<Hub, 'count'>;
  /** Nothing where nobody is asked who they are. */
  readonly login: LoginService | undefined;
  readonly visitors: Visitors;
  readonly exposure: Exposure;
  readonly denied: Gate['denied'];
}

/** How people come in with a browser: a code, made with a token, is given once for a cookie. */
export class LoginRoute {
  readonly #options: LoginRouteOptions;

  constructor(options: LoginRouteOptions) {
    this.#options = options;
  }

  /** `GET /login`. */
  page(exchange: Exchange): void {
    if (this.#options.login === undefined) exchange.refuse(nobodyIsAsked);
    else exchange.page(loginPage, loginPagePolicy);
  }

  /** `POST /login`: a code for a cookie. */
  async enter(exchange: Exchange): Promise<void> {
    const { login, visitors, exposure } = this.#options;
    const { headers } = exchange.request;
    if (login === undefined) return exchange.refuse(nobodyIsAsked);
    if (!visitors.isOwnPage(headers) || !isJsonType(headers['content-type'])) return exchange.refuse(byPage);
    const code = await codeIn(exchange);
    if (code === undefined) return;
    const remote = addressOf(exchange.request, exposure);
    const entered = code.ok ? login.desk.redeem(code.value, remote) : code;
    if (!entered.ok) return exchange.refuse(entered, retryHeaders(entered));
    // Who has logged in before in this browser is someone else, or the same with more than is needed.
    this.#leave(exchange, login);
    const { secret, caller, lastsS } = entered.value;
    const { host } = headers;
    const cookie = setCookie(secret, { host, lastsS, secure: visitors.isSecure(host) });
    exchange.json(200, JSON.stringify({ ...toldOf(caller), expires_in_s: lastsS }), cookie);
  }

  /** `POST /logout`. What is sent with it is not read. */
  leave(exchange: Exchange): void {
    const { login, visitors } = this.#options;
    const { headers } = exchange.request;
    if (login === undefined) return exchange.refuse(nobodyIsAsked);
    if (!visitors.isOwnPage(headers)) return exchange.refuse(byPage);
    this.#leave(exchange, login);
    const { host } = headers;
    const cookie = setCookie('', { host, lastsS: 0, secure: visitors.isSecure(host) });
    exchange.json(200, JSON.stringify({ logged_out: true }), cookie);
  }

  #leave({ request }: Exchange, { desk }: LoginService): void {
    const secret = secretIn(request.headers);
    if (secret !== undefined) desk.end(secret);
  }

  /** `POST /v1/login`: a code, for a person who shows a token. */
  async offer(exchange: Exchange, admitted: Caller): Promise<void> {
    const { login } = this.#options;
    if (login === undefined) return exchange.refuse(nobodyIsAsked);
    const { headers } = exchange.request;
    const call = readCallHeaders(headers, admitted);
    if (!call.ok) return exchange.refuse(call);
    if (headers.authorization === undefined || !actsAsPerson(call.value.caller)) {
      this.#options.denied?.(admitted, needsPerson, 'login');
      return exchange.refuse(needsPerson);
    }
    const beyond = await this.#options.hub.count?.(admitted, 'general');
    if (beyond !== undefined) return exchange.refuse(beyond, refusedRateHeaders(beyond));
    const offered = login.desk.offer(admitted);
    if (!offered.ok) return exchange.refuse(offered);
    const { code, lastsS } = offered.value;
    const link = loginLink(login.hubUrl(), code);
    exchange.json(200, JSON.stringify({ code, link, expires_in_s: lastsS }));
  }

  /** `GET /v1/login`: who is logged in. */
  who(exchange: Exchange, caller: Caller): void {
    if (this.#options.login === undefined) exchange.refuse(nobodyIsAsked);
    else exchange.json(200, JSON.stringify(toldOf(caller)));
  }
}

const toldOf = ({ principal, role, kind, scope }: Caller) => ({
  principal,
  role,
  kind,
  workspaces: scope?.workspaces ?? ['*'],
});

/** Nothing when the client went away meanwhile. */
const codeIn = async (exchange: Exchange): Promise<Outcome<string> | undefined> => {
  const body = await exchange.body(loginBytesMax);
  if (body === undefined) return undefined;
  const parsed = body.ok ? parseJson(body.value, 'body') : body;
  if (!parsed.ok) return parsed;
  const code = isRecord(parsed.value) ? parsed.value['code'] : undefined;
  return typeof code === 'string'
    ? ok(code)
    : refuse('invalid_input', 'The code of the link is missing. Send it as {"code": "..."}.');
};

const nobodyIsAsked = refuse(
  'invalid_state',
  'This hub asks nobody who they are, so there is nothing to log in to. Start it so that it asks for tokens first.',
);

const byPage = refuse(
  'forbidden',
  'People log in and out on the page /login of this hub, in JSON. Open the link that signalbox login prints. Programs show a token instead.',
);

const needsPerson = refuse(
  'forbidden',
  'A link to log in is made by a person with a token of their own. Ask the person you work for to run in a terminal: signalbox login',
  { needs: 'person' },
);
