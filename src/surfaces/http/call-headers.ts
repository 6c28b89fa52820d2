import type { IncomingHttpHeaders } from 'node:http';
import { headerCharactersMax, lostCharactersMax } from '../../catalogue/openapi/headers.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { faultInName } from '../../kernel/names.ts';
import type { Caller } from '../../kernel/operation.ts';
import { lostCallsMax } from '../hub.ts';

/** The headers of a call, by what they say. */
export const headerNames = {
  hub: 'Signalbox-Hub',
  workspace: 'Signalbox-Workspace',
  agent: 'Signalbox-Agent',
  session: 'Signalbox-Session',
  connection: 'Signalbox-Connection',
  client: 'Signalbox-Client',
  kind: 'Signalbox-Kind',
  requestId: 'Idempotency-Key',
  revision: 'If-Match',
  peek: 'Signalbox-Peek',
  receipts: 'Signalbox-Receipts',
  received: 'Signalbox-Received',
  lost: 'Signalbox-Lost',
  replayed: 'Signalbox-Replayed',
  waiting: 'Signalbox-Waiting',
  receipt: 'Signalbox-Receipt',
} as const;

const lower = {
  hub: 'signalbox-hub',
  workspace: 'signalbox-workspace',
  agent: 'signalbox-agent',
  session: 'signalbox-session',
  connection: 'signalbox-connection',
  client: 'signalbox-client',
  kind: 'signalbox-kind',
  requestId: 'idempotency-key',
  peek: 'signalbox-peek',
  receipts: 'signalbox-receipts',
  received: 'signalbox-received',
  lost: 'signalbox-lost',
} as const;

/** What the headers of a request say about the call. */
export interface CallHeaders {
  /** Id of the hub that is meant. */
  readonly hub: string | undefined;
  readonly caller: Caller;
  readonly workspace: string | undefined;
  readonly requestId: string | undefined;
  /** Nothing is delivered by the answer. */
  readonly peek: boolean;
  /** The caller says itself which answers have arrived. */
  readonly receipts: boolean;
  /** The receipt of one that has. */
  readonly received: string | undefined;
  /** The request ids of earlier calls whose answers have reached nobody. */
  readonly lost: readonly string[];
  /** As it came: one that cannot be read is no reason to refuse a call (W3C Trace Context, section 3.2). */
  readonly traceparent: string | undefined;
}

const workspaceWords = 'A workspace name';
const agentWords = 'An agent name';
const handlePattern = /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/;

/** Whether a header can carry this text, here and on the way. */
export const isHeaderText = (text: string): boolean =>
  text.length <= headerCharactersMax && handlePattern.test(text);

/** What everybody may act as, whatever the connection is. */
export const narrowedKind = 'agent' as const;

/** Why a header of a call is not acceptable, or undefined when it is. */
const fault = (header: keyof typeof lower, value: string): Refusal | undefined => {
  const name = headerNames[header];
  if (header === 'lost') {
    return lostIn(value) === undefined
      ? refuse(
          'invalid_input',
          `The header ${name} must name up to ${lostCallsMax} request ids, percent-encoded and with one blank between two, in ${lostCharactersMax} characters. Correct it, or leave it out.`,
          { header: name },
        )
      : undefined;
  }
  if (header === 'peek' || header === 'receipts') {
    return value === 'true'
      ? undefined
      : refuse('invalid_input', `The header ${name} can only be "true". Correct it, or leave it out.`, {
          header: name,
        });
  }
  if (header === 'kind') {
    return value === narrowedKind
      ? undefined
      : refuse(
          'invalid_input',
          `The header ${name} can only be "${narrowedKind}": nobody becomes more than the connection is. Correct it, or leave it out.`,
          { header: name },
        );
  }
  if (header !== 'workspace' && header !== 'agent') {
    return isHeaderText(value)
      ? undefined
      : refuse(
          'invalid_input',
          `The header ${name} must have 1 to ${headerCharactersMax} printable ASCII characters. Correct it, or leave it out.`,
          { header: name },
        );
  }
  const what = faultInName(header === 'agent' ? agentWords : workspaceWords, value);
  return what === undefined
    ? undefined
    : refuse('invalid_input', `The header ${name} is not valid: ${what}. Correct it, or leave it out.`, {
        header: name,
      });
};

/** Reads the headers of a call. `base` is who calls when they say nothing more. */
export const readCallHeaders = (headers: IncomingHttpHeaders, base: Caller): Outcome<CallHeaders> => {
  let refusal: Refusal | undefined;
  const read = (header: keyof typeof lower): string | undefined => {
    const value = headers[lower[header]];
    if (typeof value !== 'string') return undefined;
    refusal ??= fault(header, value);
    return value;
  };
  const agent = read('agent');
  const session = read('session');
  const connection = read('connection');
  const client = read('client');
  const kind = read('kind') === undefined ? base.kind : narrowedKind;
  const workspace = read('workspace');
  const requestId = read('requestId');
  const hub = read('hub');
  const peek = read('peek') !== undefined;
  const receipts = read('receipts') !== undefined;
  const received = read('received');
  const lost = lostIn(read('lost'));
  if (refusal !== undefined) return refusal;
  const plain =
    agent === undefined &&
    session === undefined &&
    connection === undefined &&
    client === undefined &&
    kind === base.kind;
  return ok({
    caller: plain ? base : { ...base, kind, agent, session, connection, client },
    workspace,
    requestId,
    hub,
    peek,
    receipts,
    received,
    lost: lost ?? [],
    traceparent: typeof headers['traceparent'] === 'string' ? headers['traceparent'] : undefined,
  });
};

/** The header that names these request ids, or as many of the last as there is room for. */
export const lostHeader = (ids: readonly string[]): string | undefined => {
  const words = ids.slice(-lostCallsMax).map(encodeURIComponent);
  while (words.join(' ').length > lostCharactersMax) words.shift();
  return words.length === 0 ? undefined : words.join(' ');
};

const lostIn = (value: string | undefined): readonly string[] | undefined => {
  if (value === undefined) return [];
  const words = value.split(' ');
  if (words.length > lostCallsMax || value.length > lostCharactersMax || words.includes('')) return undefined;
  try {
    return words.map(decodeURIComponent);
  } catch {
    return undefined;
  }
};

/**
 * The workspace of a call over MCP: the settings of many clients hold an address and nothing else, so it may stand there
 * too, as `?workspace=<name>`.
 */
export const workspaceAt = (address: string, inHeader: string | undefined): Outcome<string | undefined> => {
  const query = address.indexOf('?');
  const said = query < 0 ? null : new URLSearchParams(address.slice(query)).get('workspace');
  if (said === null) return ok(inHeader);
  const what = faultInName(workspaceWords, said);
  if (what !== undefined) {
    return refuse(
      'invalid_input',
      `The workspace in the address is not valid: ${what}. Correct the address.`,
    );
  }
  if (inHeader === undefined || inHeader === said) return ok(said);
  return refuse(
    'invalid_input',
    `The address names the workspace ${said}, and the header ${headerNames.workspace} another. Name it in one place.`,
  );
};

const revisionPattern = /^(?:"(\d{1,15})"|(\d{1,15}))$/;

/** The revision that an `If-Match` header names. */
export const readRevision = (value: string): Outcome<number> => {
  const [, quoted, bare] = revisionPattern.exec(value) ?? [];
  const digits = quoted ?? bare;
  return digits === undefined
    ? refuse(
        'invalid_input',
        'The header If-Match must name one revision, such as "3". Correct it, or leave it out.',
        {
          header: headerNames.revision,
        },
      )
    : ok(Number(digits));
};
