import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:http';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubCall, HubHealth, HubReply, ServiceLevels } from '../hub.ts';
import { pause } from '../pause.ts';
import { type HubAddress, bareTokenRefusal, hubAddress } from './address.ts';
import { headerNames, isHeaderText, lostHeader, narrowedKind } from './call-headers.ts';
import { openChanges } from './changes-client.ts';
import { type ChangeListener, type ChangeStream, followChanges } from './follow-changes.ts';
import {
  distrusted,
  healthIn,
  type OfferedLink,
  isAway,
  linkIn,
  mayHaveBegun,
  outcomeUnknown,
  refusalIn,
  replyIn,
  serviceLevelsIn,
  stranger,
  unreached,
} from './hub-answers.ts';
import { type HubAnswer, type HubRequest, askHub } from './hub-request.ts';
import { newAgent } from './node-http.ts';

/** How long to wait before a request is sent again, whose answer did not come. */
const retriesAfterMs: readonly number[] = [100, 500];

const connectionsMax = 256;

/** The status that says that a session has ended. */
const disconnected = 204;

/** No operation waits longer for anything than this. */
const callTimeoutMs = 15 * minuteMs;
const healthTimeoutMs = 5 * secondMs;

export interface ConnectOptions {
  /** How long its answer may take. */
  readonly timeoutMs?: number;
  /** What shows the hub who calls. Shown only to what has said, without it, that it is a hub. */
  readonly token?: string | undefined;
  /** Whether the hub can still be there. Once it is not, nothing is sent: who has its address by now gets no token. */
  readonly isThere?: (() => boolean) | undefined;
  /** The certificate that the hub is known to have, in PEM; one that this machine trusts when absent. */
  readonly certificate?: string | undefined;
}

/** Looks for a hub at `url` and, when one answers, gives it to surfaces as if it ran in this process. */
export const connectHub = async (
  url: string,
  { timeoutMs = healthTimeoutMs, token, isThere = () => true, certificate }: ConnectOptions = {},
): Promise<Outcome<RemoteHub>> => {
  const address = hubAddress(url);
  if (!address.ok) return address;
  const bare = token === undefined ? undefined : bareTokenRefusal(address.value);
  if (bare !== undefined) return bare;
  const agent = newAgent(address.value.base, { keepAlive: true, maxSockets: connectionsMax }, certificate);
  const line = { address: address.value, agent, credentials: credentialsWith(token), isThere };
  const health = await askHealth({ ...line, credentials: credentialsWith(undefined) }, timeoutMs);
  if (health.ok && health.value.status !== 'stopping') return ok(new RemoteHub(line, health.value));
  agent.destroy();
  return health.ok ? unreached(address.value, 'it is stopping') : health;
};

/** The way to a hub. */
interface Line {
  readonly address: HubAddress;
  readonly agent: Agent;
  /** The headers that show who calls. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly isThere: () => boolean;
}

const ask = ({ address, agent, isThere }: Line, asked: HubRequest): Promise<HubAnswer> =>
  isThere() ? askHub(address, agent, asked) : Promise.resolve(ended);

const ended = { ok: false, reached: false, reason: 'its process has ended' } as const;

const credentialsWith = (token: string | undefined): Line['credentials'] =>
  token === undefined ? {} : { Authorization: `Bearer ${token}` };

const askHealth = async (line: Line, timeoutMs: number): Promise<Outcome<HubHealth>> => {
  const { address: hub } = line;
  const answer = await ask(line, {
    method: 'GET',
    path: '/health',
    headers: line.credentials,
    body: undefined,
    signal: undefined,
    timeoutMs,
  });
  return answer.ok
    ? healthIn(hub, answer)
    : (distrusted(hub, answer.reason) ?? unreached(hub, answer.reason));
};

/**
 * What became of one try at a call: an answer, or the hub was away. Then it may have `begun` what it was asked all the
 * same, or it did not but sent a `refusal` by which it is away.
 */
export type Attempt =
  | { readonly kind: 'answered'; readonly outcome: Outcome<HubReply> }
  | {
      readonly kind: 'away';
      readonly begun: boolean;
      readonly reason: string;
      readonly refusal: Refusal | undefined;
    };

/** A hub in another process, over its HTTP surface. */
export class RemoteHub implements Hub {
  /** Which hub answered when it was looked for. Another one that has its address by now is not called. */
  readonly id: string | undefined;
  readonly version: string;
  readonly #line: Line;
  readonly #address: HubAddress;
  readonly #agent: Agent;

  constructor(line: Line, { id, version }: Pick<HubHealth, 'id' | 'version'>) {
    this.#line = line;
    this.#address = line.address;
    this.#agent = line.agent;
    this.id = id;
    this.version = version;
  }

  get url(): string {
    return this.#address.origin;
  }

  /** Asks again when no answer came: under one request id nothing is done twice. */
  async call(asked: HubCall): Promise<Outcome<HubReply>> {
    const call = { ...asked, requestId: asked.requestId ?? randomUUID() };
    let attempt = await this.attempt(call);
    let begun = attempt.kind === 'away' && attempt.begun;
    for (const delayMs of retriesAfterMs) {
      if (attempt.kind === 'answered' || attempt.refusal !== undefined || call.signal?.aborted) break;
      await pause(delayMs);
      attempt = await this.attempt(call);
      begun ||= attempt.kind === 'away' && attempt.begun;
    }
    if (attempt.kind === 'answered') return attempt.outcome;
    if (begun) return outcomeUnknown(this.#address, attempt.reason, call.requestId);
    return attempt.refusal ?? unreached(this.#address, attempt.reason);
  }

  /** Asks once. */
  async attempt({
    operation,
    input,
    caller,
    workspace,
    requestId,
    signal,
    peek,
    receipts,
    received,
    lost,
    traceparent,
  }: HubCall & { readonly requestId: string }): Promise<Attempt> {
    const headers = this.#headers(caller, {
      workspace,
      requestId,
      peek,
      receipts,
      received,
      lost,
      traceparent,
    });
    if (!headers.ok) return { kind: 'answered', outcome: headers };
    const answer = await ask(this.#line, {
      method: 'POST',
      path: `/v1/operations/${encodeURIComponent(operation)}`,
      headers: { 'Content-Type': 'application/json', ...headers.value },
      body: JSON.stringify(input) ?? '',
      signal,
      timeoutMs: callTimeoutMs,
    });
    if (!answer.ok) return { kind: 'away', begun: answer.reached, reason: answer.reason, refusal: undefined };
    const outcome = replyIn(answer) ?? stranger(this.#address);
    return outcome.ok || !isAway(outcome)
      ? { kind: 'answered', outcome }
      : { kind: 'away', begun: mayHaveBegun(answer), reason: outcome.message, refusal: outcome };
  }

  async disconnect(caller: Caller, workspace: string | undefined): Promise<void> {
    await this.tryDisconnect(caller, workspace);
  }

  /** Like `disconnect`; whether the hub has answered. */
  async tryDisconnect(caller: Caller, workspace: string | undefined): Promise<boolean> {
    if (caller.connection === undefined) return true;
    const headers = this.#headers(caller, { workspace, requestId: undefined });
    if (!headers.ok) return true;
    // Not asked twice: this process is about to end, and a session that nobody uses ends by itself.
    const answer = await ask(this.#line, {
      method: 'DELETE',
      path: '/v1/connection',
      headers: headers.value,
      body: undefined,
      signal: undefined,
      timeoutMs: healthTimeoutMs,
    });
    return answer.ok && answer.status === disconnected;
  }

  /** Has the hub make a link by which whoever opens it in a browser comes in. */
  async offerLogin(): Promise<Outcome<OfferedLink>> {
    const answer = await ask(this.#line, {
      method: 'POST',
      path: '/v1/login',
      headers: this.#line.credentials,
      body: '',
      signal: undefined,
      timeoutMs: healthTimeoutMs,
    });
    if (!answer.ok) return unreached(this.#address, answer.reason);
    return (answer.status === 200 ? linkIn(answer) : refusalIn(answer.text)) ?? stranger(this.#address);
  }

  /** How the hub stands against what it promises of its service. */
  async serviceLevels(): Promise<Outcome<ServiceLevels>> {
    const answer = await ask(this.#line, {
      method: 'GET',
      path: '/v1/service-levels',
      headers: this.#line.credentials,
      body: undefined,
      signal: undefined,
      timeoutMs: healthTimeoutMs,
    });
    if (!answer.ok) return unreached(this.#address, answer.reason);
    return (
      (answer.status === 200 ? serviceLevelsIn(answer) : refusalIn(answer.text)) ?? stranger(this.#address)
    );
  }

  async health(): Promise<HubHealth> {
    const health = await askHealth(this.#line, healthTimeoutMs);
    return health.ok
      ? health.value
      : { status: 'stopping', version: this.version, store: 'unknown', workspaces: [] };
  }

  async changes(workspace: string | undefined, listener: ChangeListener): Promise<Outcome<() => void>> {
    const open = (): Promise<Outcome<ChangeStream>> => this.openChanges(workspace, listener);
    const first = await open();
    return first.ok ? ok(followChanges(open, listener, first.value)) : first;
  }

  /** Like `changes`, but over when the hub goes away. */
  async openChanges(workspace: string | undefined, listener: ChangeListener): Promise<Outcome<ChangeStream>> {
    const headers = this.#headers(nobody, { workspace, requestId: undefined });
    if (!this.#line.isThere()) return unreached(this.#address, ended.reason);
    return headers.ok
      ? openChanges(this.#address, this.#agent, { headers: headers.value, listener })
      : headers;
  }

  /** Lets go of the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #headers(caller: Speaker, call: HeaderCall): Outcome<Record<string, string>> {
    const headers = callHeaders(caller, call);
    if (!headers.ok) return headers;
    const { credentials } = this.#line;
    return ok({
      ...headers.value,
      ...credentials,
      ...(this.id !== undefined && { [headerNames.hub]: this.id }),
    });
  }
}

/** What of a caller a hub elsewhere is told; who that is it decides itself. */
type Speaker = Pick<Caller, 'kind' | 'agent' | 'session' | 'connection' | 'client'>;

const nobody: Speaker = {
  kind: narrowedKind,
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

type HeaderCall = Pick<
  HubCall,
  'workspace' | 'requestId' | 'peek' | 'receipts' | 'received' | 'lost' | 'traceparent'
>;

const callHeaders = (
  { kind, agent, session, connection, client }: Speaker,
  { workspace, requestId, peek, receipts, received, lost = [], traceparent }: HeaderCall,
): Outcome<Record<string, string>> => {
  const headers: Record<string, string> = {};
  const inVain = lostHeader(lost);
  if (inVain !== undefined) headers[headerNames.lost] = inVain;
  const said = [
    [headerNames.workspace, workspace],
    [headerNames.agent, agent],
    [headerNames.session, session],
    [headerNames.connection, connection],
    [headerNames.kind, kind === narrowedKind ? narrowedKind : undefined],
    [headerNames.requestId, requestId],
    [headerNames.peek, peek === true ? 'true' : undefined],
    [headerNames.receipts, receipts === true ? 'true' : undefined],
    [headerNames.received, received],
    ['traceparent', traceparent],
    // The name of a program is only a hint, and loses what a header cannot carry.
    [
      headerNames.client,
      client
        ?.replaceAll(/[^\u0020-\u007e]/g, '')
        .trim()
        .slice(0, clientCharactersMax) || undefined,
    ],
  ] as const;
  for (const [name, value] of said) {
    if (value === undefined) continue;
    if (!isHeaderText(value)) {
      return refuse(
        'invalid_input',
        `What is given as ${name} is empty, too long or not plain text. Correct it.`,
        { header: name },
      );
    }
    headers[name] = value;
  }
  return ok(headers);
};

const clientCharactersMax = 100;
