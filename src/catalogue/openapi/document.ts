import { type ErrorCode, errorTable } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { Catalogue } from '../catalogue.ts';
import { codesByStatus, errorCodes } from '../errors.ts';
import { type JsonObject, isObject } from '../json.ts';
import { jsonOf } from '../json-schema.ts';
import { type RequestHeader, requestHeaders, responseHeaders } from './headers.ts';

/** The OpenAPI 3.1 document of the HTTP surface. */
export const openApiDocument = (catalogue: Catalogue, version: string): JsonObject => ({
  openapi: '3.1.0',
  info: {
    title: 'Signalbox',
    version,
    description:
      'Where AI coding agents and the people who answer for them coordinate. Every operation is one POST: the body is its input, 200 carries its output, and any other status an error with a code.',
  },
  paths: {
    ...Object.fromEntries(
      catalogue.operations.map((operation) => [
        `/v1/operations/${operation.name}`,
        { post: operationPath(catalogue, operation) },
      ]),
    ),
    ...fixedPaths,
  },
  components: {
    parameters: requestHeaders,
    schemas: { Error: errorSchema, Health: healthSchema, Ready: readySchema },
    responses: Object.fromEntries(
      [...codesByStatus].map(([status, codes]) => [
        `Status${status}`,
        {
          description: codes.map(sentenceOf).join('\n\n'),
          content: json({ $ref: '#/components/schemas/Error' }),
        },
      ]),
    ),
  },
});

const json = (schema: JsonObject, examples: JsonObject = {}): JsonObject => ({
  'application/json': { schema, ...(Object.keys(examples).length > 0 && { examples }) },
});

const sentenceOf = (code: ErrorCode): string =>
  `\`${code}\`${errorTable[code].retryable ? ' (may be repeated as it is)' : ''}: ${errorTable[code].meaning}`;

const statusRef = (status: number): [string, JsonObject] => [
  String(status),
  { $ref: `#/components/responses/Status${status}` },
];

const headerRefs = (headers: readonly RequestHeader[]): JsonObject[] =>
  headers.map((header) => ({ $ref: `#/components/parameters/${header}` }));

const operationPath = (catalogue: Catalogue, operation: Operation): JsonObject => {
  const input = catalogue.inputSchemaOf(operation);
  const output = catalogue.outputSchemaOf(operation);
  const isCommand = operation.kind === 'command';
  const examples = operation.examples.map(({ title, input: value }, index) => [
    `example${index + 1}`,
    { summary: title, value: jsonOf(value) },
  ]);
  return {
    operationId: operation.name,
    tags: [operation.category],
    summary: operation.summary,
    description: `${operation.description}\n\nNeeds the role \`${operation.role}\`${operation.person === true ? ', and a person' : ''}.`,
    parameters: headerRefs([
      'workspace',
      'agent',
      'session',
      ...(isCommand ? (['idempotencyKey'] as const) : []),
      ...(catalogue.accepts(operation, 'revision') ? (['ifMatch'] as const) : []),
      'connection',
      'client',
      'kind',
      'hub',
      'peek',
      'receipts',
      'received',
      'lost',
    ]),
    requestBody: { required: 'required' in input, content: json(input, Object.fromEntries(examples)) },
    responses: {
      '200': {
        description: 'The output of the operation.',
        headers: {
          ...(isCommand && { 'Signalbox-Replayed': responseHeaders.replayed }),
          ...(hasProperty(output, 'up_to') && { 'Signalbox-Receipt': responseHeaders.receipt }),
          ...(hasProperty(output, 'revision') && { ETag: responseHeaders.etag }),
          'RateLimit-Policy': responseHeaders.ratePolicy,
          RateLimit: responseHeaders.rate,
        },
        content: json(output),
      },
      ...Object.fromEntries(statusesOf(operation).map(statusRef)),
    },
  };
};

const hasProperty = ({ properties }: JsonObject, name: string): boolean =>
  isObject(properties) && Object.hasOwn(properties, name);

/** The codes of the operation itself, and of what any call can run into. */
const statusesOf = ({ errors, kind }: Operation): number[] => {
  const anyCall: ErrorCode[] = errorCodes.filter((code) => anyCallCodes.has(code));
  const writing = kind === 'command' ? errorCodes.filter((code) => commandCodes.has(code)) : [];
  const statuses = new Set([...errors, ...anyCall, ...writing].map((code): number => errorTable[code].http));
  return [...statuses].toSorted((a, b) => a - b);
};

const anyCallCodes: ReadonlySet<ErrorCode> = new Set([
  'invalid_input',
  'not_json',
  'too_deep',
  'too_large',
  'workspace_unknown',
  'agent_unknown',
  'forbidden',
  'rate_limited',
  'session_ended',
  'storage_failed',
  'upgrade_required',
  'journal_corrupt',
  'journal_replaced',
  'stopping',
  'other_hub',
  'internal',
]);

const commandCodes: ReadonlySet<ErrorCode> = new Set([
  'request_reused',
  'outcome_unknown',
  'storage_busy',
  'storage_full',
  'storage_read_only',
  'overloaded',
]);

const errorSchema: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'retryable', 'details'],
      properties: {
        code: { type: 'string', enum: [...errorCodes] },
        message: { type: 'string', description: 'What happened, why, and what to do next.' },
        retryable: { type: 'boolean', description: 'Whether the same call may succeed later.' },
        details: { type: 'object' },
      },
    },
  },
};

const healthSchema: JsonObject = {
  type: 'object',
  required: ['status', 'version', 'store', 'workspaces'],
  properties: {
    status: {
      type: 'string',
      enum: ['ok', 'degraded', 'stopping'],
      description: 'degraded: something is amiss with a workspace, whether or not it could be written.',
    },
    writable: {
      type: 'boolean',
      description: 'Whether a change could be stored now in each open workspace.',
    },
    version: { type: 'string' },
    id: { type: 'string', description: 'The journal that the hub keeps its workspaces in.' },
    store: { type: 'string' },
    loss_window: {
      type: 'string',
      description:
        'What of the changes that were answered may be lost with the server of the store; absent where nothing is.',
    },
    store_warning: {
      type: 'string',
      description:
        'What is not as it should be on the way to the store, though it works; absent where nothing is.',
    },
    workspaces: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'writable', 'reason', 'seq'],
        properties: {
          name: { type: 'string' },
          writable: { type: 'boolean', description: 'Whether a change could be stored now.' },
          reason: { type: ['string', 'null'], description: 'Why not, or what else is amiss.' },
          seq: { type: 'integer', description: 'Sequence number of the last entry.' },
        },
      },
    },
  },
};

const readySchema: JsonObject = {
  type: 'object',
  required: ['ready', 'reason'],
  properties: {
    ready: { type: 'boolean' },
    reason: { type: ['string', 'null'], description: 'Why not.' },
  },
};

const eventsText =
  'A stream of server-sent events: one for each entry of the journal that the caller may see, in order, each once. Its id is `<history>.<seq>`, its event the type of the entry, its data `{seq, time, type, area, actor: {principal, agent}, data, cause: {by}}`. A caller that speaks for an agent does not see what is for others.\n\nWithout an id to go on from it begins with an event `snapshot`, whose data are `{seq, status}`: the answer of `status`, as of the entry `seq`. A stream that has broken is opened again with the id of the last event. An id without data tells only where to go on from.\n\nWhen nothing is told, a comment comes every 15 s. The last event is `end`, with `{reason, message, retry}`: `stopping`, or `too_slow` for a reader that is more than 10,000 entries behind or has read nothing for 60 s, or the code of an error. `retry` is how many milliseconds to wait before asking again. There may be 500 streams of one principal and 2,000 in all; one more is refused as `overloaded`.';

const eventFilters: Readonly<Record<string, string>> = {
  area: 'Only entries of these areas.',
  agent: 'Only what these agents did, or what concerns them.',
  kind: 'Only entries of these types, such as `tasks.added`.',
};

const workspaceInAddress: JsonObject = {
  name: 'workspace',
  in: 'query',
  required: false,
  description: 'Like the header Signalbox-Workspace.',
  schema: { type: 'string' },
};

const fixedPaths: JsonObject = {
  '/health': {
    get: {
      operationId: 'health',
      tags: ['hub'],
      summary: 'Whether the hub can answer and store.',
      responses: {
        '200': { description: 'All is well.', content: json({ $ref: '#/components/schemas/Health' }) },
        '503': {
          description: 'Something cannot be stored, or the hub is stopping.',
          content: json({ $ref: '#/components/schemas/Health' }),
        },
      },
    },
  },
  '/ready': {
    get: {
      operationId: 'ready',
      tags: ['hub'],
      summary: 'Whether a change could be stored now.',
      description:
        'Answered at once, also while the journals are being opened, when calls and `/health` wait. For programs that start a hub, or send calls to one of several.',
      responses: {
        '200': { description: 'It could.', content: json({ $ref: '#/components/schemas/Ready' }) },
        '503': {
          description: 'The journals are being opened or cannot be written, or the hub is stopping.',
          content: json({ $ref: '#/components/schemas/Ready' }),
        },
      },
    },
  },
  '/v1/changes': {
    get: {
      operationId: 'changes',
      tags: ['hub'],
      summary: 'Be told what changes.',
      description:
        'A stream of server-sent events. The data of each is a JSON array of the keys under which something has changed in the workspace, or in the hub: `task:<id>`, `tasks.ready`, `agents`, `agent:<name>`, `workspaces`; `*` stands for all. Changes that are close together are told together. After a stream has ended, anything may have changed until the next one has begun.',
      parameters: [workspaceInAddress, ...headerRefs(['workspace', 'hub'])],
      responses: {
        '200': {
          description: 'What changes from now on, until one side ends it.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        ...Object.fromEntries([400, 404, 421, 503].map(statusRef)),
      },
    },
  },
  '/v1/events': {
    get: {
      operationId: 'events',
      tags: ['hub'],
      summary: 'Read what happens in a workspace, as it happens.',
      description: eventsText,
      parameters: [
        ...['area', 'agent', 'kind'].map((name) => ({
          name,
          in: 'query',
          required: false,
          description: eventFilters[name] ?? '',
          schema: { type: 'array', items: { type: 'string' } },
          style: 'form',
          explode: false,
        })),
        {
          name: 'since',
          in: 'query',
          required: false,
          description:
            'The id of the last event that you have, or its number alone: what came after it follows. `0` begins with the first entry.',
          schema: { type: 'string', examples: ['0'] },
        },
        {
          name: 'Last-Event-ID',
          in: 'header',
          required: false,
          description:
            'Like `since`, and goes before it. Browsers send it by themselves when a stream has broken.',
          schema: { type: 'string' },
        },
        workspaceInAddress,
        ...headerRefs(['workspace', 'agent', 'session', 'connection', 'hub']),
      ],
      responses: {
        '200': {
          description: 'What happened and what happens, until one side ends it.',
          content: { 'text/event-stream': { schema: { type: 'string' } } },
        },
        ...Object.fromEntries([400, 403, 404, 410, 421, 503].map(statusRef)),
      },
    },
  },
  '/v1/connection': {
    delete: {
      operationId: 'disconnect',
      tags: ['hub'],
      summary: 'End the session that this connection opened.',
      parameters: headerRefs(['connection', 'workspace']),
      responses: {
        '204': { description: 'Done, or there was none.' },
        ...Object.fromEntries([statusRef(400)]),
      },
    },
  },
};
