import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { errorCodeOf } from '../../catalogue/errors.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Caller } from '../../kernel/operation.ts';
import type { Hub, HubCall, HubHealth, HubReply } from '../hub.ts';
import { headerNames, isHeaderText } from './call-headers.ts';
import { type HubAnswer, type HubRequest, askHub } from './hub-request.ts';

/** How long to wait before a request is sent again, whose answer did not come. */
const retriesAfterMs: readonly number[] = [100, 500];

const connectionsMax = 256;

/** No operation waits longer for anything than this. */
const callTimeoutMs = 15 * minuteMs;
const healthTimeoutMs = 5 * secondMs;

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'stopping']),
  // A hub of an older version does not say it.
  id: z.string().optional(),
  version: z.string(),
  store: z.string(),
  workspaces: z.array(
    z.object({ name: z.string(), writable: z.boolean(), reason: z.string().nullable(), seq: z.number() }),
  ),
});

const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

/** Looks for a hub at `baseUrl` and, when one answers, gives it to surfaces as if it ran in this process. */
export const connectHub = async (
  baseUrl: string,
  timeoutMs = healthTimeoutMs,
): Promise<Outcome<RemoteHub>> => {
  const base = URL.parse(baseUrl);
  if (base === null || base.protocol !== 'http:') {
    return refuse(
      'invalid_input',
      `"${baseUrl}" is not the address of a hub. Give one such as http://127.0.0.1:8321.`,
    );
  }
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const health = await askHealth(base, agent, timeoutMs);
  if (!health.ok) agent.destroy();
  return health.ok ? ok(new RemoteHub(base, agent, health.value)) : health;
};

const askHealth = async (base: URL, agent: Agent, timeoutMs: number): Promise<Outcome<HubHealth>> => {
  const answer = await askHub(base, agent, {
    method: 'GET',
    path: '/health',
    headers: {},
    body: undefined,
    signal: undefined,
    timeoutMs,
  });
  if (!answer.ok) return unreached(base, answer.reason);
  const health = healthSchema.safeParse(jsonIn(answer.text));
  return health.success ? ok(health.data) : stranger(base);
};

/** A hub in another process, over its HTTP surface. */
export class RemoteHub implements Hub {
  /** Which hub answered when it was looked for. */
  readonly id: string | undefined;
  readonly version: string;
  readonly #base: URL;
  readonly #agent: Agent;

  constructor(base: URL, agent: Agent, { id, version }: Pick<HubHealth, 'id' | 'version'>) {
    this.#base = base;
    this.#agent = agent;
    this.id = id;
    this.version = version;
  }

  async call({
    operation,
    input,
    caller,
    workspace,
    requestId = randomUUID(),
    signal,
  }: HubCall): Promise<Outcome<HubReply>> {
    const headers = callHeaders(caller, { workspace, requestId });
    if (!headers.ok) return headers;
    const answer = await this.#ask({
      method: 'POST',
      path: `/v1/operations/${encodeURIComponent(operation)}`,
      headers: { 'Content-Type': 'application/json', ...headers.value },
      body: JSON.stringify(input) ?? '',
      signal,
      timeoutMs: callTimeoutMs,
    });
    if (!answer.ok)
      return answer.reached
        ? unknown(this.#base, answer.reason, requestId)
        : unreached(this.#base, answer.reason);
    const value = jsonIn(answer.text);
    if (answer.status !== 200) return refusalIn(value) ?? stranger(this.#base);
    const replayed = answer.headers[headerNames.replayed.toLowerCase()] === 'true';
    const waiting = answer.headers[headerNames.waiting.toLowerCase()];
    return value === undefined
      ? stranger(this.#base)
      : ok({ value, replayed, waiting: typeof waiting === 'string' ? waiting : undefined });
  }

  async disconnect(caller: Caller, workspace: string | undefined): Promise<void> {
    if (caller.connection === undefined) return;
    const headers = callHeaders(caller, { workspace, requestId: undefined });
    if (!headers.ok) return;
    // Not asked twice: this process is about to end, and a session that nobody uses ends by itself.
    await askHub(this.#base, this.#agent, {
      method: 'DELETE',
      path: '/v1/connection',
      headers: headers.value,
      body: undefined,
      signal: undefined,
      timeoutMs: healthTimeoutMs,
    });
  }

  async health(): Promise<HubHealth> {
    const health = await askHealth(this.#base, this.#agent, healthTimeoutMs);
    return health.ok
      ? health.value
      : { status: 'stopping', version: this.version, store: 'unknown', workspaces: [] };
  }

  async changes(): Promise<Outcome<() => void>> {
    return refuse('invalid_state', 'A hub elsewhere does not tell what changes yet.');
  }

  /** Lets go of the connections. */
  close(): void {
    this.#agent.destroy();
  }

  /** Asks again when no answer came: under one request id nothing is done twice. */
  async #ask(request: HubRequest): Promise<HubAnswer> {
    let answer = await askHub(this.#base, this.#agent, request);
    let reached = !answer.ok && answer.reached;
    for (const delayMs of retriesAfterMs) {
      if (answer.ok || request.signal?.aborted) break;
      await pause(delayMs);
      answer = await askHub(this.#base, this.#agent, request);
      reached ||= !answer.ok && answer.reached;
    }
    return answer.ok ? answer : { ...answer, reached };
  }
}

const callHeaders = (
  { agent, session, connection, client }: Caller,
  { workspace, requestId }: Pick<HubCall, 'workspace' | 'requestId'>,
): Outcome<Record<string, string>> => {
  const headers: Record<string, string> = {};
  const said = [
    [headerNames.workspace, workspace],
    [headerNames.agent, agent],
    [headerNames.session, session],
    [headerNames.connection, connection],
    [headerNames.requestId, requestId],
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

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refusalIn = (value: unknown): Refusal | undefined => {
  const parsed = errorSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { code, message, details } = parsed.data.error;
  const known = errorCodeOf(code);
  // A newer hub may have codes that this version has not heard of; what its message says stays true.
  return known === undefined
    ? refuse('internal', `${message} [${code}]`, details)
    : refuse(known, message, details);
};

const unreached = ({ origin }: URL, reason: string): Refusal =>
  refuse(
    'stopping',
    `The hub at ${origin} does not answer (${reason}). Nothing was stored. See that it runs (signalbox serve), then call again.`,
    { url: origin, reason },
  );

const unknown = ({ origin }: URL, reason: string, requestId: string): Refusal =>
  refuse(
    'outcome_unknown',
    `The hub at ${origin} went away before it answered (${reason}), so whether this was done is not known. Look at what is there before you do it again.`,
    { url: origin, reason, request: requestId },
  );

const stranger = ({ origin }: URL): Refusal =>
  refuse(
    'storage_failed',
    `What answers at ${origin} is not a Signalbox hub. Nothing was stored. Start the hub on another port.`,
    {
      url: origin,
    },
  );
