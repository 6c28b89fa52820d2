import type { Catalogue } from '../../catalogue/catalogue.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import type { Caller } from '../../kernel/operation.ts';
import { whileClosing } from '../cut-short.ts';
import type { Hub, HubReply } from '../hub.ts';
import { parseJson } from '../json-text.ts';
import { headerNames, readCallHeaders, readRevision } from './call-headers.ts';
import type { Exchange } from './exchange.ts';
import { isJsonType } from './json-type.ts';

export interface OperationRoute {
  readonly hub: Hub;
  readonly catalogue: Catalogue;
  /** Who calls when the headers say nothing more. */
  readonly caller: Caller;
}

/** `POST /v1/operations/<name>`. */
export const answerOperation = async (
  { hub, catalogue, caller }: OperationRoute,
  exchange: Exchange,
  operation: string,
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
  const reply = await hub.call({
    hub: call.value.hub,
    operation,
    input: input.value,
    caller: call.value.caller,
    workspace: call.value.workspace,
    requestId: call.value.requestId,
    signal: exchange.answerSignal(),
    peek: call.value.peek,
    receipts: call.value.receipts,
    received: call.value.received,
    lost: call.value.lost,
  });
  if (!reply.ok) return exchange.refuse(exchange.closing ? whileClosing(reply) : reply);
  exchange.json(200, JSON.stringify(reply.value.value) ?? 'null', replyHeaders(reply.value));
};

const noHeaders: readonly string[] = [];

const replyHeaders = ({ value, replayed, waiting, receipt }: HubReply): readonly string[] => {
  const revision = isRecord(value) ? value['revision'] : undefined;
  if (!replayed && waiting === undefined && receipt === undefined && typeof revision !== 'number')
    return noHeaders;
  return [
    ...(replayed ? [headerNames.replayed, 'true'] : []),
    ...(waiting === undefined ? [] : [headerNames.waiting, waiting]),
    ...(receipt === undefined ? [] : [headerNames.receipt, receipt]),
    ...(typeof revision === 'number' ? ['ETag', `"${revision}"`] : []),
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
