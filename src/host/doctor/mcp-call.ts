import type { Agent } from 'node:http';
import { isRecord } from '../../kernel/json.ts';
import { repeatable } from '../../kernel/text.ts';
import { type HubAddress, bareTokenRefusal, hubAddress } from '../../surfaces/http/address.ts';
import { type HubAnswer, askHub } from '../../surfaces/http/hub-request.ts';
import { newAgent } from '../../surfaces/http/node-http.ts';
import { readTokenFile } from '../access/token-file.ts';
import { readHubFile } from '../hub-file.ts';
import { tokenFor } from '../token-for.ts';
import { textOfSecret } from '../secrets/secret.ts';
import { version } from '../version.ts';
import { type Check, type Finding, type Patient, bad, good } from './check.ts';
import { startAgain } from './hub.ts';
import { leaveUrlOut } from './mends.ts';
import { runningHub } from './running-hub.ts';

const answerTimeoutMs = 5_000;
const wordsMax = 300;
/** Who shows no token that holds is refused, and after a while told to wait. */
const refusedStatuses: readonly (number | undefined)[] = [401, 429];
const protocolVersion = '2025-06-18';

/** One call as clients make it: a session is begun, and its tools are listed. */
export const mcpCall: Check = {
  name: 'MCP',
  run: async (patient) => {
    const { settings } = patient.configuration;
    const url = await runningHub(settings);
    if (url === undefined)
      return [good('No hub runs that could be called; signalbox mcp serves clients on stdio all the same.')];
    const address = hubAddress(url);
    if (!address.ok) return [];
    const token = await tokenToShow(patient);
    const bare = token && bareTokenRefusal(address.value);
    if (bare !== undefined) return [bad(bare.message, leaveUrlOut(patient))];
    const file = settings.url === undefined ? await readHubFile(settings.dataDir) : undefined;
    const agent = newAgent(address.value.base, { keepAlive: false, maxSockets: 1 }, file?.certificate);
    const heard = await listTools({ address: address.value, agent, token: token?.text });
    agent.destroy();
    return [
      heard.ok
        ? good(
            `The hub at ${url} answers it with ${heard.tools} tools${token === undefined ? '' : `, by the token in ${token.from}`}.`,
          )
        : await failed(heard, { url, token, patient }),
    ];
  },
};

/** The token that commands from here show, and where it stands. */
interface Shown {
  readonly text: string;
  readonly from: string;
}

const tokenToShow = async ({ configuration: { settings } }: Patient): Promise<Shown | undefined> => {
  const { token, url, dataDir } = settings;
  const given = await textOfSecret(token);
  // That it cannot be looked up is a finding of its own.
  if (!given.ok) return undefined;
  if (given.value !== undefined) return { text: given.value, from: 'SIGNALBOX_TOKEN' };
  if (url !== undefined) {
    const own = await tokenFor(url, settings);
    return own.ok && own.value !== undefined ? { text: own.value, from: 'hub.json' } : undefined;
  }
  const file = await readHubFile(dataDir);
  if (file?.token !== undefined) return { text: file.token, from: 'hub.json' };
  const left = await readTokenFile(dataDir);
  return left.ok && left.value !== undefined ? { text: left.value, from: 'the file token' } : undefined;
};

interface Line {
  readonly address: HubAddress;
  readonly agent: Agent;
  readonly token: string | undefined;
}

type Heard =
  | { readonly ok: true; readonly tools: number }
  | { readonly ok: false; readonly step: string; readonly status: number | undefined; readonly why: string };

const listTools = async (line: Line): Promise<Heard> => {
  const clientInfo = { name: 'signalbox doctor', version };
  const begun = await send(line, {
    id: 0,
    method: 'initialize',
    params: { protocolVersion, capabilities: {}, clientInfo },
  });
  const session = begun.ok ? begun.headers['mcp-session-id'] : undefined;
  if (!begun.ok || resultIn(begun) === undefined) return notHeard('initialize', begun);
  const headers = {
    'mcp-protocol-version': protocolVersion,
    ...(typeof session === 'string' && { 'mcp-session-id': session }),
  };
  await send(line, { method: 'notifications/initialized' }, headers);
  const listed = await send(line, { id: 1, method: 'tools/list', params: {} }, headers);
  await ask(line, { method: 'DELETE', headers, body: undefined });
  const tools = listed.ok ? resultIn(listed)?.['tools'] : undefined;
  return Array.isArray(tools) ? { ok: true, tools: tools.length } : notHeard('tools/list', listed);
};

type Headers = Readonly<Record<string, string>>;

const send = (line: Line, message: object, headers: Headers = {}): Promise<HubAnswer> =>
  ask(line, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });

interface Request {
  readonly method: 'POST' | 'DELETE';
  readonly headers: Headers;
  readonly body: string | undefined;
}

const ask = ({ address, agent, token }: Line, { headers, ...request }: Request): Promise<HubAnswer> =>
  askHub(address, agent, {
    ...request,
    path: '/mcp',
    headers: { ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
    signal: undefined,
    timeoutMs: answerTimeoutMs,
  });

/** The message in an answer, which is JSON or a stream that has ended. */
const messageIn = (text: string): unknown => {
  const data = /^data: ?(\{.*)$/m.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
};

const resultIn = ({ text }: { readonly text: string }): Readonly<Record<string, unknown>> | undefined => {
  const message = messageIn(text);
  const result = isRecord(message) ? message['result'] : undefined;
  return isRecord(result) ? result : undefined;
};

const notHeard = (step: string, answer: HubAnswer): Heard => {
  if (!answer.ok) return { ok: false, step, status: undefined, why: answer.reason };
  const message = messageIn(answer.text);
  const error = isRecord(message) ? message['error'] : undefined;
  const said = isRecord(error) && typeof error['message'] === 'string' ? error['message'] : undefined;
  const why = said ?? `status ${answer.status}, and nothing that is MCP`;
  return { ok: false, step, status: answer.status, why };
};

interface Failed {
  readonly url: string;
  readonly token: Shown | undefined;
  readonly patient: Patient;
}

const failed = async (
  { step, status, why }: Extract<Heard, { readonly ok: false }>,
  { url, token, patient }: Failed,
): Promise<Finding> => {
  const { settings } = patient.configuration;
  const what = `The hub at ${url} does not answer ${step}${token === undefined ? '' : ` by the token in ${token.from}`}: ${repeatable(why, wordsMax)}`;
  if (refusedStatuses.includes(status))
    return bad(
      what,
      token?.from === 'SIGNALBOX_TOKEN' ? 'unset SIGNALBOX_TOKEN' : 'export SIGNALBOX_TOKEN=sbx_...',
    );
  // It answers, and refuses what this token asks.
  if (status !== undefined && status >= 400 && status < 500) return bad(what, 'signalbox auth status');
  const pid = settings.url === undefined ? (await readHubFile(settings.dataDir))?.pid : undefined;
  return bad(what, pid === undefined ? leaveUrlOut(patient) : startAgain(pid, url));
};
