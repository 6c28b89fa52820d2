import type { Catalogue } from '../../catalogue/catalogue.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import type { Caller } from '../../kernel/operation.ts';
import { whileClosing } from '../cut-short.ts';
import type { Hub, HubCall, HubReply } from '../hub.ts';
import { parseJson } from '../json-text.ts';
import { type CallHeaders, headerNames, readCallHeaders, readRevision } from './call-headers.ts';
import type { Exchange } from './exchange.ts';
import { refusedRateHeaders, standingHeaders } from './rate-headers.ts';
import { isJsonType } from './json-type.ts';

export interface OperationRoute {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
}

/** One call as it was addressed. */
export interface Addressed {
  readonly exchange: Exchange;
  /** Who calls when the headers say nothing more. */
  readonly caller: Caller;
  /** The name of an operation, as it stands in the address. */
  readonly operation: string;
}

/** `POST /v1/operations/<name>`. */
export const answerOperation = async (
  { hub, catalogue }: OperationRoute,
  { exchange, caller, operation }: Addressed,
): Promise<void> => {
  const { headers } = exchange.request;
  const call = readCallHeaders(headers, caller);
  if (!call.ok) return exchange.refuse(call);
  // Programs leave the type to chance: curl -d says a form, fetch says text. A browser is taken at its word, because a
  // page of another site can send a form or text without asking first, but not JSON.
  if (headers.origin !== undefined && !isJsonType(headers['content-type'])) {
    return exchange.refuse(
      refuse(
        'invalid_input',
        'A page in a browser must send JSON. Send the body with Content-Type: application/json.',
        { header: 'Content-Type' },
      ),
    );
  }
  const body = await exchange.body();
  if (body === undefined) return;
  const parsed = body.ok ? parseJson(body.value, 'body') : body;
  const ifMatch = headers['if-match'];
  const input =
    parsed.ok && ifMatch !== undefined
      ? withRevision(catalogue, operation, { ifMatch, input: parsed.value })
      : parsed;
  if (!input.ok) return exchange.refuse(input);
  const reply = await hub.call(new RequestedCall(call.value, exchange, { operation, input: input.value }));
  if (!reply.ok)
    return exchange.refuse(exchange.closing ? whileClosing(reply) : reply, refusedRateHeaders(reply));
  exchange.json(200, JSON.stringify(reply.value.value) ?? 'null', replyHeaders(reply.value));
};

/** A class, because its signal is made when it is first read; a copy made by spreading would be without it. */
class RequestedCall implements HubCall {
  readonly hub: string | undefined;
  readonly operation: string;
  readonly input: unknown;
  readonly caller: Caller;
  readonly workspace: string | undefined;
  readonly requestId: string | undefined;
  readonly peek: boolean;
  readonly receipts: boolean;
  readonly received: string | undefined;
  readonly lost: readonly string[];
  readonly traceparent: string | undefined;
  readonly #exchange: Exchange;

  constructor(
    said: CallHeaders,
    exchange: Exchange,
    { operation, input }: Pick<HubCall, 'operation' | 'input'>,
  ) {
    this.hub = said.hub;
    this.operation = operation;
    this.input = input;
    this.caller = said.caller;
    this.workspace = said.workspace;
    this.requestId = said.requestId;
    this.peek = said.peek;
    this.receipts = said.receipts;
    this.received = said.received;
    this.lost = said.lost;
    this.traceparent = said.traceparent;
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.answerSignal;
  }
}

const noHeaders: readonly string[] = [];

const replyHeaders = ({ value, replayed, waiting, receipt, rate }: HubReply): readonly string[] => {
  const revision = isRecord(value) ? value['revision'] : undefined;
  const says = replayed || waiting !== undefined || receipt !== undefined || rate !== undefined;
  if (!says && typeof revision !== 'number') return noHeaders;
  return [
    ...(replayed ? [headerNames.replayed, 'true'] : []),
    ...(waiting === undefined ? [] : [headerNames.waiting, waiting]),
    ...(receipt === undefined ? [] : [headerNames.receipt, receipt]),
    ...(typeof revision === 'number' ? ['ETag', `"${revision}"`] : []),
    ...(rate === undefined ? [] : standingHeaders(rate)),
  ];
};

/** The input with the revision of `If-Match` in it, for operations that take one. */
const withRevision = (
  catalogue: Catalogue,
  name: string,
  { ifMatch, input }: { readonly ifMatch: string; readonly input: unknown },
): Outcome<unknown> => {
  const operation = catalogue.find(name);
  if (!operation.ok) return operation;
  if (!catalogue.accepts(operation.value, 'revision')) {
    return refuse('invalid_input', `${name} takes no revision. Leave the header If-Match out.`, {
      header: headerNames.revision,
    });
  }
  const revision = readRevision(ifMatch);
  if (!revision.ok) return revision;
  // What is not an object the schema will refuse, with the better reason.
  if (!isRecord(input)) return ok(input);
  const stated = input['revision'];
  return stated === undefined || stated === revision.value
    ? ok({ ...input, revision: revision.value })
    : refuse(
        'invalid_input',
        `The header If-Match names revision ${revision.value}, and the body another. Name the revision in one place.`,
        { header: headerNames.revision },
      );
};
